#include "broker/wallet/sync-round.h"

#include <algorithm>

namespace sallyport::wallet {
namespace {

constexpr std::size_t AT_ONCE = 8;  // requests; net takes more, a public server likes fewer

commands::Error tooMuch() {
  return {commands::Code::UNAVAILABLE, "The wallet's server sends more than is taken at once."};
}

Result<bool> all(kj::Array<Result<bool>> results) {
  for (auto& result : results)
    if (!result) return std::move(result);
  return true;
}

}  // namespace

SyncRound::SyncRound(Esplora& server, Account& account, Ledger& ledger, SyncInput input)
    : m_server(server), m_account(account), m_ledger(ledger), m_input(input), m_outcome{} {
  for (const auto& [txid, known] : m_ledger.all()) m_unconfirmed += known.placement ? 0 : 1;
}

kj::Promise<Result<SyncOutcome>> SyncRound::run() {
  auto scanned = m_server.tip().then([this](Result<Tip> tip) -> kj::Promise<Result<bool>> {
    if (!tip) return Result<bool>(tip.error());
    m_outcome.tip = *tip;
    m_outcome.complete = m_input.knownTip != *tip;
    return m_outcome.complete ? scanAll() : scanActive();
  });
  return scanned.then([this](Result<bool> done) -> Result<SyncOutcome> {
    dropStrangers();
    if (!done) return done.error();
    if (m_outcome.complete) {
      markUnlisted();
      forgetOldest();
    }
    return std::move(m_outcome);
  });
}

// The first index that is not looked at: the gap behind the last one that is used or handed out.
std::uint32_t SyncRound::horizon(bool change) const {
  std::uint32_t next = change ? m_input.nextChange : m_input.nextReceive;
  for (const auto& path : m_ledger.usedPaths())
    if (path.change == change) next = std::max(next, path.index + 1);
  return std::min(next + Account::GAP_LIMIT, Account::MAX_INDEX);
}

kj::Promise<Result<bool>> SyncRound::scanAll() {
  return scanChain(false, 0).then([this](Result<bool> done) -> kj::Promise<Result<bool>> {
    if (!done) return done;
    return scanChain(true, 0);
  });
}

kj::Promise<Result<bool>> SyncRound::scanChain(bool change, std::uint32_t from) {
  const std::uint32_t end = std::min<std::uint32_t>(horizon(change), from + AT_ONCE);
  if (from >= end) return Result<bool>(true);
  std::vector<KeyPath> paths;
  for (std::uint32_t index = from; index < end; ++index) paths.push_back({change, index});
  return scan(std::move(paths))
      .then([this, change, end](Result<bool> done) -> kj::Promise<Result<bool>> {
        if (!done) return done;
        return scanChain(change, end);
      });
}

// Between blocks only what can change without one: the addresses handed out last, and keys of
// unconfirmed payments.
kj::Promise<Result<bool>> SyncRound::scanActive() {
  constexpr std::uint32_t RECENT = 5;
  std::set<KeyPath> paths;
  for (std::uint32_t back = 0; back < RECENT && back < m_input.nextReceive; ++back)
    paths.insert({false, m_input.nextReceive - 1 - back});
  for (const auto& [txid, known] : m_ledger.all()) {
    if (known.placement) continue;
    for (const auto& output : known.transaction.outputs)
      if (const auto path = m_account.owner(output.script)) paths.insert(*path);
  }
  return scan({paths.begin(), paths.end()});
}

kj::Promise<Result<bool>> SyncRound::scan(std::vector<KeyPath> paths) {
  auto builder = kj::heapArrayBuilder<kj::Promise<Result<bool>>>(paths.size());
  for (const auto& path : paths)
    builder.add(m_server.transactionsOf(m_account.script(path))
                    .then([this](Result<std::vector<Listed>> listed) -> kj::Promise<Result<bool>> {
                      if (!listed) return Result<bool>(listed.error());
                      return take(std::move(*listed));
                    }));
  return kj::joinPromises(builder.finish()).then([](kj::Array<Result<bool>> results) {
    return all(kj::mv(results));
  });
}

// One after the other: a transaction that pays many of our addresses is listed by each of them, and
// fetched once.
kj::Promise<Result<bool>> SyncRound::take(std::vector<Listed> listed) {
  if (listed.empty()) return Result<bool>(true);
  const Listed first = listed.back();  // oldest first
  listed.pop_back();
  return takeOne(first).then(
      [this, rest = std::move(listed)](Result<bool> done) mutable -> kj::Promise<Result<bool>> {
        if (!done) return done;
        return take(std::move(rest));
      });
}

kj::Promise<Result<bool>> SyncRound::takeOne(Listed listed) {
  const bool again = !m_seen.insert(listed.txid).second;
  KnownTx* known = m_ledger.edit(listed.txid);
  if (known != nullptr && (again || (known->placement == listed.placement && known->listed)))
    return Result<bool>(true);
  if (known == nullptr && again)
    return Result<bool>(true);  // being fetched for another of our addresses
  if (m_seen.size() > MAX_NAMED) return Result<bool>(tooMuch());
  if (known == nullptr && !listed.placement && ++m_unconfirmed > MAX_UNCONFIRMED)
    return Result<bool>(true);

  kj::Promise<Result<bool>> proved = Result<bool>(true);
  if (listed.placement) proved = m_server.provePlacement(listed.txid, *listed.placement);
  return proved.then([this, listed](Result<bool> holds) -> kj::Promise<Result<bool>> {
    if (!holds) return holds;
    // A server that lies about a block is not asked for the rest: the payment stays unconfirmed.
    const auto placement = *holds ? listed.placement : std::nullopt;
    m_outcome.changed.insert(listed.txid);
    if (KnownTx* present = m_ledger.edit(listed.txid)) {
      present->placement = placement;
      present->listed = true;
      return Result<bool>(true);
    }
    if (m_fetchedBytes > MAX_FETCHED_BYTES) return Result<bool>(tooMuch());
    return m_server.transaction(listed.txid)
        .then([this, placement](Result<bitcoin::Transaction> fetched) -> Result<bool> {
          if (!fetched) return fetched.error();
          m_fetchedBytes += fetched->totalSize();
          m_ledger.put({std::move(*fetched), placement, m_input.now, std::nullopt, true});
          return true;
        });
  });
}

// What a server lists under our scripts and neither pays nor spends them is not kept.
void SyncRound::dropStrangers() {
  std::erase_if(m_outcome.changed, [this](const bitcoin::Txid& txid) {
    if (m_ledger.concernsUs(txid)) return false;
    m_ledger.erase(txid);
    return true;
  });
}

// After a round over every script: what was not named is in no block (any more) and in no mempool.
void SyncRound::markUnlisted() {
  std::vector<bitcoin::Txid> missing;
  for (const auto& [txid, known] : m_ledger.all())
    if (m_seen.count(txid) == 0) missing.push_back(txid);
  for (const auto& txid : missing) {
    KnownTx* known = m_ledger.edit(txid);
    if (known->placement || known->listed) m_outcome.changed.insert(txid);
    known->placement.reset();
    known->listed = false;
    m_outcome.unlisted.push_back(txid);
  }
}

// Only strangers' payments that nobody keeps any more: ours are offered again for ever.
void SyncRound::forgetOldest() {
  std::vector<std::pair<std::int64_t, bitcoin::Txid>> gone;
  for (const auto& [txid, known] : m_ledger.all())
    if (!known.placement && !known.listed && !m_ledger.paidByUs(known))
      gone.emplace_back(known.firstSeen, txid);
  if (gone.size() <= MAX_FORGOTTEN) return;
  std::sort(gone.begin(), gone.end());
  gone.resize(gone.size() - MAX_FORGOTTEN);
  for (const auto& [firstSeen, txid] : gone) {
    m_ledger.erase(txid);
    m_outcome.changed.insert(txid);
  }
}

}  // namespace sallyport::wallet
