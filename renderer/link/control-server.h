// The renderer's end of RendererControl: what the broker may ask of this window. Runs in the
// renderer.
#pragma once

#include <kj/array.h>
#include <kj/function.h>

#include <cstdint>

#include "proto/session.capnp.h"
#include "renderer/link/types.h"

namespace sallyport::renderer {

class ControlServer final : public proto::RendererControl::Server {
 public:
  using Settle = kj::Function<void(capnp::List<proto::Settlement>::Reader)>;
  using Read = kj::Function<kj::Promise<kj::Array<kj::byte>>(std::uint64_t upload)>;
  ControlServer(SessionEvents& events, Settle settle, Read read)
      : m_events(events), m_settle(kj::mv(settle)), m_read(kj::mv(read)) {}

  kj::Promise<void> load(LoadContext context) override;
  kj::Promise<void> close(CloseContext context) override;
  kj::Promise<void> ping(PingContext context) override;
  kj::Promise<void> deliver(DeliverContext context) override;
  kj::Promise<void> settle(SettleContext context) override;
  kj::Promise<void> read(ReadContext context) override;

 private:
  SessionEvents& m_events;
  Settle m_settle;
  Read m_read;
};

}  // namespace sallyport::renderer
