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
    double callsPerSecond;
  };
  struct Cost {
    double messages;
    double bytes;
    double calls;
  };

  explicit Pace(Rates rates)
      : m_rates(rates),
        m_messages(rates.messagesPerSecond),
        m_bytes(rates.bytesPerSecond),
        m_calls(rates.callsPerSecond) {}

  // Takes the cost and returns zero, or takes nothing and says how long to wait. A burst is one
  // second's worth; a larger cost is let through when the bucket is full.
  Clock::duration take(Cost cost, Clock::time_point now) {
    refill(now);
    const double messages = std::min(cost.messages, m_rates.messagesPerSecond);
    const double bytes = std::min(cost.bytes, m_rates.bytesPerSecond);
    const double calls = std::min(cost.calls, m_rates.callsPerSecond);
    const double wait = std::max({(messages - m_messages) / m_rates.messagesPerSecond,
                                  (bytes - m_bytes) / m_rates.bytesPerSecond,
                                  (calls - m_calls) / m_rates.callsPerSecond});
    if (wait > 0) {
      return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(wait));
    }
    m_messages -= messages;
    m_bytes -= bytes;
    m_calls -= calls;
    return Clock::duration::zero();
  }

  // A message that cannot wait: an answer to the broker.
  void owe(double messages, Clock::time_point now) {
    refill(now);
    m_messages -= messages;
  }

 private:
  void refill(Clock::time_point now) {
    if (m_filledAt != Clock::time_point{}) {
      const double seconds = std::chrono::duration<double>(now - m_filledAt).count();
      m_messages =
          std::min(m_rates.messagesPerSecond, m_messages + seconds * m_rates.messagesPerSecond);
      m_bytes = std::min(m_rates.bytesPerSecond, m_bytes + seconds * m_rates.bytesPerSecond);
      m_calls = std::min(m_rates.callsPerSecond, m_calls + seconds * m_rates.callsPerSecond);
    }
    m_filledAt = now;
  }

  const Rates m_rates;
  double m_messages;
  double m_bytes;
  double m_calls;
  Clock::time_point m_filledAt{};
};

}  // namespace sallyport::renderer
