// What the broker remembers of one wallet, as encrypted rows in the vault: transactions, labels,
// handed-out addresses. Runs in the broker. A row is durable when the promise is fulfilled.
#pragma once

#include <kj/async.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/commands/error.h"
#include "broker/wallet/ledger.h"
#include "proto/vault.capnp.h"

namespace sallyport::wallet {

using commands::Result;

// The error that a page sees for a vault failure.
commands::Error describeFailure(proto::Failure failure);

struct HandedOut {
  std::uint32_t index;
  std::optional<std::string> label;
};

struct StoredWallet {
  std::vector<KnownTx> transactions;
  std::vector<HandedOut> receive;  // addresses that were shown to the user, by index
  std::uint32_t nextChange = 0;
};

class WalletStore {
 public:
  WalletStore(std::function<proto::Vault::Client()> vault, std::string walletId);

  kj::Promise<Result<StoredWallet>> load();

  // One atomic write.
  struct Change {
    std::vector<const KnownTx*> put;
    std::vector<bitcoin::Txid> erase;
    std::optional<HandedOut> handOut;
    std::optional<std::uint32_t> nextChange;
  };
  kj::Promise<Result<bool>> save(const Change& change);

 private:
  kj::Promise<Result<StoredWallet>> loadAfter(std::string after, StoredWallet former);

  std::function<proto::Vault::Client()> m_vault;
  const std::string m_walletId;
};

}  // namespace sallyport::wallet
