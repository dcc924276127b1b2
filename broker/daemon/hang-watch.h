// Whether one renderer answers, and what follows when it does not: the user is shown so and may
// wait or end it; where nobody can see that, or nothing happens for long, it is ended. Runs in the
// broker. The renderer is hostile: an answer says that its loop turns, and no more. A script that
// never ends is no hang here: the page is busy, and the loop beside it answers.
#pragma once

#include "broker/daemon/heartbeat.h"

namespace sallyport::daemon {

class HangWatch {
 public:
  // Counted in misses, each Heartbeat::PATIENCE long.
  static constexpr unsigned SHOWN_AFTER = 3;
  static constexpr unsigned WAITED_FOR = 6;    // until it is shown again to a user who waits
  static constexpr unsigned UNSEEN_LIMIT = 6;  // of a renderer that has no picture yet
  static constexpr unsigned LIMIT = 60;        // whatever the user says; below the 64 unanswered
                                               // calls for which its session ends

  struct Parts {
    Heartbeat::Ask ask;
    kj::Function<void(bool hung)> show;  // what the user sees changes
    kj::Function<void()> end;            // its session; may not destroy this object at once
  };

  HangWatch(kj::Timer& timer, Parts parts);

  bool hung() const { return m_hung; }
  void drawn() { m_isDrawn = true; }  // its first picture is on the screen
  void wait();                        // the user's wish

 private:
  void onBeat(unsigned missed);
  void show(bool hung);

  kj::Function<void(bool hung)> m_show;
  kj::Function<void()> m_end;
  bool m_hung = false;
  bool m_isShown = false;
  bool m_isDrawn = false;
  unsigned m_missed = 0;
  unsigned m_showAt = SHOWN_AFTER;
  Heartbeat m_heartbeat;
};

}  // namespace sallyport::daemon
