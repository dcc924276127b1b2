// The renderer's end of downloads: reads the large bytes of answers from the broker, a few pieces
// at a time for the whole window. Runs in the renderer; keeps inside the bounds of the broker's
// guard.
#pragma once

#include <kj/array.h>
#include <kj/async.h>
#include <kj/timer.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

#include "proto/session.capnp.h"
#include "renderer/link/pace.h"
#include "renderer/link/types.h"

namespace sallyport::renderer {

class DownloadReads final : private kj::TaskSet::ErrorHandler {
 public:
  static constexpr std::size_t IN_FLIGHT = 4;  // what they come with is far below the guard's room

  // All must outlive this.
  DownloadReads(proto::Session::Client session, Pace& pace, kj::Timer& timer);
  KJ_DISALLOW_COPY(DownloadReads);

  struct Piece {
    kj::Array<kj::byte> bytes;  // empty: that was all
    std::optional<Failure> failure;
  };
  // Called once, from the event loop; not again before that.
  using Came = std::function<void(Piece&& piece)>;
  void read(std::uint64_t number, Came came);
  // Nobody reads it any more. A read of it that is under way is answered all the same.
  void discard(std::uint64_t number);
  void lost();

 private:
  struct Wanted {
    std::uint64_t number;
    Came came;
  };

  void start();
  kj::Promise<void> ask(Wanted wanted);
  void taskFailed(kj::Exception&&) override {}  // only discard(), and then the session is over

  proto::Session::Client m_session;
  Pace& m_pace;
  kj::Timer& m_timer;
  std::deque<Wanted> m_waiting;
  std::size_t m_inFlight = 0;
  bool m_lost = false;
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::renderer
