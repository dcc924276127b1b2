// How often a window may go from one origin class to another: each time costs a process. Runs in
// the broker.
#pragma once

#include <kj/time.h>

#include <cstddef>
#include <deque>

namespace sallyport::daemon {

class MovesBudget {
 public:
  static constexpr std::size_t MOVES = 10;
  static constexpr kj::Duration WITHIN = 60 * kj::SECONDS;

  bool take(kj::TimePoint now) {
    while (!m_taken.empty() && now - m_taken.front() >= WITHIN) m_taken.pop_front();
    if (m_taken.size() >= MOVES) return false;
    m_taken.push_back(now);
    return true;
  }

 private:
  std::deque<kj::TimePoint> m_taken;
};

}  // namespace sallyport::daemon
