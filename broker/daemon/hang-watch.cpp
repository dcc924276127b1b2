#include "broker/daemon/hang-watch.h"

namespace sallyport::daemon {

HangWatch::HangWatch(kj::Timer& timer, Parts parts)
    : m_show(kj::mv(parts.show)),
      m_end(kj::mv(parts.end)),
      m_heartbeat(timer, kj::mv(parts.ask), [this](unsigned missed) { onBeat(missed); }) {}

void HangWatch::onBeat(unsigned missed) {
  m_missed = missed;
  m_hung = missed >= SHOWN_AFTER;
  if (missed == 0) m_showAt = SHOWN_AFTER;
  show(missed >= m_showAt);
  if (missed < (m_isDrawn ? LIMIT : UNSEEN_LIMIT)) return;
  m_end();
}

void HangWatch::wait() {
  if (!m_isShown) return;
  m_isShown = false;  // the frame has taken it away already
  m_showAt = m_missed + WAITED_FOR;
}

void HangWatch::show(bool hung) {
  if (hung == m_isShown) return;
  m_isShown = hung;
  m_show(hung);
}

}  // namespace sallyport::daemon
