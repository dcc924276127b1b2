// Whether the user has just asked for something: when the last click or key went from the host to
// the renderer. A renderer cannot make one, and a replaced renderer's does not count for the next.
// Role frame; pure.
#pragma once

#include <chrono>
#include <optional>

#include "proto/frame.capnp.h"

namespace sallyport::display {

class UserGesture {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  void note(Time now) { m_last = now; }
  // For what one click may do once.
  bool take(Time now) {
    const bool recent = isRecent(now);
    m_last.reset();
    return recent;
  }
  void forget() { m_last.reset(); }

  bool isRecent(Time now) const {
    return m_last && now - *m_last < std::chrono::milliseconds(proto::GESTURE_MILLIS);
  }

 private:
  std::optional<Time> m_last;
};

}  // namespace sallyport::display
