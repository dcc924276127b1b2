// One open wallet: its account, its ledger and its rows in the vault, kept up with the server. Runs
// in the broker; works on while the vault is locked, except for what must be stored or signed.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/wallet/account.h"
#include "broker/wallet/ledger.h"
#include "broker/wallet/sync-round.h"
#include "broker/wallet/types.h"
#include "broker/wallet/wallet-store.h"

namespace sallyport::wallet {

// What the vault says about a wallet, without its rows.
struct WalletDescription {
  std::string id;
  std::string name;
  Network network;
  ScriptType scriptType;
  std::string fingerprint;  // 8 hex digits
  std::string accountPath;
  std::string accountXpub;
  bool backedUp;
};

bitcoin::Network toBitcoin(Network network);

class Wallet {
 public:
  // now: unix seconds. server must outlive the wallet.
  Wallet(WalletDescription description,
         Account account,
         Esplora& server,
         WalletStore store,
         std::function<std::int64_t()> now);

  // Reads its rows; needs an unlocked vault. Once, first.
  kj::Promise<Result<bool>> load();

  // One comparison with the server, never two at a time: a second caller gets the outcome of the
  // first.
  kj::Promise<Result<bool>> sync();

  const WalletDescription& description() const { return m_description; }
  void describe(WalletDescription description) { m_description = std::move(description); }

  // Told when something that a page shows may be another by now: payments, balance, height,
  // addresses, whether the server answers. Once, before the first sync.
  void onChange(std::function<void()> changed) { m_changed = std::move(changed); }

  bool synced() const { return m_synced; }
  std::int64_t height() const { return m_tip ? m_tip->height : 0; }
  Balance balance() const { return m_ledger.balance(height()); }
  // Nothing when the address is not one of this wallet's.
  std::optional<std::int64_t> balanceOf(const std::string& address);
  std::vector<Address> addresses();
  std::vector<Tx> history(const GetTransactionHistory& query);

  // The next address that was never handed out, durable before it is shown. LIMIT when too many in
  // a row were handed out and never paid: a page must not fill the wallet's rows with them.
  kj::Promise<Result<Address>> handOut(std::optional<std::string> label);

  Account& account() { return m_account; }
  const Ledger& ledger() const { return m_ledger; }

  // The change address of the next payment.
  KeyPath nextChangePath() const;

  // A payment of ours, durable before it is sent; then sent. A refusal by the network takes it
  // back.
  kj::Promise<Result<bool>> publish(bitcoin::Transaction transaction,
                                    std::optional<std::string> label,
                                    std::optional<KeyPath> changePath);

 private:
  Address describeAddress(KeyPath path,
                          const std::map<KeyPath, std::int64_t>& balances,
                          const std::set<KeyPath>& used);
  std::string nameScript(bitcoin::ByteView script) const;
  kj::Promise<Result<bool>> afterRound(Result<SyncOutcome> outcome);
  kj::Promise<void> sendAgain(const std::vector<bitcoin::Txid>& unlisted);
  kj::Promise<Result<bool>> saveDirty();
  std::uint32_t nextReceive() const;
  std::uint32_t nextUnpaid() const;  // behind the last receive address that has history

  WalletDescription m_description;
  Account m_account;
  Ledger m_ledger;
  Esplora& m_server;
  WalletStore m_store;
  std::function<std::int64_t()> m_now;
  std::function<void()> m_changed = [] {};
  std::map<std::uint32_t, std::optional<std::string>> m_handedOut;  // receive index -> label
  std::uint32_t m_nextChange = 0;
  std::optional<Tip> m_tip;
  bool m_synced = false;
  // Rows that differ from the ledger, because the vault was locked or away.
  std::set<bitcoin::Txid> m_dirty;
  std::set<bitcoin::Txid> m_unstored;  // payments being stored: not to be sent before that
  bool m_roundRuns = false;
  kj::Maybe<kj::ForkedPromise<Result<bool>>> m_syncing;  // the last round
};

}  // namespace sallyport::wallet
