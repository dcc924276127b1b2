// Messages and bytes that one renderer may still send now. Pure arithmetic over times handed in.
// Runs in the broker.
#pragma once

#include <kj/time.h>

#include <cstdint>

namespace sallyport::session {

// Holds at most one second's worth and refills continuously.
class TokenBucket {
 public:
  TokenBucket(std::uint64_t perSecond, kj::TimePoint now);

  // Takes cost, or says how long until it can be taken. A cost over one second's worth is never
  // granted at once: the caller bounds its costs by perSecond.
  kj::Duration take(std::uint64_t cost, kj::TimePoint now);
  void giveBack(std::uint64_t cost);
  // Takes the cost even if that is a debt, and says how long a debt takes to be paid.
  void spend(std::uint64_t cost, kj::TimePoint now);
  kj::Duration debt(kj::TimePoint now);
  bool halfFull(kj::TimePoint now);

 private:
  void refill(kj::TimePoint now);

  std::uint64_t m_perSecond;
  // In token-nanoseconds, so that no time is lost to rounding: one token is a second of refill /
  // perSecond.
  std::int64_t m_level;
  kj::TimePoint m_filledAt;
};

}  // namespace sallyport::session
