// The renderer's end of RendererControl: what the broker may ask of this window. Runs in the
// renderer.
#pragma once

#include "proto/session.capnp.h"
#include "renderer/link/types.h"

namespace sallyport::renderer {

class ControlServer final : public proto::RendererControl::Server {
 public:
  explicit ControlServer(SessionEvents& events) : m_events(events) {}

  kj::Promise<void> load(LoadContext context) override;
  kj::Promise<void> close(CloseContext context) override;
  kj::Promise<void> ping(PingContext context) override;
  kj::Promise<void> deliver(DeliverContext context) override;

 private:
  SessionEvents& m_events;
};

}  // namespace sallyport::renderer
