// TESTING BUILDS ONLY: answers prompts from a file by working the real dialogs. The format is in
// README.md. A release build does not contain this file.
#pragma once

#include <QJsonValue>
#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>
#include <filesystem>
#include <vector>

namespace sallyport::display {

class PromptDialog;

struct ScriptLine {
  QString expect;
  QJsonValue answer;
  QString screenshot;
  int delayMs = 0;
  bool repeat = false;
  bool used = false;
};

class PromptScript {
 public:
  // Throws std::runtime_error with the line's number when it is malformed.
  explicit PromptScript(const QString& file);

  // Where screenshots go; the cage must let the process write there.
  std::vector<std::filesystem::path> writableDirectories() const;
  void shown(PromptDialog& dialog);
  // For a question that is no PromptDialog: what its line answers, null when none is for it.
  QJsonValue answerTo(const QString& method);

 private:
  ScriptLine* lineFor(const QString& method);
  void work(PromptDialog& dialog, const ScriptLine& line);
  void fill(PromptDialog& dialog, const ScriptLine& line);
  void press(PromptDialog& dialog, const QString& button);
  QStringList wordsFor(PromptDialog& dialog, const QJsonValue& answer) const;

  std::vector<ScriptLine> m_lines;
  QStringList m_remembered;  // the seed that showSeed displayed
};

}  // namespace sallyport::display
