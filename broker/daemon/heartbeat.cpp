#include "broker/daemon/heartbeat.h"

#include <kj/debug.h>

namespace sallyport::daemon {

Heartbeat::Heartbeat(kj::Timer& timer, Ask ask, OnBeat onBeat)
    : m_timer(timer),
      m_ask(kj::mv(ask)),
      m_onBeat(kj::mv(onBeat)),
      m_beating(pause().eagerlyEvaluate(nullptr)) {}

kj::Promise<void> Heartbeat::pause() {
  return m_timer.afterDelay(PACE).then([this] { return beat(); });
}

kj::Promise<void> Heartbeat::beat() {
  return m_ask()
      .catch_([](kj::Exception&&) { return Answer::GONE; })
      .exclusiveJoin(m_timer.afterDelay(PATIENCE).then([] { return Answer::LATE; }))
      .then([this](Answer answer) {
        if (answer != Answer::GONE) {
          m_missed = answer == Answer::YES ? 0 : m_missed + 1;
          m_onBeat(m_missed);
        }
        return answer == Answer::LATE ? beat() : pause();
      });
}

}  // namespace sallyport::daemon
