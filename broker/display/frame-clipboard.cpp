#include "broker/display/frame-clipboard.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMimeData>

namespace sallyport::display {

FrameClipboard::FrameClipboard(QObject* parent) : QObject(parent) {
  m_clear.setSingleShot(true);
  connect(&m_clear, &QTimer::timeout, this, [this] { clearIfOurs(); });
}

FrameClipboard::~FrameClipboard() {
  if (m_clear.isActive()) clearIfOurs();
}

void FrameClipboard::set(const QString& text, std::chrono::seconds clearAfter) {
  auto* data = new QMimeData;  // the clipboard's from here on
  data->setText(text);
  if (clearAfter.count() > 0) {
    data->setData(QStringLiteral("x-kde-passwordManagerHint"), QByteArrayLiteral("secret"));
    m_clear.start(clearAfter);
  } else {
    m_clear.stop();
  }
  QGuiApplication::clipboard()->setMimeData(data);
}

QString FrameClipboard::text() const { return QGuiApplication::clipboard()->text(); }

// Whoever copied something else since then owns the clipboard.
void FrameClipboard::clearIfOurs() {
  if (QGuiApplication::clipboard()->ownsClipboard()) QGuiApplication::clipboard()->clear();
}

}  // namespace sallyport::display
