// One renderer ahead for all windows of an app, so that a crash, and a page of another origin, cost
// the user no start of a process: at the window that was drawn or looked at last. Runs in the
// broker.
#pragma once

#include <kj/timer.h>

#include "broker/daemon/next-renderer.h"

namespace sallyport::daemon {

class Spares {
 public:
  // After a window's first picture or the user's turn to it: what is being started goes first, and
  // who changes windows all the time starts nothing.
  static constexpr kj::Duration PAUSE = 3 * kj::SECONDS;

  explicit Spares(kj::Timer& timer) : m_timer(timer) {}
  KJ_DISALLOW_COPY(Spares);

  // It gets the spare, and who had it loses his. Must be taken back before it is destroyed.
  void give(NextRenderer& to);
  void takeBack(NextRenderer& from);

 private:
  kj::Timer& m_timer;
  NextRenderer* m_holder = nullptr;
  NextRenderer* m_next = nullptr;
  kj::Promise<void> m_pause = nullptr;
};

}  // namespace sallyport::daemon
