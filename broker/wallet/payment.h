// From a wish to pay to an unsigned transaction: outputs, coins, fee, change, and the PSBT for the
// vault. Pure but for the randomness that it is given. Runs in the broker.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/bitcoin/psbt.h"
#include "broker/wallet/ledger.h"
#include "broker/wallet/types.h"
#include "proto/vault.capnp.h"

namespace sallyport::wallet {

class Wallet;

// Uniform in [0, bound); bound is at least 1.
using RandomSource = std::function<std::uint64_t(std::uint64_t bound)>;

struct PreparedPayment {
  std::string walletId;
  bitcoin::Transaction transaction;  // unsigned
  std::vector<Coin> coins;           // in the order of the inputs
  std::optional<KeyPath> change;
  std::size_t changeIndex = 0;  // of the output, when there is change
  std::optional<std::string> label;
  Draft summary;  // without id and expiry
};

constexpr std::int64_t MAX_FEE = 1'000'000;                   // satoshis (wallet.md, caps)
constexpr double MIN_FEE_RATE = 1.0, MAX_FEE_RATE = 2'000.0;  // sat/vB

// Refusals name the field that was wrong; INSUFFICIENT_FUNDS when the coins do not reach.
Result<PreparedPayment> preparePayment(Wallet& wallet,
                                       const SendTransaction& wish,
                                       const FeeEstimates& fees,
                                       const RandomSource& random);

// No coin of it was spent since it was prepared.
bool stillSpendable(const Wallet& wallet, const PreparedPayment& payment);

// With full previous transactions and the derivation of every input and of the change.
Result<bitcoin::Bytes> toPsbt(Wallet& wallet, const PreparedPayment& payment);

// The error that a page sees when the vault refuses to sign.
commands::Error describeRefusal(proto::SignRefusal refusal);

}  // namespace sallyport::wallet
