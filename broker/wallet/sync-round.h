// One comparison of a wallet with its server: which scripts have history, what is new, what moved
// into or out of a block. Only checked facts reach the ledger. Runs in the broker; lives for one
// round.
#pragma once

#include <kj/async.h>

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "broker/wallet/account.h"
#include "broker/wallet/esplora.h"
#include "broker/wallet/ledger.h"

namespace sallyport::wallet {

struct SyncInput {
  std::optional<Tip>
      knownTip;  // of the last complete round; unchanged means a short round is enough
  std::uint32_t nextReceive = 0;  // addresses below were handed out
  std::uint32_t nextChange = 0;
  std::int64_t now = 0;  // unix seconds
};

struct SyncOutcome {
  Tip tip;
  std::set<bitcoin::Txid> changed;      // to be stored
  std::vector<bitcoin::Txid> unlisted;  // unconfirmed ones that the server no longer names
  bool complete = false;                // every script was looked at
};

class SyncRound {
 public:
  SyncRound(Esplora& server, Account& account, Ledger& ledger, SyncInput input);

  // What a server may name and send in one round, so that one that never stops costs no more than
  // this. A wallet with more history needs a few rounds for its first comparison.
  static constexpr std::size_t MAX_NAMED = 50'000;
  static constexpr std::size_t MAX_FETCHED_BYTES = 64 << 20;
  // Payments to us that are in no block cost nothing to invent: more are not looked at, and of
  // those that no server names any more only the last are remembered.
  static constexpr std::size_t MAX_UNCONFIRMED = 5'000;
  static constexpr std::size_t MAX_FORGOTTEN = 500;

  // The first failure ends the round; what was learnt until then stays in the ledger and counts.
  kj::Promise<Result<SyncOutcome>> run();

 private:
  kj::Promise<Result<bool>> scanAll();
  kj::Promise<Result<bool>> scanChain(bool change, std::uint32_t from);
  kj::Promise<Result<bool>> scanActive();
  kj::Promise<Result<bool>> scan(std::vector<KeyPath> paths);
  kj::Promise<Result<bool>> take(std::vector<Listed> listed);
  kj::Promise<Result<bool>> takeOne(Listed listed);
  void markUnlisted();
  void dropStrangers();
  void forgetOldest();
  std::uint32_t horizon(bool change) const;

  Esplora& m_server;
  Account& m_account;
  Ledger& m_ledger;
  const SyncInput m_input;
  SyncOutcome m_outcome;
  std::set<bitcoin::Txid> m_seen;
  std::size_t m_unconfirmed = 0;  // in the ledger, with those that are being fetched
  std::size_t m_fetchedBytes = 0;
};

}  // namespace sallyport::wallet
