#include "broker/wallet/ledger.h"

#include <algorithm>

namespace sallyport::wallet {
namespace {

std::int64_t confirmationsOf(const KnownTx& known, std::int64_t height) {
  return known.placement ? std::max<std::int64_t>(0, height - known.placement->height + 1) : 0;
}

}  // namespace

const KnownTx* Ledger::find(const bitcoin::Txid& txid) const {
  const auto found = m_known.find(txid);
  return found == m_known.end() ? nullptr : &found->second;
}

KnownTx* Ledger::edit(const bitcoin::Txid& txid) {
  const auto found = m_known.find(txid);
  return found == m_known.end() ? nullptr : &found->second;
}

void Ledger::put(KnownTx known) {
  const auto txid = known.transaction.txid();
  m_known.insert_or_assign(txid, std::move(known));
}

void Ledger::erase(const bitcoin::Txid& txid) { m_known.erase(txid); }

Ledger::Spenders Ledger::spenders() const {
  Spenders spenders;
  for (const auto& [txid, known] : m_known)
    for (const auto& input : known.transaction.inputs) spenders[input.previous].push_back(txid);
  return spenders;
}

// Against each rival for the same coin: a confirmed one wins; of two unconfirmed ones the one that
// the server still names, then the one that was seen later, because that is the replacement.
bool Ledger::loses(const bitcoin::Txid& txid,
                   const KnownTx& known,
                   const Spenders& spenders) const {
  if (known.placement) return false;
  for (const auto& input : known.transaction.inputs) {
    for (const auto& rivalId : spenders.at(input.previous)) {
      if (rivalId == txid) continue;
      const KnownTx& rival = m_known.at(rivalId);
      if (rival.placement) return true;
      if (rival.listed != known.listed) {
        if (rival.listed) return true;
      } else if (std::pair(rival.firstSeen, rivalId) > std::pair(known.firstSeen, txid)) {
        return true;
      }
    }
  }
  return false;
}

std::set<bitcoin::Txid> Ledger::dead() const {
  const Spenders spent = spenders();
  std::set<bitcoin::Txid> dead;
  for (const auto& [txid, known] : m_known)
    if (loses(txid, known, spent)) dead.insert(txid);
  // What spends an output of a dead one is dead too; each round finds at least one more or is the
  // last.
  for (bool more = !dead.empty(); more;) {
    more = false;
    for (const auto& [txid, known] : m_known) {
      if (known.placement || dead.count(txid) > 0) continue;
      const auto& inputs = known.transaction.inputs;
      if (std::any_of(inputs.begin(), inputs.end(), [&](const auto& in) {
            return dead.count(in.previous.txid) > 0;
          })) {
        dead.insert(txid);
        more = true;
      }
    }
  }
  return dead;
}

TxState Ledger::stateOf(const bitcoin::Txid& txid) const {
  const KnownTx* known = find(txid);
  if (known == nullptr) return TxState::CONFLICTED;
  if (known->placement) return TxState::CONFIRMED;
  return dead().count(txid) > 0 ? TxState::REPLACED : TxState::PENDING;
}

std::vector<Coin> Ledger::coins(std::int64_t height) const {
  const auto deadOnes = dead();
  std::set<bitcoin::OutPoint> spent;
  for (const auto& [txid, known] : m_known)
    if (deadOnes.count(txid) == 0)
      for (const auto& input : known.transaction.inputs) spent.insert(input.previous);
  std::vector<Coin> coins;
  for (const auto& [txid, known] : m_known) {
    if (deadOnes.count(txid) > 0) continue;
    const auto& inputs = known.transaction.inputs;
    const bool ours = std::all_of(inputs.begin(), inputs.end(), [&](const auto& input) {
      const KnownTx* parent = find(input.previous.txid);
      return parent != nullptr && input.previous.index < parent->transaction.outputs.size() &&
             m_owner(parent->transaction.outputs[input.previous.index].script).has_value();
    });
    for (std::uint32_t index = 0; index < known.transaction.outputs.size(); ++index) {
      const auto& output = known.transaction.outputs[index];
      const bitcoin::OutPoint outpoint{txid, index};
      const auto path = m_owner(output.script);
      if (!path || spent.count(outpoint) > 0) continue;
      coins.push_back({outpoint,
                       output.value.satoshis(),
                       *path,
                       output.script,
                       confirmationsOf(known, height),
                       known.transaction.isCoinbase(),
                       !known.placement && ours});
    }
  }
  return coins;
}

std::vector<Coin> Ledger::spendable(std::int64_t height) const {
  auto list = coins(height);
  std::erase_if(list, [](const Coin& coin) {
    if (coin.coinbase) return coin.confirmations < COINBASE_MATURITY;
    return coin.confirmations == 0 && !coin.ownChange;
  });
  return list;
}

Balance Ledger::balance(std::int64_t height) const {
  Balance balance{};
  for (const auto& coin : coins(height)) {
    if (coin.coinbase && coin.confirmations < COINBASE_MATURITY)
      balance.immature += coin.value;
    else if (coin.confirmations > 0)
      balance.confirmed += coin.value;
    else if (coin.ownChange)
      balance.change += coin.value;
    else
      balance.incoming += coin.value;
  }
  return balance;
}

std::map<KeyPath, std::int64_t> Ledger::balances(std::int64_t height) const {
  std::map<KeyPath, std::int64_t> sums;
  for (const auto& coin : coins(height))
    if (coin.confirmations > 0) sums[coin.path] += coin.value;
  return sums;
}

std::set<KeyPath> Ledger::usedPaths() const {
  std::set<KeyPath> used;
  for (const auto& [txid, known] : m_known)
    for (const auto& output : known.transaction.outputs)
      if (const auto path = m_owner(output.script)) used.insert(*path);
  return used;
}

Tx Ledger::describe(const bitcoin::Txid& txid,
                    const KnownTx& known,
                    std::int64_t height,
                    bool isDead,
                    const NameAddress& nameAddress) const {
  std::int64_t in = 0, out = 0, total = 0;
  std::size_t ownInputs = 0;
  for (const auto& input : known.transaction.inputs) {
    const KnownTx* parent = find(input.previous.txid);
    if (parent == nullptr || input.previous.index >= parent->transaction.outputs.size()) continue;
    const auto& spent = parent->transaction.outputs[input.previous.index];
    if (!m_owner(spent.script)) continue;
    in += spent.value.satoshis();
    ++ownInputs;
  }
  std::vector<std::string> strangers, own;
  for (const auto& output : known.transaction.outputs) {
    const auto path = m_owner(output.script);
    total += output.value.satoshis();
    if (path) out += output.value.satoshis();
    (path ? own : strangers).push_back(nameAddress(output.script));
  }
  Tx tx{};
  tx.txid = txid.hex();
  tx.amount = out - in;
  const bool paidByUs = ownInputs > 0;
  tx.direction = !paidByUs           ? Direction::INCOMING
                 : strangers.empty() ? Direction::SELF
                                     : Direction::OUTGOING;
  if (ownInputs == known.transaction.inputs.size()) tx.fee = in - total;
  tx.confirmations = confirmationsOf(known, height);
  if (known.placement) {
    tx.height = known.placement->height;
    tx.time = known.placement->time;
  } else {
    tx.time = known.firstSeen;
  }
  tx.state = known.placement ? TxState::CONFIRMED : isDead ? TxState::REPLACED : TxState::PENDING;
  tx.counterparties = paidByUs && !strangers.empty() ? strangers : own;
  tx.label = known.label;
  return tx;
}

std::vector<Tx> Ledger::history(std::int64_t height, const NameAddress& nameAddress) const {
  const auto deadOnes = dead();
  std::vector<Tx> list;
  list.reserve(m_known.size());
  for (const auto& [txid, known] : m_known)
    list.push_back(describe(txid, known, height, deadOnes.count(txid) > 0, nameAddress));
  std::sort(list.begin(), list.end(), [](const Tx& a, const Tx& b) {
    const auto key = [](const Tx& tx) {
      return std::tuple(
          tx.height.has_value() ? *tx.height : INT64_MAX, tx.time.value_or(0), tx.txid);
    };
    return key(a) > key(b);
  });
  return list;
}

}  // namespace sallyport::wallet
