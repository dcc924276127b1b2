#include "broker/wallet/wallet.h"

#include <kj/debug.h>

#include <algorithm>

#include "broker/bitcoin/address.h"

namespace sallyport::wallet {

using commands::Code;
using commands::Error;

bitcoin::Network toBitcoin(Network network) {
  switch (network) {
    case Network::MAINNET:
      return bitcoin::Network::MAINNET;
    case Network::TESTNET4:
      return bitcoin::Network::TESTNET4;
    case Network::SIGNET:
      return bitcoin::Network::SIGNET;
    case Network::REGTEST:
      return bitcoin::Network::REGTEST;
  }
  return bitcoin::Network::REGTEST;
}

Wallet::Wallet(WalletDescription description,
               Account account,
               Esplora& server,
               WalletStore store,
               std::function<std::int64_t()> now)
    : m_description(std::move(description)),
      m_account(std::move(account)),
      m_ledger([this](bitcoin::ByteView script) { return m_account.owner(script); }),
      m_server(server),
      m_store(std::move(store)),
      m_now(std::move(now)) {
  m_account.deriveTo(false, Account::GAP_LIMIT);
  m_account.deriveTo(true, Account::GAP_LIMIT);
}

kj::Promise<Result<bool>> Wallet::load() {
  return m_store.load().then([this](Result<StoredWallet> stored) -> Result<bool> {
    if (!stored) return stored.error();
    for (auto& address : stored->receive) m_handedOut[address.index] = std::move(address.label);
    m_nextChange = stored->nextChange;
    m_account.deriveTo(false, nextReceive() + Account::GAP_LIMIT);
    m_account.deriveTo(true, m_nextChange + Account::GAP_LIMIT);
    for (auto& known : stored->transactions) m_ledger.put(std::move(known));
    return true;
  });
}

std::uint32_t Wallet::nextUnpaid() const {
  std::uint32_t next = 0;
  for (const auto& path : m_ledger.usedPaths())
    if (!path.change) next = std::max(next, path.index + 1);
  return next;
}

std::uint32_t Wallet::nextReceive() const {
  return std::max(nextUnpaid(), m_handedOut.empty() ? 0 : m_handedOut.rbegin()->first + 1);
}

KeyPath Wallet::nextChangePath() const {
  std::uint32_t next = m_nextChange;
  for (const auto& path : m_ledger.usedPaths())
    if (path.change) next = std::max(next, path.index + 1);
  return {true, next};
}

kj::Promise<Result<bool>> Wallet::sync() {
  if (m_roundRuns) return KJ_ASSERT_NONNULL(m_syncing).addBranch();
  auto round = std::make_unique<SyncRound>(
      m_server,
      m_account,
      m_ledger,
      SyncInput{m_synced ? m_tip : std::nullopt, nextReceive(), m_nextChange, m_now()});
  auto& started = *round;
  auto promise = started.run()
                     .then([this, round = std::move(round)](Result<SyncOutcome> outcome) {
                       return afterRound(std::move(outcome));
                     })
                     .then(
                         [this](Result<bool> done) {
                           m_roundRuns = false;
                           return done;
                         },
                         // Our bug; the next round may do better, and the broker goes on.
                         [this](kj::Exception&& exception) -> Result<bool> {
                           KJ_LOG(ERROR, "a comparison with the server broke", exception);
                           m_roundRuns = false;
                           m_synced = false;
                           return Error{Code::INTERNAL, "The comparison with the server broke."};
                         });
  m_roundRuns = true;
  auto forked = promise.fork();
  auto branch = forked.addBranch();
  m_syncing = kj::mv(forked);
  return branch;
}

kj::Promise<Result<bool>> Wallet::afterRound(Result<SyncOutcome> outcome) {
  if (!outcome) {
    m_synced = false;
    m_changed();  // also what was learnt up to the failure
    return Result<bool>(outcome.error());
  }
  const bool isNew =
      !m_synced || !outcome->changed.empty() || !m_tip || m_tip->height != outcome->tip.height;
  m_tip = outcome->tip;
  m_synced = true;
  m_dirty.insert(outcome->changed.begin(), outcome->changed.end());
  if (isNew) m_changed();
  return sendAgain(outcome->unlisted).then([this] { return saveDirty(); });
}

// A payment of ours that no server knows any more is offered again, for as long as nothing else
// spends its coins.
kj::Promise<void> Wallet::sendAgain(const std::vector<bitcoin::Txid>& unlisted) {
  auto sent = kj::Vector<kj::Promise<void>>();
  for (const auto& txid : unlisted) {
    const KnownTx* known = m_ledger.find(txid);
    if (known == nullptr || m_unstored.count(txid) > 0 ||
        m_ledger.stateOf(txid) != TxState::PENDING)
      continue;
    sent.add(m_server.broadcast(known->transaction).then([](Result<bool>) {}));
  }
  return kj::joinPromises(sent.releaseAsArray());
}

// In batches that fit into a message; each row stands for itself.
kj::Promise<Result<bool>> Wallet::saveDirty() {
  constexpr std::size_t ROWS = 200, BYTES = 4 << 20;
  if (m_dirty.empty()) return Result<bool>(true);
  WalletStore::Change change;
  std::vector<bitcoin::Txid> saved;
  std::size_t bytes = 0;
  while (!m_dirty.empty() && saved.size() < ROWS && bytes <= BYTES) {
    // Taken out now: what changes while it is being stored is dirty again.
    const auto txid = m_dirty.extract(m_dirty.begin()).value();
    saved.push_back(txid);
    if (const KnownTx* known = m_ledger.find(txid)) {
      bytes += known->transaction.totalSize();
      change.put.push_back(known);
    } else {
      change.erase.push_back(txid);
    }
  }
  return m_store.save(change).then(
      [this, saved = std::move(saved)](Result<bool> done) -> kj::Promise<Result<bool>> {
        // Locked: what the chain says can be read again, so the wallet goes on and stores it at the
        // next unlock.
        if (done) return saveDirty();
        m_dirty.insert(saved.begin(), saved.end());
        return Result<bool>(true);
      });
}

std::string Wallet::nameScript(bitcoin::ByteView script) const {
  const auto address = bitcoin::encodeAddress(script, m_account.network());
  return address ? *address
                 : "script " +
                       bitcoin::toHex(script.subspan(0, std::min<std::size_t>(script.size(), 32)));
}

std::vector<Tx> Wallet::history(const GetTransactionHistory& query) {
  auto list =
      m_ledger.history(height(), [this](bitcoin::ByteView script) { return nameScript(script); });
  if (query.filter && !query.filter->empty()) {
    const std::string& wanted = *query.filter;
    std::erase_if(list, [&](const Tx& tx) {
      const auto& who = tx.counterparties;
      return tx.txid.rfind(wanted, 0) != 0 &&
             (!tx.label || tx.label->find(wanted) == std::string::npos) &&
             std::none_of(who.begin(), who.end(), [&](const auto& name) {
               return name.find(wanted) != std::string::npos;
             });
    });
  }
  const auto limit = static_cast<std::size_t>(query.limit.value_or(50));
  const auto first = static_cast<std::size_t>(query.page.value_or(1) - 1) * limit;
  if (first >= list.size()) return {};
  return {std::make_move_iterator(list.begin() + static_cast<std::ptrdiff_t>(first)),
          std::make_move_iterator(
              list.begin() + static_cast<std::ptrdiff_t>(std::min(list.size(), first + limit)))};
}

Address Wallet::describeAddress(KeyPath path,
                                const std::map<KeyPath, std::int64_t>& balances,
                                const std::set<KeyPath>& used) {
  const auto balance = balances.find(path);
  const auto handedOut = m_handedOut.find(path.index);
  return {m_account.address(path),
          m_account.pathText(path),
          path.index,
          path.change,
          used.count(path) > 0,
          path.change || handedOut == m_handedOut.end() ? std::nullopt : handedOut->second,
          balance == balances.end() ? 0 : balance->second};
}

std::vector<Address> Wallet::addresses() {
  const auto balances = m_ledger.balances(height());
  const auto used = m_ledger.usedPaths();
  std::set<KeyPath> paths = used;
  for (const auto& [index, label] : m_handedOut) paths.insert({false, index});
  std::vector<Address> list;
  list.reserve(paths.size());
  for (const auto& path : paths) list.push_back(describeAddress(path, balances, used));
  return list;
}

std::optional<std::int64_t> Wallet::balanceOf(const std::string& address) {
  const auto script = bitcoin::parseAddress(address, m_account.network());
  const auto path = script ? m_account.owner(*script) : std::nullopt;
  if (!path) return std::nullopt;
  const auto balances = m_ledger.balances(height());
  const auto found = balances.find(*path);
  return found == balances.end() ? 0 : found->second;
}

kj::Promise<Result<Address>> Wallet::handOut(std::optional<std::string> label) {
  const std::uint32_t index = nextReceive();
  if (index + Account::GAP_LIMIT > Account::MAX_INDEX)
    return Result<Address>(Error{Code::LIMIT, "The wallet has no more addresses."});
  if (index >= nextUnpaid() + Account::MAX_UNPAID)
    return Result<Address>(
        Error{Code::LIMIT,
              "A hundred addresses in a row were handed out and not paid; use one of them."});
  m_account.deriveTo(false, index + Account::GAP_LIMIT);
  WalletStore::Change change;
  change.handOut = HandedOut{index, label};
  m_handedOut[index] = label;  // taken now, so that a second call in flight gets the next one
  return m_store.save(change).then([this, index](Result<bool> saved) -> Result<Address> {
    if (!saved) {
      m_handedOut.erase(index);
      return saved.error();
    }
    m_changed();
    return describeAddress({false, index}, m_ledger.balances(height()), m_ledger.usedPaths());
  });
}

kj::Promise<Result<bool>> Wallet::publish(bitcoin::Transaction transaction,
                                          std::optional<std::string> label,
                                          std::optional<KeyPath> changePath) {
  KnownTx known{std::move(transaction), std::nullopt, m_now(), std::move(label), true};
  const auto txid = known.transaction.txid();
  WalletStore::Change change;
  change.put.push_back(&known);
  if (changePath) {
    m_nextChange = std::max(m_nextChange, changePath->index + 1);
    m_account.deriveTo(true, m_nextChange + Account::GAP_LIMIT);
    change.nextChange = m_nextChange;
  }
  auto stored = m_store.save(change);
  m_unstored.insert(txid);
  m_ledger.put(std::move(known));  // from now on its coins are spent, for the next draft too
  m_changed();
  return stored.then([this, txid](Result<bool> saved) -> kj::Promise<Result<bool>> {
    m_unstored.erase(txid);
    if (!saved) {
      m_ledger.erase(txid);
      m_changed();
      m_dirty.insert(txid);  // a vault that died may have stored it, and it would be sent some day
      return saved;
    }
    return m_server.broadcast(m_ledger.find(txid)->transaction)
        .then([this, txid](Result<bool> sent) -> kj::Promise<Result<bool>> {
          // Only a clear refusal takes it back: after a lost answer it may be out, and is offered
          // again by the sync.
          if (sent || sent.error().code != Code::CONFLICT) return Result<bool>(true);
          m_ledger.erase(txid);
          m_changed();
          m_dirty.insert(txid);
          // Captured as it is, a Result<bool> would be read as a bool: Boost 1.81 prefers its
          // constructor from anything that a bool can be made of.
          return saveDirty().then(
              [refusal = sent.error()](Result<bool>) -> Result<bool> { return refusal; });
        });
  });
}

}  // namespace sallyport::wallet
