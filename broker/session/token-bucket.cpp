// Runs in the broker.
#include "broker/session/token-bucket.h"

#include <algorithm>

namespace sallyport::session {
namespace {
constexpr std::int64_t SECOND = 1'000'000'000;
}

TokenBucket::TokenBucket(std::uint64_t perSecond, kj::TimePoint now)
    : m_perSecond(perSecond),
      m_level(static_cast<std::int64_t>(perSecond) * SECOND),
      m_filledAt(now) {}

void TokenBucket::refill(kj::TimePoint now) {
  if (now <= m_filledAt) return;
  // Past a second it is full anyway; the clamp keeps the product in range after a long sleep.
  const std::int64_t elapsed = std::min<std::int64_t>((now - m_filledAt) / kj::NANOSECONDS, SECOND);
  const auto rate = static_cast<std::int64_t>(m_perSecond);
  m_level = std::min(m_level + elapsed * rate, rate * SECOND);
  m_filledAt = now;
}

kj::Duration TokenBucket::take(std::uint64_t cost, kj::TimePoint now) {
  refill(now);
  const auto rate = static_cast<std::int64_t>(m_perSecond);
  const std::int64_t want = static_cast<std::int64_t>(std::min(cost, m_perSecond)) * SECOND;
  if (m_level >= want) {
    m_level -= want;
    return 0 * kj::NANOSECONDS;
  }
  return ((want - m_level + rate - 1) / rate) * kj::NANOSECONDS;
}

void TokenBucket::giveBack(std::uint64_t cost) {
  const std::int64_t full = static_cast<std::int64_t>(m_perSecond) * SECOND;
  m_level = std::min(m_level + static_cast<std::int64_t>(cost) * SECOND, full);
}

void TokenBucket::spend(std::uint64_t cost, kj::TimePoint now) {
  refill(now);
  m_level -= static_cast<std::int64_t>(std::min(cost, m_perSecond)) * SECOND;
}

kj::Duration TokenBucket::debt(kj::TimePoint now) {
  refill(now);
  if (m_level >= 0) return 0 * kj::NANOSECONDS;
  const auto rate = static_cast<std::int64_t>(m_perSecond);
  return ((-m_level + rate - 1) / rate) * kj::NANOSECONDS;
}

bool TokenBucket::halfFull(kj::TimePoint now) {
  refill(now);
  return m_level >= static_cast<std::int64_t>(m_perSecond) * SECOND / 2;
}

}  // namespace sallyport::session
