// See the header.
#include "broker/daemon/spares.h"

#include <utility>

namespace sallyport::daemon {

void Spares::give(NextRenderer& to) {
  m_next = &to;
  m_pause = m_timer.afterDelay(PAUSE)
                .then([this] {
                  NextRenderer& next = *std::exchange(m_next, nullptr);
                  if (m_holder != nullptr && m_holder != &next) m_holder->drop();
                  m_holder = &next;
                  next.prepare();
                })
                .eagerlyEvaluate(nullptr);
}

void Spares::takeBack(NextRenderer& from) {
  if (m_holder == &from) m_holder = nullptr;
  if (m_next != &from) return;
  m_next = nullptr;
  m_pause = nullptr;
}

}  // namespace sallyport::daemon
