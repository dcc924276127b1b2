// Acceptance and replacement, with the reasons that Bitcoin Core gives.
#include "tests/devnet/mempool.h"

#include <algorithm>

#include "broker/bitcoin/coin-selection.h"

namespace sallyport::devnet {
namespace {

constexpr std::size_t MAX_ANCESTORS = 25;
constexpr std::size_t MAX_REPLACED = 100;

std::int64_t relayFee(std::size_t vsize) {
  return (MIN_RELAY_PER_KVB * static_cast<std::int64_t>(vsize) + 999) / 1000;
}

}  // namespace

const MempoolEntry* Mempool::find(const Txid& txid) const {
  auto found = m_entries.find(txid);
  return found == m_entries.end() ? nullptr : &found->second;
}

std::vector<const MempoolEntry*> Mempool::inOrder() const {
  std::vector<const MempoolEntry*> out;
  for (const auto& [txid, entry] : m_entries) out.push_back(&entry);
  std::sort(
      out.begin(), out.end(), [](const auto* a, const auto* b) { return a->order < b->order; });
  return out;
}

std::optional<Spender> Mempool::spender(const OutPoint& outpoint) const {
  auto found = m_spenders.find(outpoint);
  if (found == m_spenders.end()) return std::nullopt;
  return found->second;
}

std::optional<Coin> Mempool::coin(const OutPoint& outpoint) const {
  if (const auto* confirmed = m_chain.coin(outpoint)) return *confirmed;
  const auto* parent = find(outpoint.txid);
  if (parent == nullptr || outpoint.index >= parent->tx.outputs.size()) return std::nullopt;
  return Coin{parent->tx.outputs[outpoint.index], m_chain.height() + 1, false};
}

Refusal Mempool::checkPolicy(const Transaction& tx) const {
  if (auto good = bitcoin::checkTransaction(tx); !good)
    return "bad-txns (" + std::string(errorName(good.error())) + ")";
  if (tx.isCoinbase()) return "coinbase";
  if (tx.version < 1 || tx.version > 3) return "version";
  if (tx.weight() > bitcoin::MAX_STANDARD_WEIGHT) return "tx-size";
  for (const auto& output : tx.outputs)
    if (output.value.satoshis() < bitcoin::dustLimit(output.script)) return "dust";
  if (!isFinalAt(tx, m_chain.height() + 1, m_chain.medianTime(m_chain.height())))
    return "non-final";
  return std::nullopt;
}

std::set<Txid> Mempool::ancestorsOf(const Transaction& tx) const {
  std::set<Txid> out;
  std::vector<const Transaction*> todo{&tx};
  while (!todo.empty()) {
    const auto* next = todo.back();
    todo.pop_back();
    for (const auto& in : next->inputs) {
      const auto* parent = find(in.previous.txid);
      if (parent != nullptr && out.insert(in.previous.txid).second) todo.push_back(&parent->tx);
    }
  }
  return out;
}

void Mempool::addDescendants(const Txid& txid, std::set<Txid>& to) const {
  if (!to.insert(txid).second) return;
  for (auto at = m_spenders.lower_bound({txid, 0});
       at != m_spenders.end() && at->first.txid == txid;
       ++at)
    addDescendants(at->second.txid, to);
}

// BIP125's rules 2 to 5; that the replaced ones signal (rule 1) is not asked for: full RBF.
Refusal Mempool::checkReplacement(const MempoolEntry& entry,
                                  const std::set<Txid>& direct,
                                  const std::set<Txid>& all) const {
  if (all.size() > MAX_REPLACED) return "too many potential replacements";
  for (const auto& ancestor : ancestorsOf(entry.tx))
    if (all.contains(ancestor)) return "bad-txns-spends-conflicting-tx";
  std::set<Txid> oldParents;
  for (const auto& txid : direct)
    for (const auto& in : find(txid)->tx.inputs) oldParents.insert(in.previous.txid);
  for (const auto& in : entry.tx.inputs)
    if (find(in.previous.txid) != nullptr && !oldParents.contains(in.previous.txid))
      return "replacement-adds-unconfirmed";
  for (const auto& txid : direct) {
    const auto* old = find(txid);
    if (entry.fee * static_cast<std::int64_t>(old->vsize) <=
        old->fee * static_cast<std::int64_t>(entry.vsize))
      return "insufficient fee, rejecting replacement; new feerate is not above the old one";
  }
  std::int64_t oldFees = 0;
  for (const auto& txid : all) oldFees += find(txid)->fee;
  if (entry.fee < oldFees + relayFee(entry.vsize))
    return "insufficient fee, rejecting replacement; not enough additional fees to relay";
  return std::nullopt;
}

Refusal Mempool::accept(const Transaction& tx) {
  auto txid = tx.txid();
  if (find(txid) != nullptr) return "txn-already-in-mempool";
  if (m_chain.find(txid)) return "txn-already-known";
  if (auto refusal = checkPolicy(tx)) return refusal;
  MempoolEntry entry{tx, {}, 0, tx.vsize(), 0};
  std::set<Txid> direct;
  for (const auto& in : tx.inputs) {
    auto found = coin(in.previous);
    if (!found) return "bad-txns-inputs-missingorspent";
    entry.spent.push_back(*found);
    if (auto other = spender(in.previous)) direct.insert(other->txid);
  }
  auto check = checkSpend(m_chain.context(), tx, entry.spent, m_chain.height() + 1);
  if (check.refusal) return check.refusal;
  entry.fee = check.fee;
  if (entry.fee < relayFee(entry.vsize))
    return "min relay fee not met, " + std::to_string(entry.fee) + " < " +
           std::to_string(relayFee(entry.vsize));
  if (ancestorsOf(tx).size() >= MAX_ANCESTORS) return "too-long-mempool-chain";
  std::set<Txid> replaced;
  for (const auto& old : direct) addDescendants(old, replaced);
  if (!direct.empty())
    if (auto refusal = checkReplacement(entry, direct, replaced)) return refusal;
  for (const auto& old : replaced) remove(old);
  entry.order = m_nextOrder++;
  for (std::uint32_t i = 0; i < tx.inputs.size(); ++i)
    m_spenders[tx.inputs[i].previous] = {txid, i};
  m_entries.emplace(txid, std::move(entry));
  return std::nullopt;
}

void Mempool::remove(const Txid& txid) {
  auto found = m_entries.find(txid);
  if (found == m_entries.end()) return;
  for (const auto& in : found->second.tx.inputs) m_spenders.erase(in.previous);
  m_entries.erase(found);
}

void Mempool::removeWithDescendants(const Txid& txid) {
  std::set<Txid> all;
  addDescendants(txid, all);
  for (const auto& one : all) remove(one);
}

void Mempool::blockConnected(const Block& block) {
  for (const auto& tx : block.transactions) {
    remove(tx.txid());
    for (const auto& in : tx.inputs)
      if (auto conflict = spender(in.previous)) removeWithDescendants(conflict->txid);
  }
}

void Mempool::reconsider(std::vector<Transaction> returned) {
  for (const auto* entry : inOrder()) returned.push_back(entry->tx);
  m_entries.clear();
  m_spenders.clear();
  for (const auto& tx : returned)
    if (!tx.isCoinbase()) static_cast<void>(accept(tx));
}

}  // namespace sallyport::devnet
