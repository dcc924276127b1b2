// The module `store` over the vault: which rows are whose. Runs in the broker.
#pragma once

#include <functional>
#include <string>

#include "broker/commands/modules/store/store-module.h"
#include "proto/vault.capnp.h"

namespace sallyport::daemon {

class PageStore final : public commands::store::Host {
 public:
  struct Parts {
    std::function<proto::Vault::Client()> vault;
    // Whether the user has just clicked or typed in this window; used up by asking.
    std::function<kj::Promise<commands::Result<bool>>(const std::string& window)> takeGesture;
  };
  explicit PageStore(Parts parts) : m_parts(std::move(parts)) {}

  kj::Promise<commands::Result<commands::store::StoredValue>> get(const commands::Caller& caller,
                                                                  commands::store::Space space,
                                                                  std::string key) override;
  kj::Promise<commands::Result<commands::Null>> set(const commands::Caller& caller,
                                                    commands::store::Space space,
                                                    commands::store::SetStored what) override;
  kj::Promise<commands::Result<commands::store::StoredKeys>> list(const commands::Caller& caller,
                                                                  commands::store::Space space,
                                                                  std::string prefix) override;
  kj::Promise<commands::Result<commands::Null>> unlock(const commands::Caller& caller) override;

 private:
  kj::Promise<commands::Result<commands::Null>> askPassphrase();

  Parts m_parts;
};

}  // namespace sallyport::daemon
