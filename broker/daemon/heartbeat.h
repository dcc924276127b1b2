// Asks a process at a fixed pace whether it still answers, and counts how often in a row it did
// not. Runs in the broker. The loop of a process that is stopped or hangs does not answer; one that
// is busy on other threads does.
#pragma once

#include <kj/async.h>
#include <kj/function.h>
#include <kj/timer.h>

namespace sallyport::daemon {

class Heartbeat {
 public:
  static constexpr kj::Duration PACE = 5 * kj::SECONDS;      // from an answer to the next question
  static constexpr kj::Duration PATIENCE = 5 * kj::SECONDS;  // then it is a miss, and asked again

  // Who is gone neither beats nor misses: that is seen elsewhere. So with a promise that rejects.
  enum class Answer { YES, LATE, GONE };
  using Ask = kj::Function<kj::Promise<Answer>()>;
  // After each answer, with 0, and after each miss. May not destroy this object.
  using OnBeat = kj::Function<void(unsigned missed)>;

  // timer: must outlive this.
  Heartbeat(kj::Timer& timer, Ask ask, OnBeat onBeat);
  KJ_DISALLOW_COPY(Heartbeat);

 private:
  kj::Promise<void> pause();
  kj::Promise<void> beat();

  kj::Timer& m_timer;
  Ask m_ask;
  OnBeat m_onBeat;
  unsigned m_missed = 0;
  kj::Promise<void> m_beating;
};

}  // namespace sallyport::daemon
