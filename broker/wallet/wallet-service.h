// The wallet commands (wallet.md, section 1) over vault and net. Each handler is the end of one
// call of a page; what a page may call at all was decided before. Runs in the broker; holds no key.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/commands/command.h"
#include "broker/commands/module.h"
#include "broker/wallet/drafts.h"
#include "broker/wallet/prompt-patience.h"
#include "broker/wallet/wallet.h"

namespace sallyport::wallet {

class WalletService final : private kj::TaskSet::ErrorHandler {
 public:
  struct Parts {
    std::function<proto::Vault::Client()> vault;  // the process that runs now
    std::function<proto::Net::Client()> net;
    kj::Timer& timer;
    std::function<std::int64_t()> now;  // unix seconds
    RandomSource random;
    Network network;  // wallets of others are not opened: they would be shown another chain's coins
    std::string esploraUrl;
  };
  explicit WalletService(Parts parts);
  ~WalletService() noexcept(false);
  KJ_DISALLOW_COPY(WalletService);

  using Caller = commands::Caller;
  using Null = commands::Null;

  kj::Promise<Result<std::string>> createWallet(const Caller& caller, CreateWallet arguments);
  kj::Promise<Result<std::vector<std::string>>> listWallets(const Caller& caller, NoArguments);
  kj::Promise<Result<Null>> selectWallet(const Caller& caller, SelectWallet arguments);
  Result<BalanceAnswer> getBalance(const Caller& caller, GetBalance arguments);
  kj::Promise<Result<Address>> generateAddress(const Caller& caller, GenerateAddress arguments);
  Result<std::vector<Address>> getAddresses(const Caller& caller, NoArguments);
  Result<std::vector<Tx>> getTransactionHistory(const Caller& caller,
                                                GetTransactionHistory arguments);
  kj::Promise<Result<SendAnswer>> sendTransaction(const Caller& caller, SendTransaction arguments);
  kj::Promise<Result<bool>> unlockWallet(const Caller& caller, UnlockWallet arguments);
  kj::Promise<Result<Null>> setPassphrase(const Caller& caller, NoArguments);
  kj::Promise<Result<WalletInfo>> getWalletInfo(const Caller& caller, NoArguments);

  // evt_wallet_changed: a page that shows wallets asks again. It says nothing of which and what, so
  // that it is nothing to a window that may not ask.
  commands::Emitter<WalletChanged> changed;

  // When no payment that the user approved is on its way to the disk and the network.
  kj::Promise<void> paymentsDone() { return m_payments.onEmpty(); }

 private:
  static constexpr kj::Duration POLL = 3 * kj::SECONDS;

  struct Opening {
    kj::ForkedPromise<Result<Null>> outcome;
    bool done = false;
  };
  using Descriptions = std::vector<WalletDescription>;
  kj::Promise<Result<Descriptions>> askDescriptions();
  kj::Promise<Result<Null>> open(std::string window, std::string id);
  kj::Promise<Result<Null>> load(std::string id);
  Result<Wallet*> selected(const Caller& caller);
  Result<SendAnswer> draft(Wallet& wallet,
                           const std::string& window,
                           const SendTransaction& arguments);
  kj::Promise<Result<SendAnswer>> commit(Wallet& wallet,
                                         const std::string& window,
                                         PreparedPayment payment);
  kj::Promise<Result<SendAnswer>> publish(bitcoin::Transaction transaction,
                                          PreparedPayment payment);
  kj::Promise<void> poll();
  kj::Promise<void> syncAll();
  void taskFailed(kj::Exception&& exception) override;

  Parts m_parts;
  Esplora m_server;
  Drafts m_drafts;
  PromptPatience m_patience;
  std::map<std::string, std::unique_ptr<Wallet>> m_open;  // by id
  std::map<std::string, Opening> m_opening;               // by id; one reading each
  std::map<std::string, std::string> m_selected;          // window label -> id
  std::vector<std::string> m_known;                       // ids of the last unlocked listing
  FeeEstimates m_fees{1, 1, 1};
  kj::TaskSet m_tasks;
  kj::TaskSet m_payments;  // approved ones: they end although their window is gone
};

// The module `wallet`. The service must outlive the registry.
commands::Module makeModule(WalletService& service);

}  // namespace sallyport::wallet
