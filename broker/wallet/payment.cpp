#include "broker/wallet/payment.h"

#include <algorithm>
#include <cmath>

#include "broker/bitcoin/coin-selection.h"
#include "broker/wallet/wallet.h"

namespace sallyport::wallet {
namespace {

using commands::Code;
using commands::Error;

constexpr std::size_t MAX_OUTPUTS = 100;
constexpr std::int64_t LAST_LOCK_HEIGHT = 499'999'999;  // nLockTime above this means a time (BIP65)

Error invalid(std::string message) { return {Code::INVALID_ARGUMENT, std::move(message)}; }

// {to, amount} or {outputs}, as one list.
Result<std::vector<Payment>> wishedOutputs(const SendTransaction& wish) {
  if (wish.outputs) {
    if (wish.to || wish.amount) return invalid("outputs: not together with to and amount");
    if (wish.outputs->empty() || wish.outputs->size() > MAX_OUTPUTS)
      return invalid("outputs: expected 1 to 100");
    return *wish.outputs;
  }
  if (!wish.to) return invalid("to: missing");
  if (!wish.amount) return invalid("amount: missing");
  return std::vector<Payment>{{*wish.to, *wish.amount}};
}

Result<std::vector<bitcoin::TxOut>> toOutputs(const std::vector<Payment>& payments,
                                              bitcoin::Network network,
                                              bool asList) {
  std::vector<bitcoin::TxOut> outputs;
  for (std::size_t i = 0; i < payments.size(); ++i) {
    const std::string where = asList ? "outputs[" + std::to_string(i) + "]." : "";
    auto script = bitcoin::parseAddress(payments[i].address, network);
    if (!script) {
      const std::string field = where + (asList ? "address" : "to");
      return invalid(script.error() == bitcoin::Error::WRONG_NETWORK
                         ? field + ": is an address of another network"
                         : field + ": is not a Bitcoin address");
    }
    const auto amount = bitcoin::Amount::of(payments[i].amount);
    if (!amount) return invalid(where + "amount: is not between 0 and 21 million bitcoin");
    if (amount->satoshis() < bitcoin::dustLimit(*script))
      return invalid(where + "amount: is dust; at least " +
                     std::to_string(bitcoin::dustLimit(*script)) + " satoshis");
    outputs.push_back({*amount, std::move(*script)});
  }
  return outputs;
}

Result<bitcoin::FeeRate> chosenRate(const SendTransaction& wish, const FeeEstimates& fees) {
  const double rate =
      wish.feeRate.value_or(std::min(std::max(fees.normal, MIN_FEE_RATE), MAX_FEE_RATE));
  if (!(rate >= MIN_FEE_RATE && rate <= MAX_FEE_RATE))
    return invalid("feeRate: expected 1 to 2000 sat/vB");
  return bitcoin::FeeRate::perKvb(static_cast<std::int64_t>(std::ceil(rate * 1000))).value();
}

Error selectionError(bitcoin::Error error) {
  switch (error) {
    case bitcoin::Error::INSUFFICIENT_FUNDS:
      return {Code::INSUFFICIENT_FUNDS,
              "The spendable coins do not reach for the amount and its fee."};
    case bitcoin::Error::TOO_LARGE:
      return {Code::NOT_SUPPORTED, "This payment needs more coins than fit into one transaction."};
    case bitcoin::Error::AMOUNT_RANGE:
      return invalid("amount: after the fee nothing that can be paid is left");
    default:
      return {Code::INTERNAL, "The coins could not be chosen."};
  }
}

std::vector<bitcoin::Coin> forSelection(const std::vector<Coin>& coins) {
  std::vector<bitcoin::Coin> list;
  list.reserve(coins.size());
  for (const auto& coin : coins)
    list.push_back(
        {bitcoin::Amount::of(coin.value).value(),
         bitcoin::classify(coin.script),
         static_cast<std::uint32_t>(std::min<std::int64_t>(coin.confirmations, UINT32_MAX))});
  return list;
}

// Split as evenly as satoshis allow; the first outputs bear the remainder.
bool takeFromOutputs(std::vector<bitcoin::TxOut>& outputs, std::int64_t subtracted) {
  const auto count = static_cast<std::int64_t>(outputs.size());
  for (std::int64_t i = 0; i < count; ++i) {
    auto& output = outputs[static_cast<std::size_t>(i)];
    const auto rest = bitcoin::Amount::of(output.value.satoshis() - subtracted / count -
                                          (i < subtracted % count ? 1 : 0));
    if (!rest || rest->satoshis() < bitcoin::dustLimit(output.script)) return false;
    output.value = *rest;
  }
  return true;
}

// BIP125 opt-in, nLockTime at the tip against fee sniping (wallet.md, Bitcoin rules).
bitcoin::Transaction assemble(const PreparedPayment& payment,
                              std::vector<bitcoin::TxOut> outputs,
                              std::int64_t height) {
  bitcoin::Transaction transaction;
  transaction.version = 2;
  transaction.lockTime = static_cast<std::uint32_t>(std::min(height, LAST_LOCK_HEIGHT));
  for (const auto& coin : payment.coins) {
    bitcoin::TxIn input;
    input.previous = coin.outpoint;
    input.sequence = bitcoin::SEQUENCE_RBF;
    transaction.inputs.push_back(std::move(input));
  }
  transaction.outputs = std::move(outputs);
  return transaction;
}

template <typename List>
void shuffle(List& list, const RandomSource& random) {
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[random(i)]);
}

}  // namespace

