// The frame around every question: the banner that only this process draws, a heading, room for the
// question, and the two buttons. Escape and closing the window decline. Role prompt.
#pragma once

#include <QDialog>
#include <functional>

#include "broker/display/prompt-look.h"

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace sallyport::display {

class ApproveButton;

struct PromptTexts {
  QString method;  // the RPC method, for the test script
  QString heading;
  QString approve;
  QString decline;  // empty: no such button (a notice)
};

class PromptDialog : public QDialog {
 public:
  enum class Outcome { APPROVED, DECLINED };

  explicit PromptDialog(const PromptTexts& texts);

  void ask(std::function<void(Outcome)> answered);
  // As if the user had declined.
  void declineNow() { finish(Outcome::DECLINED); }
  const QString& method() const { return m_method; }

  void reject() final;
  void accept() final {}  // nothing but the approving button says yes

 protected:
  // What the user must have filled in before yes is possible.
  void setSatisfied(bool satisfied);
  // Return in a text field is the approving button, when that is armed.
  void approveFromKeyboard();

  QVBoxLayout& body() { return *m_body; }
  const Look& look() const { return m_look; }
  QLabel* addText(const QString& text);
  QLabel* addQuiet(const QString& text);
  QLabel* addWarning(const QString& text);

  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void closeEvent(QCloseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void fitHeight();
  void finish(Outcome outcome);

  QString m_method;
  Look m_look;
  QVBoxLayout* m_body;
  ApproveButton* m_approve;
  QPushButton* m_decline = nullptr;
  std::function<void(Outcome)> m_answered;
};

// A notice has nothing to approve; same banner, one button.
class NoticeDialog final : public PromptDialog {
 public:
  NoticeDialog(const QString& title, const QString& text);
};

}  // namespace sallyport::display
