#include "broker/display/transaction-dialog.h"

#include <QFontDatabase>
#include <QFrame>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

#include "broker/display/amount-text.h"
#include "broker/display/shown-text.h"

namespace sallyport::display {
namespace {

constexpr int MAX_NAME_CHARACTERS = 60;
constexpr int PAYMENTS_WITHOUT_SCROLLING = 2;
constexpr int LIST_HEIGHT = 290;
constexpr std::uint64_t HIGH_FEE_SHARE = 10;  // warn when the fee is over a tenth of what is paid
const QString MAINNET = QStringLiteral("mainnet");

QLabel* plainLabel(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setTextFormat(Qt::PlainText);
  label->setTextInteractionFlags(Qt::NoTextInteraction);
  return label;
}

QLabel* sized(QLabel* label, double points, bool bold) {
  auto font = label->font();
  font.setPointSizeF(points);
  font.setWeight(bold ? QFont::DemiBold : QFont::Normal);
  label->setFont(font);
  return label;
}

bool addInto(std::uint64_t& sum, std::uint64_t value) {
  return !__builtin_add_overflow(sum, value, &sum);
}

QString badgeStyle(const Look& look, bool mainnet) {
  const auto& colour = mainnet ? look.warning : look.quiet;
  return QStringLiteral(
             "border: 1px solid %1; color: %1; border-radius: 9px; padding: 2px 10px; font-weight: "
             "600;")
      .arg(colour.name());
}

}  // namespace

std::uint64_t ShownTransaction::paid() const {
  std::uint64_t sum = 0;
  for (const auto& payment : payments) sum += payment.satoshi;
  return sum;
}

bool ShownTransaction::addsUp() const {
  std::uint64_t out = 0;
  bool sound = !payments.isEmpty() || change > 0;
  for (const auto& payment : payments) sound = addInto(out, payment.satoshi) && sound;
  sound = addInto(out, change) && sound;
  sound = addInto(out, fee) && sound;
  return sound && out == input && inputs > 0;
}

TransactionDialog::TransactionDialog(const ShownTransaction& transaction)
    : PromptDialog(
          {QStringLiteral("confirmTransaction"),
           transaction.payments.size() == 1
               ? QStringLiteral("Sign this payment?")
               : QStringLiteral("Sign these %1 payments?").arg(transaction.payments.size()),
           QStringLiteral("Sign and pay"),
           QStringLiteral("Decline")}),
      m_sound(transaction.addsUp()) {
  addHeader(transaction);
  addPayments(transaction);
  addNumbers(transaction);
  const auto paid = transaction.paid();
  if (!m_sound) {
    addWarning(
        QStringLiteral("These numbers do not add up, so this cannot be signed. Please decline."));
  } else if (paid > 0 && transaction.fee > paid / HIGH_FEE_SHARE) {
    const auto percent = transaction.fee / std::max<std::uint64_t>(1, paid / 100);
    addWarning(QStringLiteral("The fee is high: %1 % of what is paid.").arg(percent));
  }
  if (m_sound && transaction.typeFee) addFeeField(transaction.fee);
  addQuiet(QStringLiteral(
      "Compare the address with where you got it from. A signed payment cannot be taken back."));
  updateSatisfied();
  setFocus();
}

void TransactionDialog::addHeader(const ShownTransaction& transaction) {
  auto* row = new QHBoxLayout;
  auto* from = plainLabel(
      QStringLiteral("From “%1”").arg(shownText(transaction.walletName, MAX_NAME_CHARACTERS)),
      this);
  from->setProperty("quiet", true);
  row->addWidget(from);
  row->addStretch();
  const bool mainnet = transaction.network == MAINNET;
  const auto network = shownText(transaction.network, MAX_NAME_CHARACTERS);
  auto* badge = plainLabel(
      mainnet ? QStringLiteral("mainnet · real money") : network + QStringLiteral(" · test coins"),
      this);
  badge->setStyleSheet(badgeStyle(look(), mainnet));
  row->addWidget(badge);
  body().addLayout(row);
}

void TransactionDialog::addPayments(const ShownTransaction& transaction) {
  const auto count = static_cast<int>(transaction.payments.size());
  auto* list = new QWidget(this);
  auto* column = new QVBoxLayout(list);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(10);
  for (int i = 0; i < count; ++i)
    column->addWidget(paymentCard(transaction.payments[i], i + 1, count));
  if (count <= PAYMENTS_WITHOUT_SCROLLING) {
    body().addWidget(list);
    m_seenAll = true;
    return;
  }
  column->addStretch();
  column->setContentsMargins(0, 0, 8, 0);
  m_scroll = new QScrollArea(this);
  m_scroll->setWidget(list);
  m_scroll->setWidgetResizable(true);
  m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  m_scroll->setFixedHeight(LIST_HEIGHT);
  m_scroll->setObjectName(QStringLiteral("payments"));
  body().addWidget(m_scroll);
  m_scrollNote = addQuiet(
      QStringLiteral("Scroll to the end of the %1 payments to be able to sign.").arg(count));
  QObject::connect(m_scroll->verticalScrollBar(), &QScrollBar::valueChanged, this, [this] {
    updateSatisfied();
  });
}

QWidget* TransactionDialog::paymentCard(const ShownPayment& payment, int number, int count) {
  auto* card = new QFrame(this);
  card->setObjectName(QStringLiteral("card"));
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(16, 12, 16, 12);
  column->setSpacing(6);
  auto caption = count == 1 ? QStringLiteral("Pay")
                            : QStringLiteral("Payment %1 of %2").arg(number).arg(count);
  if (payment.own) caption += QStringLiteral(" · to this wallet itself");
  auto* captionLabel = plainLabel(caption, card);
  captionLabel->setProperty("quiet", true);
  column->addWidget(captionLabel);

  auto* amount = new QHBoxLayout;
  amount->addWidget(sized(plainLabel(bitcoinText(payment.satoshi), card), 17, true));
  amount->addStretch();
  auto* satoshi = plainLabel(satoshiText(payment.satoshi), card);
  satoshi->setProperty("quiet", true);
  amount->addWidget(satoshi);
  column->addLayout(amount);

  auto* to = plainLabel(QStringLiteral("to the address"), card);
  to->setProperty("quiet", true);
  column->addWidget(to);
  auto* address = plainLabel(addressGroups(payment.address), card);
  auto font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  font.setPointSizeF(12.5);
  font.setWeight(QFont::DemiBold);
  address->setFont(font);
  column->addWidget(address);
  return card;
}

void TransactionDialog::addNumbers(const ShownTransaction& transaction) {
  auto* card = new QFrame(this);
  card->setObjectName(QStringLiteral("card"));
  auto* grid = new QGridLayout(card);
  grid->setContentsMargins(16, 12, 16, 12);
  grid->setVerticalSpacing(7);
  grid->setColumnStretch(0, 1);
  int row = 0;
  const auto add = [&](const QString& name, std::uint64_t satoshi, bool strong) {
    auto* label = plainLabel(name, card);
    label->setProperty("quiet", !strong);
    grid->addWidget(label, row, 0);
    auto* value = plainLabel(bitcoinText(satoshi), card);
    grid->addWidget(strong ? sized(value, 12.5, true) : value, row, 1, Qt::AlignRight);
    auto* small = plainLabel(satoshiText(satoshi), card);
    small->setProperty("quiet", true);
    small->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    grid->addWidget(small, row++, 2);
    if (strong) sized(label, 12.5, true);
  };
  const auto paid = transaction.paid();
  add(QStringLiteral("Payments"), paid, false);
  add(QStringLiteral("Network fee (%1)").arg(rateText(transaction.feeRateMilliSatPerVbyte)),
      transaction.fee,
      false);
  auto* line = new QFrame(card);
  line->setObjectName(QStringLiteral("line"));
  grid->addWidget(line, row++, 0, 1, 3);
  add(QStringLiteral("Total with fee"), paid + transaction.fee, true);
  add(QStringLiteral("Change, back to this wallet"), transaction.change, false);
  body().addWidget(card);
}

void TransactionDialog::addFeeField(std::uint64_t fee) {
  m_feeTyped = false;
  addText(QStringLiteral(
      "The fee is over a quarter of what is paid. To pay it all the same, type it in satoshi."));
  auto* field = new QLineEdit(this);
  field->setObjectName(QStringLiteral("typedFee"));
  field->setAccessibleName(QStringLiteral("Fee in satoshi"));
  field->setPlaceholderText(QStringLiteral("Fee in satoshi"));
  field->setMaxLength(20);
  field->setProperty("wanted", QString::number(fee));  // for the test script
  body().addWidget(field);
  QObject::connect(field, &QLineEdit::textChanged, this, [this, fee](QString text) {
    text.removeIf([](QChar c) { return c.isSpace(); });
    bool number = false;
    m_feeTyped = text.toULongLong(&number) == fee && number;
    updateSatisfied();
  });
}

void TransactionDialog::showEvent(QShowEvent* event) {
  PromptDialog::showEvent(event);
  QTimer::singleShot(
      0, this, [this] { updateSatisfied(); });  // the scroll area has its size by then
}

void TransactionDialog::updateSatisfied() {
  if (m_scroll != nullptr && isVisible() && !m_seenAll) {
    const auto* bar = m_scroll->verticalScrollBar();
    m_seenAll = bar->value() == bar->maximum();
    if (m_seenAll) m_scrollNote->setText(QStringLiteral("That was the last payment."));
  }
  setSatisfied(m_sound && m_seenAll && m_feeTyped);
}

}  // namespace sallyport::display
