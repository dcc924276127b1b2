// When a renderer owes the answer to a call of ours for too long. The deadline is for one that
// answers: who is asked whether he is there (WindowConnection::ping) and says nothing hangs, and
// how long that may go on is decided by the user and by those who ask. Runs in the broker; the
// renderer is hostile, and may be silent when it likes: it answers nothing then, or is overdue.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

#include <cstdint>

namespace sallyport::session {

class Patience {
 public:
  // How often one that is silent is looked at again.
  static constexpr kj::Duration PERIOD = 1 * kj::SECONDS;

  explicit Patience(kj::Timer& timer) : m_timer(timer) {}
  KJ_DISALLOW_COPY(Patience);

  // Of a call that leaves now: fulfilled at its deadline; but while nothing that was asked after
  // the call has been answered, not before that is. Calls are answered in their order, so an honest
  // renderer that comes back answers this one first. Where nobody asks, the deadline is all.
  kj::Promise<void> overdue(kj::Duration deadline) {
    return m_timer.afterDelay(deadline).then([this, call = m_asked] { return untilHeard(call); });
  }

  std::uint64_t asks() { return ++m_asked; }
  void answers(std::uint64_t asked) {
    if (asked > m_answered) m_answered = asked;
  }

 private:
  kj::Promise<void> untilHeard(std::uint64_t call) {
    if (m_asked == call || m_answered > call) return kj::READY_NOW;
    return m_timer.afterDelay(PERIOD).then([this, call] { return untilHeard(call); });
  }

  kj::Timer& m_timer;
  std::uint64_t m_asked = 0, m_answered = 0;
};

}  // namespace sallyport::session
