// What the CLI can ask of a running broker (proto/admin.capnp). Runs in the broker; its callers are
// this user's.
#pragma once

#include "proto/admin.capnp.h"
#include "proto/vault.capnp.h"

namespace sallyport::daemon {

class Broker;

class AdminSession final : public proto::Admin::Server {
 public:
  explicit AdminSession(Broker& broker) : m_broker(broker) {}

  kj::Promise<void> status(StatusContext context) override;
  kj::Promise<void> doctor(DoctorContext context) override;
  kj::Promise<void> activate(ActivateContext context) override;
  kj::Promise<void> shutdown(ShutdownContext context) override;
  kj::Promise<void> showSeed(ShowSeedContext context) override;
  kj::Promise<void> restoreSeed(RestoreSeedContext context) override;
  kj::Promise<void> wallets(WalletsContext context) override;
  kj::Promise<void> renderers(RenderersContext context) override;
  kj::Promise<void> capabilityReload(CapabilityReloadContext context) override;
  kj::Promise<void> capabilityRevoke(CapabilityRevokeContext context) override;
  kj::Promise<void> capabilityExplain(CapabilityExplainContext context) override;
  kj::Promise<void> capabilityList(CapabilityListContext context) override;

 private:
  Broker& m_broker;
};

}  // namespace sallyport::daemon
