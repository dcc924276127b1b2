#include "broker/wallet/ledger.h"

#include <algorithm>

namespace sallyport::wallet {
namespace {

std::int64_t confirmationsOf(const KnownTx& known, std::int64_t height) {
  return known.placement ? std::max<std::int64_t>(0, height - known.placement->height + 1) : 0;
}

// An unconfirmed transaction costs whoever invents it nothing: no sum of them may leave the range
// of amounts.
void add(std::int64_t& sum, std::int64_t value) {
  sum = std::min(sum + value, bitcoin::Amount::MAX_SATOSHIS);
}

TxState stateOf(const KnownTx& known, bool isDead) {
  if (known.placement) return TxState::CONFIRMED;
  if (!isDead) return TxState::PENDING;
  return known.transaction.isCoinbase() ? TxState::CONFLICTED : TxState::REPLACED;
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

const bitcoin::TxOut* Ledger::ownSpent(const bitcoin::TxIn& input) const {
  const KnownTx* parent = find(input.previous.txid);
  if (parent == nullptr || input.previous.index >= parent->transaction.outputs.size())
    return nullptr;
  const auto& output = parent->transaction.outputs[input.previous.index];
  return m_owner(output.script) ? &output : nullptr;
}

bool Ledger::paidByUs(const KnownTx& known) const {
  const auto& inputs = known.transaction.inputs;
  return std::any_of(inputs.begin(), inputs.end(), [this](const auto& input) {
    return ownSpent(input) != nullptr;
  });
}

bool Ledger::concernsUs(const bitcoin::Txid& txid) const {
  const KnownTx* known = find(txid);
  if (known == nullptr) return false;
  const auto& outputs = known->transaction.outputs;
  return paidByUs(*known) || std::any_of(outputs.begin(), outputs.end(), [this](const auto& out) {
           return m_owner(out.script).has_value();
         });
}

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
  if (known.transaction.isCoinbase()) return true;  // lives and dies with its block
  // Ours is offered again by the sync; a stranger may have paid the same coin to someone else,
  // which we would never hear of.
  if (!known.listed && !paidByUs(known)) return true;
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
  return wallet::stateOf(*known, dead().count(txid) > 0);
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
    const bool ours = std::all_of(inputs.begin(), inputs.end(), [this](const auto& input) {
      return ownSpent(input) != nullptr;
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
      add(balance.immature, coin.value);
    else if (coin.confirmations > 0)
      add(balance.confirmed, coin.value);
    else if (coin.ownChange)
      add(balance.change, coin.value);
    else
      add(balance.incoming, coin.value);
  }
  return balance;
}

std::map<KeyPath, std::int64_t> Ledger::balances(std::int64_t height) const {
  std::map<KeyPath, std::int64_t> sums;
  for (const auto& coin : coins(height))
    if (coin.confirmations > 0) add(sums[coin.path], coin.value);
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
    const bitcoin::TxOut* spent = ownSpent(input);
    if (spent == nullptr) continue;
    add(in, spent->value.satoshis());
    ++ownInputs;
  }
  std::vector<std::string> strangers, own;
  for (const auto& output : known.transaction.outputs) {
    const auto path = m_owner(output.script);
    add(total, output.value.satoshis());
    if (path) add(out, output.value.satoshis());
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
  tx.state = wallet::stateOf(known, isDead);
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
