// The wallet's own table of transactions and what follows from it: coins, balances, history. Pure:
// no I/O, no clock, no server; the sync puts in what it has checked. Runs in the broker.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/bitcoin/transaction.h"
#include "broker/wallet/esplora.h"
#include "broker/wallet/types.h"

namespace sallyport::wallet {

// Place of a key below the account: m/…/change/index.
struct KeyPath {
  bool change = false;
  std::uint32_t index = 0;

  auto operator<=>(const KeyPath&) const = default;
};

struct KnownTx {
  bitcoin::Transaction transaction;
  std::optional<Placement> placement;  // absent: not in a block
  std::int64_t firstSeen = 0;          // unix seconds
  std::optional<std::string> label;
  bool listed = true;  // the server still names it; only asked of unconfirmed ones
};

struct Coin {
  bitcoin::OutPoint outpoint;
  std::int64_t value;
  KeyPath path;
  bitcoin::Bytes script;
  std::int64_t confirmations;
  bool coinbase;
  bool ownChange;  // unconfirmed, paid by ourselves
};

inline constexpr std::int64_t COINBASE_MATURITY = 100;

class Ledger {
 public:
  // owner: the key of one of our scripts. Asked again at each query, so that the gap may grow.
  using Owner = std::function<std::optional<KeyPath>(bitcoin::ByteView script)>;
  using NameAddress = std::function<std::string(bitcoin::ByteView script)>;

  explicit Ledger(Owner owner) : m_owner(std::move(owner)) {}

  const KnownTx* find(const bitcoin::Txid& txid) const;
  const std::map<bitcoin::Txid, KnownTx>& all() const { return m_known; }
  void put(KnownTx known);
  void erase(const bitcoin::Txid& txid);
  KnownTx* edit(const bitcoin::Txid& txid);

  // Unspent outputs of ours from transactions that still count. height: of the tip.
  std::vector<Coin> coins(std::int64_t height) const;
  // What may be spent now: mature, confirmed, or our own unconfirmed change.
  std::vector<Coin> spendable(std::int64_t height) const;
  Balance balance(std::int64_t height) const;
  std::map<KeyPath, std::int64_t> balances(std::int64_t height) const;  // confirmed, by key
  std::set<KeyPath> usedPaths() const;

  // Newest first; unconfirmed ones before all others.
  std::vector<Tx> history(std::int64_t height, const NameAddress& nameAddress) const;

  TxState stateOf(const bitcoin::Txid& txid) const;

  // It pays one of our scripts or spends a coin of ours. False for one that is not known.
  bool concernsUs(const bitcoin::Txid& txid) const;
  // It spends a coin of ours.
  bool paidByUs(const KnownTx& known) const;

 private:
  using Spenders = std::map<bitcoin::OutPoint, std::vector<bitcoin::Txid>>;

  // Unconfirmed transactions that can no longer confirm: something else spends the same coin, their
  // block was given up, or they are a stranger's and nobody keeps them any more.
  std::set<bitcoin::Txid> dead() const;
  Spenders spenders() const;
  bool loses(const bitcoin::Txid& txid, const KnownTx& known, const Spenders& spenders) const;
  // The output of ours that an input spends, or null.
  const bitcoin::TxOut* ownSpent(const bitcoin::TxIn& input) const;
  Tx describe(const bitcoin::Txid& txid,
              const KnownTx& known,
              std::int64_t height,
              bool isDead,
              const NameAddress& nameAddress) const;

  Owner m_owner;
  std::map<bitcoin::Txid, KnownTx> m_known;
};

}  // namespace sallyport::wallet
