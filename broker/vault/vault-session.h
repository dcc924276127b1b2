// The vault's server object on the broker's connection: translates between schema and parts, checks
// sizes, and lets no exception's text out. Runs in the vault; the broker is believed to be the
// broker, not to be right.
#pragma once

#include <kj/async-io.h>
#include <proto/vault.capnp.h>

#include "broker/vault/ceremonies.h"

namespace sallyport::vault {

class VaultSession final : public proto::Vault::Server {
 public:
  VaultSession(Lockbox& lockbox, Ceremonies& ceremonies, kj::LowLevelAsyncIoProvider& io);

 protected:
  kj::Promise<void> attachPrompt(AttachPromptContext context) override;
  kj::Promise<void> status(StatusContext context) override;
  kj::Promise<void> ping(PingContext context) override;
  kj::Promise<void> setPassphrase(SetPassphraseContext context) override;
  kj::Promise<void> unlock(UnlockContext context) override;
  kj::Promise<void> lock(LockContext context) override;
  kj::Promise<void> createWallet(CreateWalletContext context) override;
  kj::Promise<void> wallets(WalletsContext context) override;
  kj::Promise<void> sign(SignContext context) override;
  kj::Promise<void> getRecords(GetRecordsContext context) override;
  kj::Promise<void> putRecords(PutRecordsContext context) override;
  kj::Promise<void> getAppRecords(GetAppRecordsContext context) override;
  kj::Promise<void> putAppRecords(PutAppRecordsContext context) override;
  kj::Promise<void> showSeed(ShowSeedContext context) override;
  kj::Promise<void> restoreSeed(RestoreSeedContext context) override;

 private:
  // A link over a copy of the descriptor; null when there is none or it is no socket.
  kj::Promise<Ceremonies::Link> linkOf(proto::Fd::Client fd);
  Outcome<WalletStore*> openStore();
  Outcome<WalletStore*> storeFor(std::string_view walletId);

  Lockbox& m_lockbox;
  Ceremonies& m_ceremonies;
  kj::LowLevelAsyncIoProvider& m_io;
};

}  // namespace sallyport::vault
