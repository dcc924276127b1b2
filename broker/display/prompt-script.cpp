#include "broker/display/prompt-script.h"

#include <QAbstractScrollArea>
#include <QApplication>
#include <QCheckBox>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPixmap>
#include <QPointer>
#include <QPushButton>
#include <QRadioButton>
#include <QRegularExpression>
#include <QScrollBar>
#include <QTimer>
#include <cstdio>
#include <stdexcept>

#include "broker/display/approve-button.h"
#include "broker/display/seed-dialogs.h"

namespace sallyport::display {
namespace {

constexpr int POLL_MS = 20;
constexpr int LONG_SEED = 24;
const QString APPROVE = QStringLiteral("approve");
const QString DECLINE = QStringLiteral("decline");
const QStringList METHODS{QStringLiteral("askPassphrase"),
                          QStringLiteral("choosePassphrase"),
                          QStringLiteral("showSeed"),
                          QStringLiteral("askWords"),
                          QStringLiteral("enterSeed"),
                          QStringLiteral("confirmTransaction"),
                          QStringLiteral("notify"),
                          QStringLiteral("chooseOpen"),
                          QStringLiteral("chooseSave")};

ScriptLine parseLine(const QByteArray& text, int number) {
  const auto where = "prompt script, line " + std::to_string(number) + ": ";
  QJsonParseError error;
  const auto document = QJsonDocument::fromJson(text, &error);
  if (!document.isObject()) throw std::runtime_error(where + "not a JSON object");
  const auto object = document.object();
  for (const auto& key : object.keys()) {
    static const QStringList KNOWN{"expect", "answer", "screenshot", "delayMs", "repeat"};
    if (!KNOWN.contains(key)) throw std::runtime_error(where + "unknown key " + key.toStdString());
  }
  ScriptLine line;
  line.expect = object.value(QStringLiteral("expect")).toString();
  if (!METHODS.contains(line.expect)) throw std::runtime_error(where + "unknown method in expect");
  line.answer = object.value(QStringLiteral("answer"));
  line.screenshot = object.value(QStringLiteral("screenshot")).toString();
  line.delayMs = object.value(QStringLiteral("delayMs")).toInt();
  line.repeat = object.value(QStringLiteral("repeat")).toBool();
  return line;
}

void click(QWidget& widget) {
  const auto at = QPointF(widget.rect().center());
  const auto global = QPointF(widget.mapToGlobal(widget.rect().center()));
  QMouseEvent press(
      QEvent::MouseButtonPress, at, global, Qt::LeftButton, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&widget, &press);
  QMouseEvent release(
      QEvent::MouseButtonRelease, at, global, Qt::LeftButton, Qt::NoButton, Qt::NoModifier);
  QApplication::sendEvent(&widget, &release);
}

void type(PromptDialog& dialog, const QString& field, const QString& text) {
  if (auto* edit = dialog.findChild<QLineEdit*>(field)) {
    edit->setFocus();
    edit->insert(text);
  }
}

}  // namespace

PromptScript::PromptScript(const QString& file) {
  QFile source(file);
  if (!source.open(QIODevice::ReadOnly))
    throw std::runtime_error("the prompt script cannot be read");
  int number = 0;
  while (!source.atEnd()) {
    const auto text = source.readLine().trimmed();
    ++number;
    if (!text.isEmpty() && !text.startsWith('#')) m_lines.push_back(parseLine(text, number));
  }
}

std::vector<std::filesystem::path> PromptScript::writableDirectories() const {
  std::vector<std::filesystem::path> directories;
  for (const auto& line : m_lines) {
    if (line.screenshot.isEmpty()) continue;
    directories.push_back(std::filesystem::absolute(line.screenshot.toStdString()).parent_path());
  }
  return directories;
}

ScriptLine* PromptScript::lineFor(const QString& method) {
  for (auto& line : m_lines) {
    if (line.used || line.repeat) continue;
    if (line.expect == method) {
      line.used = true;
      return &line;
    }
    break;  // the next single line is for another question
  }
  for (auto& line : m_lines) {
    if (line.repeat && line.expect == method) return &line;
  }
  return nullptr;
}

QJsonValue PromptScript::answerTo(const QString& method) {
  const auto* line = lineFor(method);
  return line == nullptr ? QJsonValue() : line->answer;
}

void PromptScript::shown(PromptDialog& dialog) {
  if (dialog.method() == QStringLiteral("showSeed")) {
    // Deep copies: the dialog wipes its words where they are.
    m_remembered.clear();
    const auto words = dialog.property("words").toStringList();
    for (const auto& word : words) m_remembered.append(QString(word.constData(), word.size()));
  }
  const auto* line = lineFor(dialog.method());
  if (line == nullptr) {
    std::fprintf(
        stderr, "prompt-script: unexpected question %s, declined\n", qPrintable(dialog.method()));
    QTimer::singleShot(0, &dialog, [&dialog] { dialog.declineNow(); });
    return;
  }
  std::fprintf(stderr, "prompt-script: answering %s\n", qPrintable(line->expect));
  QTimer::singleShot(
      line->delayMs, &dialog, [this, &dialog, chosen = *line] { work(dialog, chosen); });
}

void PromptScript::work(PromptDialog& dialog, const ScriptLine& line) {
  const auto answer = line.answer.toString();
  if (answer != QStringLiteral("declined") && answer != QStringLiteral("none")) fill(dialog, line);
  if (!line.screenshot.isEmpty()) {
    QApplication::processEvents(QEventLoop::ExcludeUserInputEvents |
                                QEventLoop::ExcludeSocketNotifiers);
    if (!dialog.grab().save(line.screenshot)) {
      std::fprintf(stderr, "prompt-script: the screenshot could not be written\n");
    }
  }
  if (answer == QStringLiteral("none")) return;
  press(dialog, answer == QStringLiteral("declined") ? DECLINE : APPROVE);
}

void PromptScript::fill(PromptDialog& dialog, const ScriptLine& line) {
  type(dialog, QStringLiteral("passphrase"), line.answer.toString());
  type(dialog, QStringLiteral("repeat"), line.answer.toString());
  if (auto* written = dialog.findChild<QCheckBox*>(QStringLiteral("written"))) click(*written);
  if (auto* scroll = dialog.findChild<QAbstractScrollArea*>(QStringLiteral("payments"))) {
    scroll->verticalScrollBar()->setValue(scroll->verticalScrollBar()->maximum());
  }
  if (auto* fee = dialog.findChild<QLineEdit*>(QStringLiteral("typedFee"))) {
    fee->setText(fee->property("wanted").toString());
  }
  const auto words = wordsFor(dialog, line.answer);
  if (words.size() == LONG_SEED) {
    if (auto* longer = dialog.findChild<QRadioButton*>(QStringLiteral("words24")))
      longer->setChecked(true);
  }
  for (int i = 0; i < words.size(); ++i)
    type(dialog, QStringLiteral("word%1").arg(i + 1), words[i]);
}

QStringList PromptScript::wordsFor(PromptDialog& dialog, const QJsonValue& answer) const {
  QStringList words;
  if (answer.isArray()) {
    const auto array = answer.toArray();
    for (const auto& word : array) words.append(word.toString());
  } else if (answer.toString() == QStringLiteral("remembered")) {
    // The fields say which positions are asked: "Word 7".
    for (int i = 1;; ++i) {
      const auto* field = dialog.findChild<QLineEdit*>(QStringLiteral("word%1").arg(i));
      if (field == nullptr) break;
      const int position = field->accessibleName().section(u' ', 1).toInt();
      words.append(m_remembered.value(position - 1));
    }
  }
  return words;
}

// As a person would: waits until the button lets itself be pressed.
void PromptScript::press(PromptDialog& dialog, const QString& name) {
  auto* button = dialog.findChild<QPushButton*>(name);
  if (button == nullptr) button = dialog.findChild<QPushButton*>(APPROVE);
  const auto* approve = dynamic_cast<ApproveButton*>(button);
  if (button->isEnabled() && (approve == nullptr || approve->isArmed())) return click(*button);
  if (!dialog.isActiveWindow()) dialog.activateWindow();
  QTimer::singleShot(POLL_MS, &dialog, [this, &dialog, name] { press(dialog, name); });
}

}  // namespace sallyport::display
