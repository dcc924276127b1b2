// How many console lines may go to the broker: a burst, then a slow refill, and the count of what
// was left out. Saves the session's message budget from a page that logs in a loop; the broker
// enforces its own limit.
#pragma once

#include <chrono>
#include <cstdint>

namespace sallyport::renderer {

class LogBudget {
 public:
  using Clock = std::chrono::steady_clock;

  explicit LogBudget(std::uint32_t linesPerMinute) : m_linesPerMinute(linesPerMinute) {}

  // Whether one more line may be sent now. omitted is how many were refused since the last sent
  // one.
  struct Verdict {
    bool send;
    std::uint64_t omitted;
  };
  Verdict take(Clock::time_point now) {
    if (!m_started || now - m_minute >= std::chrono::minutes(1)) {
      m_started = true;
      m_minute = now;
      m_sent = 0;
    }
    if (m_sent >= m_linesPerMinute) {
      ++m_omitted;
      return {false, m_omitted};
    }
    ++m_sent;
    const auto omitted = m_omitted;
    m_omitted = 0;
    return {true, omitted};
  }

 private:
  const std::uint32_t m_linesPerMinute;
  bool m_started = false;
  Clock::time_point m_minute;
  std::uint32_t m_sent = 0;
  std::uint64_t m_omitted = 0;
};

}  // namespace sallyport::renderer
