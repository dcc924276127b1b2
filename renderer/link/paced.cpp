// See paced.h.
#include "renderer/link/paced.h"

#include <chrono>

namespace sallyport::renderer {

kj::Promise<void> paced(Pace& pace, kj::Timer& timer, Pace::Cost cost) {
  const auto wait = pace.take(cost, Pace::Clock::now());
  if (wait == Pace::Clock::duration::zero()) {
    return kj::READY_NOW;
  }
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(wait).count();
  return timer.afterDelay(milliseconds * kj::MILLISECONDS).then([&pace, &timer, cost] {
    return paced(pace, timer, cost);
  });
}

}  // namespace sallyport::renderer
