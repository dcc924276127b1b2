// The renderer's end of channels: opens them at the broker, asks for items when the page does, and
// closes them. Runs in the renderer; keeps inside the bounds that the broker ends a session for.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/session.capnp.h"
#include "renderer/link/pace.h"
#include "renderer/link/types.h"

namespace sallyport::renderer {

class ChannelReads final : private kj::TaskSet::ErrorHandler {
 public:
  // All must outlive this.
  ChannelReads(proto::Session::Client session, Pace& pace, kj::Timer& timer);
  KJ_DISALLOW_COPY(ChannelReads);

  // Each handler is called once, perhaps at once, and never from inside close() of another channel.
  using Opened = std::function<void(const std::optional<Failure>& failure)>;
  using Came = std::function<void(ChannelStep&& step)>;
  // id: the page's own number of the opening; must not be open.
  void open(CallId id, std::string_view command, std::string_view arguments, Opened opened);
  // Not again before the last one was answered.
  void next(CallId id, Came came);
  // Whoever waits learns "cancelled".
  void close(CallId id);
  void closeAll();
  // The broker is gone: whoever waits learns "disconnected".
  void lost();

  // Of promises that were inside themselves: at every turn's end.
  void turnEnded() { m_retired.clear(); }

  std::size_t open() const { return m_channels.size(); }

 private:
  struct Channel {
    std::uint64_t number = 0;
    Opened opened;
    Came came;
    kj::Promise<void> running = nullptr;
  };

  kj::Promise<void> paced(std::size_t bytes);
  // Takes the channel out and tells who waits.
  void end(CallId id, const Failure& failure);
  void tellBroker(std::uint64_t number);
  void taskFailed(kj::Exception&&) override {}  // only close(), and then the session is over

  proto::Session::Client m_session;
  Pace& m_pace;
  kj::Timer& m_timer;
  std::uint64_t m_lastNumber = 0;
  std::unordered_map<CallId, Channel> m_channels;
  bool m_lost = false;
  std::vector<kj::Promise<void>> m_retired;
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::renderer
