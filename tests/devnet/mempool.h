// Unconfirmed transactions: accepted by Core's policy as far as it matters here (minimum fee, dust,
// ancestors), with full replacement by fee. Part of `devnet`.
#pragma once

#include <map>
#include <set>

#include "tests/devnet/chain.h"

namespace sallyport::devnet {

inline constexpr std::int64_t MIN_RELAY_PER_KVB = 1000;

struct MempoolEntry {
  Transaction tx;
  std::vector<Coin> spent;
  std::int64_t fee = 0;
  std::size_t vsize = 0;
  std::uint64_t order = 0;  // of arrival; parents come before children
};

class Mempool {
 public:
  explicit Mempool(const Chain& chain) : m_chain(chain) {}

  Refusal accept(const Transaction& tx);
  // After a block: its transactions and whatever conflicts with them go.
  void blockConnected(const Block& block);
  // After blocks were disconnected: `returned` come back, in order, as far as they are still good;
  // so do those here.
  void reconsider(std::vector<Transaction> returned);

  const MempoolEntry* find(const Txid& txid) const;
  std::vector<const MempoolEntry*> inOrder() const;  // oldest first
  std::optional<Spender> spender(const OutPoint& outpoint) const;
  std::size_t size() const { return m_entries.size(); }

 private:
  std::optional<Coin> coin(const OutPoint& outpoint) const;
  Refusal checkPolicy(const Transaction& tx) const;
  Refusal checkReplacement(const MempoolEntry& entry,
                           const std::set<Txid>& direct,
                           const std::set<Txid>& all) const;
  std::set<Txid> ancestorsOf(const Transaction& tx) const;
  void addDescendants(const Txid& txid, std::set<Txid>& to) const;
  void removeWithDescendants(const Txid& txid);
  void remove(const Txid& txid);

  const Chain& m_chain;
  std::map<Txid, MempoolEntry> m_entries;
  std::map<OutPoint, Spender> m_spenders;
  std::uint64_t m_nextOrder = 0;
};

}  // namespace sallyport::devnet
