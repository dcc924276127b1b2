// The renderer's end of RendererControl: what the broker may ask of this window. Runs in the
// renderer.
#pragma once

#include <kj/function.h>

#include "proto/session.capnp.h"
#include "renderer/link/types.h"

namespace sallyport::renderer {

class ControlServer final : public proto::RendererControl::Server {
 public:
  using Settle = kj::Function<void(capnp::List<proto::Settlement>::Reader)>;
  ControlServer(SessionEvents& events, Settle settle)
      : m_events(events), m_settle(kj::mv(settle)) {}

  kj::Promise<void> load(LoadContext context) override;
  kj::Promise<void> close(CloseContext context) override;
  kj::Promise<void> ping(PingContext context) override;
  kj::Promise<void> deliver(DeliverContext context) override;
  kj::Promise<void> settle(SettleContext context) override;

 private:
  SessionEvents& m_events;
  Settle m_settle;
};

}  // namespace sallyport::renderer