Result<PreparedPayment> preparePayment(Wallet& wallet,
                                       const SendTransaction& wish,
                                       const FeeEstimates& fees,
                                       const RandomSource& random) {
  if (!wallet.synced())
    return Error{Code::UNAVAILABLE, "The wallet is not up to date with its server yet."};
  const auto payments = wishedOutputs(wish);
  if (!payments) return payments.error();
  auto outputs = toOutputs(*payments, wallet.account().network(), wish.outputs.has_value());
  if (!outputs) return outputs.error();
  const auto rate = chosenRate(wish, fees);
  if (!rate) return rate.error();

  auto spendable = wallet.ledger().spendable(wallet.height());
  const KeyPath changePath = wallet.nextChangePath();
  bitcoin::SelectionRequest request;
  request.coins = forSelection(spendable);
  request.outputs = *outputs;
  request.feeRate = *rate;
  request.changeScript = wallet.account().script(changePath);
  request.subtractFee = wish.subtractFee.value_or(false);
  const auto selection = bitcoin::selectCoins(request, random);
  if (!selection) return selectionError(selection.error());

  PreparedPayment payment{};
  payment.walletId = wallet.description().id;
  payment.label = wish.label;
  for (const std::size_t index : selection->inputs) payment.coins.push_back(spendable[index]);
  shuffle(payment.coins, random);
  if (!takeFromOutputs(*outputs, selection->subtracted.satoshis()))
    return selectionError(bitcoin::Error::AMOUNT_RANGE);

  Draft& summary = payment.summary;
  std::int64_t paid = 0;
  for (std::size_t i = 0; i < outputs->size(); ++i) {
    summary.outputs.push_back({(*payments)[i].address, (*outputs)[i].value.satoshis()});
    paid += (*outputs)[i].value.satoshis();
  }
  summary.fee = selection->fee.satoshis();
  summary.change = selection->change.satoshis();
  summary.total = paid + summary.fee;
  summary.inputs = static_cast<std::int64_t>(payment.coins.size());
  summary.feeRate = static_cast<double>(rate->perKvb()) / 1000;
  // A fee that is high for its payment is between the user and the vault: it has to be typed there.
  if (summary.fee > MAX_FEE) return Error{Code::LIMIT, "The fee would be over 0.01 BTC."};

  if (summary.change > 0) {
    payment.change = changePath;
    payment.changeIndex = random(outputs->size() + 1);
    outputs->insert(outputs->begin() + static_cast<std::ptrdiff_t>(payment.changeIndex),
                    {selection->change, request.changeScript});
  }
  payment.transaction = assemble(payment, std::move(*outputs), wallet.height());
  return payment;
}

bool stillSpendable(const Wallet& wallet, const PreparedPayment& payment) {
  const auto coins = wallet.ledger().spendable(wallet.height());
  return std::all_of(payment.coins.begin(), payment.coins.end(), [&](const Coin& wanted) {
    return std::any_of(coins.begin(), coins.end(), [&](const Coin& coin) {
      return coin.outpoint == wanted.outpoint;
    });
  });
}

Result<bitcoin::Bytes> toPsbt(Wallet& wallet, const PreparedPayment& payment) {
  const Error broken{Code::INTERNAL, "The payment could not be written for signing."};
  auto psbt = bitcoin::Psbt::create(payment.transaction);
  const auto fingerprint = bitcoin::fromHex(wallet.description().fingerprint);
  if (!psbt || !fingerprint || fingerprint->size() != 4) return broken;
  const auto derivation = [&](KeyPath path) {
    bitcoin::KeyDerivation row;
    row.key = wallet.account().publicKey(path);
    std::copy(fingerprint->begin(), fingerprint->end(), row.origin.fingerprint.begin());
    row.origin.path = bitcoin::parsePath(wallet.account().pathText(path)).value();
    return row;
  };
  for (std::size_t i = 0; i < payment.coins.size(); ++i) {
    const Coin& coin = payment.coins[i];
    const KnownTx* parent = wallet.ledger().find(coin.outpoint.txid);
    if (parent == nullptr) return broken;
    psbt->inputs[i].setPreviousTransaction(parent->transaction);
    psbt->inputs[i].setWitnessUtxo(parent->transaction.outputs[coin.outpoint.index]);
    psbt->inputs[i].addDerivation(derivation(coin.path));
  }
  if (payment.change) psbt->outputs[payment.changeIndex].addDerivation(derivation(*payment.change));
  auto bytes = psbt->serialize();
  if (bytes.size() > proto::MAX_PSBT_BYTES)
    return Error{Code::NOT_SUPPORTED,
                 "This payment needs more coins than fit into one transaction."};
  return bytes;
}

commands::Error describeRefusal(proto::SignRefusal refusal) {
  switch (refusal) {
    case proto::SignRefusal::FEE_TOO_HIGH:
      return {Code::LIMIT, "The vault refuses the fee: over 0.01 BTC or over 2,000 sat/vB."};
    case proto::SignRefusal::FOREIGN_INPUT:
    case proto::SignRefusal::UNKNOWN_SIGHASH:
    case proto::SignRefusal::MISSING_PREVIOUS_TRANSACTION:
    case proto::SignRefusal::PREVIOUS_TRANSACTION_MISMATCH:
    case proto::SignRefusal::FALSE_CHANGE:
    case proto::SignRefusal::ALREADY_SIGNED:
    case proto::SignRefusal::NOT_OUR_FORMAT:
      break;
  }
  return {Code::CONFLICT, "The vault refuses to sign this payment."};
}

}  // namespace sallyport::wallet
