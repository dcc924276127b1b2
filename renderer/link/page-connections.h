// The renderer's end of a remote page's connections: each byte of it goes over the session. Runs in
// the renderer; keeps inside the bounds of the broker's guard.
#pragma once

#include <kj/array.h>
#include <kj/async.h>
#include <kj/timer.h>

#include <cstdint>
#include <string_view>

#include "proto/session.capnp.h"
#include "renderer/link/pace.h"

namespace sallyport::renderer {

class PageConnections final : private kj::TaskSet::ErrorHandler {
 public:
  static constexpr std::uint32_t MAX_OPEN = proto::MAX_CONNECTIONS_OF_PAGE;
  static constexpr std::size_t MAX_BYTES = proto::MAX_CONNECTION_BYTES;  // of one send or receive

  // All must outlive this.
  PageConnections(proto::Session::Client session, Pace& pace, kj::Timer& timer);
  KJ_DISALLOW_COPY(PageConnections);

  // By a number that is not open; one send and one receive of each at a time. None rejects: a
  // connection that is gone sends nothing and receives the end.
  kj::Promise<bool> open(std::uint32_t id, std::string_view host, std::uint16_t port);
  kj::Promise<void> send(std::uint32_t id, kj::ArrayPtr<const kj::byte> bytes);
  kj::Promise<kj::Array<kj::byte>> receive(std::uint32_t id);
  void close(std::uint32_t id);
  void lost() { m_lost = true; }

 private:
  void taskFailed(kj::Exception&&) override {}  // only close(), and then the session is over

  proto::Session::Client m_session;
  Pace& m_pace;
  kj::Timer& m_timer;
  bool m_lost = false;
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::renderer
