// Connecting spends coins one transaction after the other; when one is refused, what was done is
// undone.
#include "tests/devnet/chain.h"

#include <algorithm>
#include <set>

#include "broker/bitcoin/script.h"

namespace sallyport::devnet {
namespace {

// The scripts that a transaction pays or spends, each once.
std::set<ScriptKey> scriptsOf(const Transaction& tx, const std::vector<Coin>& spent) {
  std::set<ScriptKey> out;
  for (const auto& o : tx.outputs) out.insert(bitcoin::sha256(o.script));
  for (const auto& coin : spent) out.insert(bitcoin::sha256(coin.output.script));
  return out;
}

}  // namespace

Chain::Chain(const bitcoin::keys::Context& context) : m_context(context) {
  // Its coinbase was never spendable, so it brings no coin.
  StoredBlock genesis{
      genesisBlock(), genesisBlock().header.hash(), {genesisBlock().transactions[0].txid()}, {{}}};
  m_heights[genesis.hash] = 0;
  m_places[genesis.txids[0]] = {0, 0};
  m_blocks.push_back(std::move(genesis));
}

std::optional<std::uint32_t> Chain::heightOf(const BlockHash& hash) const {
  auto found = m_heights.find(hash);
  if (found == m_heights.end()) return std::nullopt;
  return found->second;
}

std::optional<Place> Chain::find(const Txid& txid) const {
  auto found = m_places.find(txid);
  if (found == m_places.end()) return std::nullopt;
  return found->second;
}

const Transaction& Chain::transaction(Place place) const {
  return at(place.height).block.transactions.at(place.position);
}

const Coin* Chain::coin(const OutPoint& outpoint) const {
  auto found = m_coins.find(outpoint);
  return found == m_coins.end() ? nullptr : &found->second;
}

std::optional<Spender> Chain::spender(const OutPoint& outpoint) const {
  auto found = m_spenders.find(outpoint);
  if (found == m_spenders.end()) return std::nullopt;
  return found->second;
}

const std::vector<Place>& Chain::history(const ScriptKey& script) const {
  static const std::vector<Place> NONE;
  auto found = m_history.find(script);
  return found == m_history.end() ? NONE : found->second;
}

std::uint32_t Chain::medianTime(std::uint32_t height) const {
  std::vector<std::uint32_t> times;
  for (std::uint32_t i = 0; i < 11 && i <= height; ++i)
    times.push_back(at(height - i).block.header.time);
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

SpendCheck Chain::spend(const Transaction& tx, StoredBlock& block) {
  std::vector<Coin> coins;
  for (const auto& in : tx.inputs) {
    auto found = m_coins.find(in.previous);
    if (found == m_coins.end()) return {"bad-txns-inputs-missingorspent", 0};
    coins.push_back(found->second);
  }
  auto next = height() + 1;
  if (!isFinalAt(tx, next, medianTime(height()))) return {"bad-txns-nonfinal", 0};
  auto check = checkSpend(m_context, tx, coins, next);
  if (check.refusal) return check;
  auto txid = tx.txid();
  for (std::uint32_t i = 0; i < tx.inputs.size(); ++i) {
    m_coins.erase(tx.inputs[i].previous);
    m_spenders[tx.inputs[i].previous] = {txid, i};
  }
  block.spent.push_back(std::move(coins));
  return check;
}

void Chain::addOutputs(const Transaction& tx, const Txid& txid) {
  for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) {
    if (bitcoin::classify(tx.outputs[i].script) == bitcoin::ScriptType::NULL_DATA) continue;
    m_coins[{txid, i}] = {tx.outputs[i], height() + 1, tx.isCoinbase()};
  }
}

// Takes the first `transactions` of a block back, last first.
void Chain::undo(const StoredBlock& block, std::size_t transactions) {
  for (std::size_t t = transactions; t-- > 0;) {
    const auto& tx = block.block.transactions[t];
    for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) m_coins.erase({block.txids[t], i});
    for (std::size_t i = 0; i < block.spent[t].size(); ++i) {
      m_coins[tx.inputs[i].previous] = block.spent[t][i];
      m_spenders.erase(tx.inputs[i].previous);
    }
  }
}

Refusal Chain::connect(Block block) {
  auto next = height() + 1;
  if (block.header.previous != tip().hash) return "prev-blk-not-found";
  if (block.header.time <= medianTime(height())) return "time-too-old";
  if (auto refusal = checkBlock(block, next)) return refusal;
  StoredBlock stored;
  stored.hash = block.header.hash();
  stored.block = std::move(block);
  const auto& transactions = stored.block.transactions;
  std::int64_t fees = 0;
  for (std::size_t t = 0; t < transactions.size(); ++t) {
    auto txid = transactions[t].txid();
    Refusal refusal;
    if (m_places.contains(txid)) {
      refusal = "bad-txns-BIP30";
    } else if (t == 0) {
      stored.spent.emplace_back();
    } else {
      auto check = spend(transactions[t], stored);
      refusal = check.refusal;
      fees += check.fee;
    }
    if (refusal) {
      undo(stored, t);
      return refusal;
    }
    stored.txids.push_back(txid);
    addOutputs(transactions[t], txid);
  }
  if (transactions[0].outputTotal().value().satoshis() > subsidyAt(next) + fees) {
    undo(stored, transactions.size());
    return "bad-cb-amount";
  }
  index(stored);
  m_blocks.push_back(std::move(stored));
  return std::nullopt;
}

void Chain::index(const StoredBlock& block) {
  auto next = height() + 1;
  m_heights[block.hash] = next;
  for (std::uint32_t t = 0; t < block.txids.size(); ++t) {
    m_places[block.txids[t]] = {next, t};
    for (const auto& script : scriptsOf(block.block.transactions[t], block.spent[t]))
      m_history[script].push_back({next, t});
  }
}

StoredBlock Chain::disconnectTip() {
  auto last = std::move(m_blocks.back());
  m_blocks.pop_back();
  undo(last, last.block.transactions.size());
  m_heights.erase(last.hash);
  for (std::size_t t = 0; t < last.txids.size(); ++t) {
    m_places.erase(last.txids[t]);
    for (const auto& script : scriptsOf(last.block.transactions[t], last.spent[t]))
      std::erase_if(m_history[script],
                    [&](const Place& place) { return place.height == height() + 1; });
  }
  return last;
}

}  // namespace sallyport::devnet
