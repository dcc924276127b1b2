#include "broker/display/file-dialog.h"

#include <QEvent>

#include "broker/display/shown-text.h"
#include "proto/prompt.capnp.h"

namespace sallyport::display {
namespace {

constexpr int MAX_TITLE = 60;

QString textOf(capnp::Text::Reader text) {
  return QString::fromUtf8(text.begin(), static_cast<qsizetype>(text.size()));
}

// "Pictures (*.png *.jpg)"; the brackets of a name would end it early.
QString filterText(proto::FileFilter::Reader filter) {
  auto name = shownText(textOf(filter.getName()), static_cast<int>(proto::MAX_FILTER_NAME_BYTES));
  name.replace(u'(', u' ').replace(u')', u' ').replace(u';', u' ');
  QStringList patterns;
  for (auto extension : filter.getExtensions())
    patterns.append(QStringLiteral("*.") + textOf(extension));
  return name + QStringLiteral(" (") + patterns.join(u' ') + u')';
}

}  // namespace

FileDialog::FileDialog(proto::FileQuestion::Reader question) {
  using Kind = proto::FileQuestion::Kind;
  const auto kind = question.getKind();
  const auto app = shownText(textOf(question.getApp()), MAX_TITLE);
  const auto window = shownText(textOf(question.getWindow()), MAX_TITLE);
  const auto words = kind == Kind::SAVE   ? QStringLiteral("Save a file of %1 (%2)")
                     : kind == Kind::EDIT ? QStringLiteral("Pick a file that %1 (%2) may change")
                                          : QStringLiteral("Pick a file that %1 (%2) may read");
  setWindowTitle(QStringLiteral("Sallyport: ") + words.arg(app, window));
  setWindowFlags(Qt::Dialog | Qt::WindowTitleHint | Qt::WindowCloseButtonHint |
                 Qt::WindowStaysOnTopHint);
  // ReadOnly: no folders are made, nothing is renamed or removed from within the dialog.
  setOptions(DontUseNativeDialog | ReadOnly);
  setAcceptMode(kind == Kind::SAVE ? AcceptSave : AcceptOpen);
  setFileMode(kind == Kind::SAVE        ? AnyFile
              : kind == Kind::OPEN_MANY ? ExistingFiles
                                        : ExistingFile);
  QStringList filters;
  for (auto filter : question.getFilters()) filters.append(filterText(filter));
  filters.append(QStringLiteral("All files (*)"));
  setNameFilters(filters);
  if (question.getSuggestedName().size() > 0) selectFile(textOf(question.getSuggestedName()));
  m_delay.setSingleShot(true);
  m_delay.setTimerType(Qt::PreciseTimer);
  m_delay.setInterval(static_cast<int>(proto::ARM_DELAY_MS));
  m_delay.callOnTimeout(this, [this] { m_armed = isActiveWindow(); });
}

void FileDialog::ask(std::function<void(QStringList)> answered) {
  QObject::connect(this, &QDialog::finished, this, [this, answered](int result) {
    answered(result == QDialog::Accepted ? selectedFiles() : QStringList());
  });
  show();
  raise();
  activateWindow();
}

void FileDialog::accept() {
  if (m_armed) QFileDialog::accept();
}

void FileDialog::changeEvent(QEvent* event) {
  if (event->type() == QEvent::ActivationChange) rearm();
  QFileDialog::changeEvent(event);
}

void FileDialog::showEvent(QShowEvent* event) {
  QFileDialog::showEvent(event);
  rearm();
}

void FileDialog::rearm() {
  m_armed = false;
  if (isActiveWindow())
    m_delay.start();
  else
    m_delay.stop();
}

}  // namespace sallyport::display
