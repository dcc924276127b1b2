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

  // A button or a key went down.
  void note(Time now) {
    m_last = now;
    m_isSpent = false;
  }
  // The button went up: a page's click comes now, however long it was held. One that was taken
  // meanwhile stays taken.
  void renew(Time now) {
    if (!m_isSpent) m_last = now;
  }
  // For what one click may do once.
  bool take(Time now) {
    const bool recent = isRecent(now);
    forget();
    return recent;
  }
  void forget() {
    m_last.reset();
    m_isSpent = true;
  }

  bool isRecent(Time now) const {
    return m_last && now - *m_last < std::chrono::milliseconds(proto::GESTURE_MILLIS);
  }

 private:
  std::optional<Time> m_last;
  bool m_isSpent = true;
};

}  // namespace sallyport::display
