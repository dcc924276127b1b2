// Keeps a busy page's calls a little below the rate at which the broker's guard throttles, and for
// long enough ends, a session: 10,000 calls at once are slow then, not fatal. Pure arithmetic over
// times handed in.
#pragma once

#include <algorithm>
#include <chrono>

namespace sallyport::renderer {

class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  struct Rates {
    double messagesPerSecond;
    double bytesPerSecond;
  };

  explicit Pace(Rates rates)
      : m_rates(rates), m_messages(rates.messagesPerSecond), m_bytes(rates.bytesPerSecond) {}

  // Takes the cost and returns zero, or takes nothing and says how long to wait. A burst is one
  // second's worth; a larger cost is let through when the bucket is full.
  Clock::duration take(double messages, double bytes, Clock::time_point now) {
    refill(now);
    messages = std::min(messages, m_rates.messagesPerSecond);
    bytes = std::min(bytes, m_rates.bytesPerSecond);
    const double wait = std::max((messages - m_messages) / m_rates.messagesPerSecond,
                                 (bytes - m_bytes) / m_rates.bytesPerSecond);
    if (wait > 0) {
      return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(wait));
    }
    m_messages -= messages;
    m_bytes -= bytes;
    return Clock::duration::zero();
  }

 private:
  void refill(Clock::time_point now) {
    if (m_filledAt != Clock::time_point{}) {
      const double seconds = std::chrono::duration<double>(now - m_filledAt).count();
      m_messages =
          std::min(m_rates.messagesPerSecond, m_messages + seconds * m_rates.messagesPerSecond);
      m_bytes = std::min(m_rates.bytesPerSecond, m_bytes + seconds * m_rates.bytesPerSecond);
    }
    m_filledAt = now;
  }

  const Rates m_rates;
  double m_messages;
  double m_bytes;
  Clock::time_point m_filledAt{};
};

}  // namespace sallyport::renderer
