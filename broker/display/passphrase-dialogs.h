// The two questions about passphrases. Echo is off, nothing leaves by clipboard, fields are wiped
// at the end. Role prompt.
#pragma once

#include "broker/display/prompt-dialog.h"
#include "broker/display/secret-text.h"

class QLineEdit;

namespace sallyport::display {

class AskPassphraseDialog final : public PromptDialog {
 public:
  AskPassphraseDialog(const QString& reason, bool wrongBefore);
  ~AskPassphraseDialog() override;
  SecretBytes take();

 private:
  QLineEdit* m_field;
};

class ChoosePassphraseDialog final : public PromptDialog {
 public:
  explicit ChoosePassphraseDialog(const QString& reason);
  ~ChoosePassphraseDialog() override;
  SecretBytes take();

 private:
  void check();

  QLineEdit* m_field;
  QLineEdit* m_repeat;
  QLabel* m_verdict;
};

}  // namespace sallyport::display
