#include "broker/display/prompt-session.h"

#include <kj/debug.h>

#include <QCoreApplication>
#include <QTimer>

#include "broker/display/passphrase-dialogs.h"
#include "broker/display/seed-dialogs.h"
#include "broker/display/transaction-dialog.h"
#include "proto/cancellation.h"

namespace sallyport::display {
namespace {

constexpr unsigned MAX_SEED_WORDS = 24;

QString textOf(capnp::Text::Reader text) {
  return QString::fromUtf8(text.begin(), static_cast<qsizetype>(text.size()));
}

void putWords(proto::Words::Builder answer, const std::vector<SecretBytes>& words) {
  auto list = answer.initWords(static_cast<unsigned>(words.size()));
  for (unsigned i = 0; i < words.size(); ++i) list.set(i, words[i].bytes().constData());
}

// Shows the dialog and hands it to approved(answer, dialog) when the user says yes; else the answer
// is declined or busy.
template <typename Dialog, typename Context, typename Approved>
kj::Promise<void> ask(PromptDesk& desk,
                      Context context,
                      std::shared_ptr<Dialog> dialog,
                      Approved approved) {
  proto::allowCancellation(context);  // dropping the call closes the dialog
  context.releaseParams();
  return desk.ask(dialog).then([context, dialog, approved](PromptDialog::Outcome outcome) mutable {
    auto answer = context.getResults().initAnswer();
    if (outcome == PromptDialog::Outcome::APPROVED) {
      approved(answer, *dialog);
    } else {
      answer.setDeclined();
    }
  });
}

void setSecret(proto::Secret::Builder answer, const SecretBytes& secret) {
  const auto& bytes = secret.bytes();
  answer.setText(kj::arrayPtr(reinterpret_cast<const kj::byte*>(bytes.constData()),
                              static_cast<std::size_t>(bytes.size())));
}

ShownTransaction shownTransaction(proto::TransactionSummary::Reader summary) {
  ShownTransaction shown{textOf(summary.getWalletName()),
                         textOf(summary.getNetwork()),
                         {},
                         summary.getChangeSat(),
                         summary.getFeeSat(),
                         summary.getFeeRateMilliSatPerVbyte(),
                         summary.getInputSat(),
                         summary.getInputs(),
                         summary.getTypeFee()};
  for (auto payment : summary.getPayments()) {
    shown.payments.append({textOf(payment.getAddress()), payment.getAmountSat(), payment.getOwn()});
  }
  return shown;
}

}  // namespace

kj::Promise<void> PromptSession::askPassphrase(AskPassphraseContext context) {
  if (m_desk.busy()) {
    context.getResults().initAnswer().setBusy();
    return kj::READY_NOW;
  }
  auto params = context.getParams();
  auto dialog =
      std::make_shared<AskPassphraseDialog>(textOf(params.getReason()), params.getWrongBefore());
  return ask(
      m_desk, context, dialog, [](auto& answer, auto& asked) { setSecret(answer, asked.take()); });
}

kj::Promise<void> PromptSession::choosePassphrase(ChoosePassphraseContext context) {
  if (m_desk.busy()) {
    context.getResults().initAnswer().setBusy();
    return kj::READY_NOW;
  }
  auto dialog = std::make_shared<ChoosePassphraseDialog>(textOf(context.getParams().getReason()));
  return ask(
      m_desk, context, dialog, [](auto& answer, auto& asked) { setSecret(answer, asked.take()); });
}

kj::Promise<void> PromptSession::showSeed(ShowSeedContext context) {
  if (m_desk.busy()) {
    context.getResults().initAnswer().setBusy();
    return kj::READY_NOW;
  }
  auto params = context.getParams();
  auto list = params.getWords();
  KJ_REQUIRE(list.size() > 0 && list.size() <= MAX_SEED_WORDS, "a seed has up to 24 words");
  QStringList words;
  for (auto word : list) words.append(textOf(word));
  auto dialog = std::make_shared<ShowSeedDialog>(textOf(params.getWalletName()), std::move(words));
  return ask(m_desk, context, dialog, [](auto& answer, auto&) { answer.setAccepted(); });
}

kj::Promise<void> PromptSession::askWords(AskWordsContext context) {
  if (m_desk.busy()) {
    context.getResults().initAnswer().setBusy();
    return kj::READY_NOW;
  }
  auto params = context.getParams();
  QList<int> positions;
  for (auto position : params.getPositions()) positions.append(position);
  KJ_REQUIRE(!positions.isEmpty() && positions.size() <= static_cast<int>(MAX_SEED_WORDS),
             "no positions");
  std::shared_ptr<WordsDialog> dialog(
      WordsDialog::askBack(textOf(params.getWalletName()), positions));
  return ask(
      m_desk, context, dialog, [](auto& answer, auto& asked) { putWords(answer, asked.take()); });
}

kj::Promise<void> PromptSession::enterSeed(EnterSeedContext context) {
  if (m_desk.busy()) {
    context.getResults().initAnswer().setBusy();
    return kj::READY_NOW;
  }
  std::shared_ptr<WordsDialog> dialog(
      WordsDialog::enterSeed(textOf(context.getParams().getWalletName())));
  return ask(
      m_desk, context, dialog, [](auto& answer, auto& asked) { putWords(answer, asked.take()); });
}

kj::Promise<void> PromptSession::confirmTransaction(ConfirmTransactionContext context) {
  if (m_desk.busy()) {
    context.getResults().initAnswer().setBusy();
    return kj::READY_NOW;
  }
  auto dialog =
      std::make_shared<TransactionDialog>(shownTransaction(context.getParams().getSummary()));
  return ask(m_desk, context, dialog, [](auto& answer, auto&) { answer.setAccepted(); });
}

// A notice has no answer, so a busy desk cannot be told: the call fails, and the vault goes on.
kj::Promise<void> PromptSession::notify(NotifyContext context) {
  KJ_REQUIRE(!m_desk.busy(), "busy");
  proto::allowCancellation(context);  // dropping the call closes the dialog
  auto params = context.getParams();
  auto dialog = std::make_shared<NoticeDialog>(textOf(params.getTitle()), textOf(params.getText()));
  return m_desk.ask(dialog).then([dialog](PromptDialog::Outcome) {});
}

kj::Promise<void> PromptControlSession::ping(PingContext) { return kj::READY_NOW; }

kj::Promise<void> PromptControlSession::close(CloseContext) {
  m_desk.declineOpen();
  QTimer::singleShot(0, qApp, [] { QCoreApplication::exit(); });
  return kj::READY_NOW;
}

}  // namespace sallyport::display
