// Showing the seed words once, asking some of them back, and typing a seed in. Words cannot be
// selected or copied; the labels and fields are wiped at the end. Role prompt.
#pragma once

#include <QList>
#include <QStringList>
#include <vector>

#include "broker/display/prompt-dialog.h"
#include "broker/display/secret-text.h"

class QGridLayout;
class QLineEdit;

namespace sallyport::display {

class ShowSeedDialog final : public PromptDialog {
 public:
  ShowSeedDialog(const QString& walletName, QStringList words);
  ~ShowSeedDialog() override;

 private:
  QStringList m_words;
  QList<QLabel*> m_labels;
};

// Fields for words, numbered: those asked back, or a whole seed of 12 or 24.
class WordsDialog final : public PromptDialog {
 public:
  static WordsDialog* askBack(const QString& walletName, const QList<int>& positions);
  static WordsDialog* enterSeed(const QString& walletName);
  ~WordsDialog() override;

  std::vector<SecretBytes> take();

 private:
  explicit WordsDialog(const PromptTexts& texts) : PromptDialog(texts) {}
  void addFields(const QList<int>& positions, int columns);
  void showCount(int count);
  void pasted(QLineEdit& field);
  void check();

  QGridLayout* m_grid = nullptr;
  QList<QLineEdit*> m_fields;  // in order; those past m_count are hidden
  QList<QLabel*> m_numbers;
  int m_count = 0;
};

}  // namespace sallyport::display
