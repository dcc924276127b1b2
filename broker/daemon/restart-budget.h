// How long to wait before a crashed process is started again (design.md, section 9): 0, 0.5, 1, 2 …
// s, forgotten after a quiet minute. Pure but for the time that it is given. Runs in the broker.
#pragma once

#include <kj/time.h>

#include <algorithm>
#include <deque>

namespace sallyport::daemon {

class RestartBudget {
 public:
  static constexpr unsigned MAX_CRASHES = 5;  // within the window below: the user is asked
  static constexpr kj::Duration WINDOW = 60 * kj::SECONDS;
  static constexpr kj::Duration LONGEST = 16 * kj::SECONDS;

  // window: how long a crash is remembered.
  explicit RestartBudget(kj::Duration window = WINDOW) : m_window(window) {}

  // Counts a crash and says how long to wait.
  kj::Duration crashed(kj::TimePoint now) {
    while (!m_crashes.empty() && now - m_crashes.front() > m_window) m_crashes.pop_front();
    m_crashes.push_back(now);
    if (m_crashes.size() == 1) return 0 * kj::SECONDS;
    const std::size_t doublings = std::min<std::size_t>(m_crashes.size() - 2, 5);
    return std::min(500 * kj::MILLISECONDS * (1 << doublings), LONGEST);
  }

  bool usedUp() const { return m_crashes.size() >= MAX_CRASHES; }
  void forget() { m_crashes.clear(); }

 private:
  const kj::Duration m_window;
  std::deque<kj::TimePoint> m_crashes;
};

}  // namespace sallyport::daemon
