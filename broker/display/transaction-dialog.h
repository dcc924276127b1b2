// What the vault is about to sign, as the vault read it: every payment with its whole address, the
// fee, the total. Role prompt.
#pragma once

#include <QList>
#include <cstdint>

#include "broker/display/prompt-dialog.h"

class QLineEdit;
class QScrollArea;

namespace sallyport::display {

struct ShownPayment {
  QString address;
  std::uint64_t satoshi;
  bool own;
};

struct ShownTransaction {
  QString walletName;
  QString network;
  QList<ShownPayment> payments;
  std::uint64_t change, fee, feeRateMilliSatPerVbyte, input;
  unsigned inputs;
  bool typeFee;  // so high that the user has to type it

  // False when the numbers contradict each other; then nothing can be approved.
  bool addsUp() const;
  std::uint64_t paid() const;
};

class TransactionDialog final : public PromptDialog {
 public:
  explicit TransactionDialog(const ShownTransaction& transaction);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void addHeader(const ShownTransaction& transaction);
  void addPayments(const ShownTransaction& transaction);
  QWidget* paymentCard(const ShownPayment& payment, int number, int count);
  void addNumbers(const ShownTransaction& transaction);
  void addFeeField(std::uint64_t fee);
  void updateSatisfied();

  bool m_sound;
  bool m_seenAll = false;
  bool m_feeTyped = true;
  QScrollArea* m_scroll = nullptr;
  QLabel* m_scrollNote = nullptr;
};

}  // namespace sallyport::display
