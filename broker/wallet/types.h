// Arguments and results of the wallet commands, as pages see them: member names are the JSON fields
// and the TypeScript properties. Amounts are integer satoshis, times unix seconds. Runs in the
// broker; holds no key.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sallyport::wallet {

enum class Network { MAINNET, TESTNET4, SIGNET, REGTEST };
BOOST_DESCRIBE_ENUM(Network, MAINNET, TESTNET4, SIGNET, REGTEST)

enum class ScriptType { P2WPKH, P2TR };
BOOST_DESCRIBE_ENUM(ScriptType, P2WPKH, P2TR)

enum class Direction { INCOMING, OUTGOING, SELF };
BOOST_DESCRIBE_ENUM(Direction, INCOMING, OUTGOING, SELF)

enum class TxState { PENDING, CONFIRMED, REPLACED, CONFLICTED };
BOOST_DESCRIBE_ENUM(TxState, PENDING, CONFIRMED, REPLACED, CONFLICTED)

enum class Stage { DRAFT, COMMIT };
BOOST_DESCRIBE_ENUM(Stage, DRAFT, COMMIT)

struct NoArguments {};
BOOST_DESCRIBE_STRUCT(NoArguments, (), ())

struct CreateWallet {
  std::string name;
  Network network;
  ScriptType scriptType;
  std::int64_t words;  // 12 or 24
};
BOOST_DESCRIBE_STRUCT(CreateWallet, (), (name, network, scriptType, words))

struct SelectWallet {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(SelectWallet, (), (id))

struct GetBalance {
  std::optional<std::string>
      addr;  // with it the answer is one number: what this address holds, confirmed
};
BOOST_DESCRIBE_STRUCT(GetBalance, (), (addr))

struct Balance {
  std::int64_t confirmed;  // spendable now
  std::int64_t incoming;   // unconfirmed, from others: never counted as received
  std::int64_t change;     // unconfirmed, our own change
  std::int64_t immature;   // coinbase younger than 100 blocks
  std::int64_t frozen;
};
BOOST_DESCRIBE_STRUCT(Balance, (), (confirmed, incoming, change, immature, frozen))

using BalanceAnswer = std::variant<std::int64_t, Balance>;

struct GenerateAddress {
  std::optional<std::string> label;
};
BOOST_DESCRIBE_STRUCT(GenerateAddress, (), (label))

struct Address {
  std::string address;
  std::string path;  // "m/84'/1'/0'/0/3"
  std::int64_t index;
  bool change;
  bool used;
  std::optional<std::string> label;
  std::int64_t balance;
};
BOOST_DESCRIBE_STRUCT(Address, (), (address, path, index, change, used, label, balance))

struct GetTransactionHistory {
  std::optional<std::int64_t> page;   // from 1
  std::optional<std::int64_t> limit;  // 1..200, default 50
  std::optional<std::string> filter;  // matches txid prefix, address or label
};
BOOST_DESCRIBE_STRUCT(GetTransactionHistory, (), (page, limit, filter))

struct Tx {
  std::string txid;
  Direction direction;
  std::int64_t amount;              // what it changed in this wallet, negative when it left
  std::optional<std::int64_t> fee;  // known when we paid it
  std::int64_t confirmations;
  std::optional<std::int64_t> height;
  std::optional<std::int64_t> time;
  TxState state;
  std::vector<std::string> counterparties;
  std::optional<std::string> label;
};
BOOST_DESCRIBE_STRUCT(
    Tx,
    (),
    (txid, direction, amount, fee, confirmations, height, time, state, counterparties, label))

struct Payment {
  std::string address;
  std::int64_t amount;
};
BOOST_DESCRIBE_STRUCT(Payment, (), (address, amount))

// Either {to, amount} or {outputs}; or {stage: "commit", draftId} for a draft made before.
// Without stage, the payment is drafted and committed in one call. The user confirms each commit in
// the prompt.
struct SendTransaction {
  std::optional<std::string> to;
  std::optional<std::int64_t> amount;
  std::optional<std::vector<Payment>> outputs;
  std::optional<double> feeRate;  // sat/vB, 1..2000; absent: the server's estimate, clamped
  std::optional<bool> subtractFee;
  std::optional<std::string> label;
  std::optional<Stage> stage;
  std::optional<std::string> draftId;
};
BOOST_DESCRIBE_STRUCT(SendTransaction,
                      (),
                      (to, amount, outputs, feeRate, subtractFee, label, stage, draftId))

struct Draft {
  std::string draftId;
  std::vector<Payment> outputs;  // as they will be paid; with subtractFee already reduced
  std::int64_t fee;
  double feeRate;
  std::int64_t change;  // 0 when there is none
  std::int64_t total;   // payments and fee
  std::int64_t inputs;  // how many coins are spent
  std::int64_t expiresAt;
};
BOOST_DESCRIBE_STRUCT(Draft, (), (draftId, outputs, fee, feeRate, change, total, inputs, expiresAt))

using SendAnswer = std::variant<std::string, Draft>;  // txid, or the draft

struct UnlockWallet {
  std::optional<std::int64_t> ttl;  // seconds of idle time, 0 locks now
};
BOOST_DESCRIBE_STRUCT(UnlockWallet, (), (ttl))

struct FeeEstimates {
  double fast;    // sat/vB, about 1 block
  double normal;  // about 6 blocks
  double slow;    // about 144 blocks
};
BOOST_DESCRIBE_STRUCT(FeeEstimates, (), (fast, normal, slow))

struct WalletInfo {
  std::string id;
  std::string name;
  Network network;
  ScriptType scriptType;
  std::string fingerprint;  // 8 hex digits
  std::int64_t height;      // of the tip the wallet knows; 0 before the first sync
  bool synced;
  bool locked;
  bool backedUp;
  FeeEstimates feeEstimates;
};
BOOST_DESCRIBE_STRUCT(
    WalletInfo,
    (),
    (id, name, network, scriptType, fingerprint, height, synced, locked, backedUp, feeEstimates))

struct WalletChanged {};
BOOST_DESCRIBE_STRUCT(WalletChanged, (), ())

}  // namespace sallyport::wallet
