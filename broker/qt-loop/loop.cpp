// See loop.h. The one rule: EventLoop::run() is never entered twice, so every way in goes through
// turn().
#include "broker/qt-loop/loop.h"

#include <kj/debug.h>

#include <QCoreApplication>
#include <QEvent>
#include <QTimerEvent>
#include <algorithm>

namespace sallyport::qt_loop {

namespace {

// After so many KJ events Qt gets its turn: a peer that keeps KJ busy must not freeze painting.
constexpr unsigned MAX_EVENTS_PER_TURN = 1000;
constexpr std::uint64_t MAX_TIMEOUT_MS = 1000ULL * 60 * 60;

}  // namespace

QtEventPort::QtTimer::QtTimer(QtEventPort& port)
    : m_port(port), m_inner(kj::systemPreciseMonotonicClock().now()) {}

kj::Promise<void> QtEventPort::QtTimer::atTime(kj::TimePoint time) {
  auto promise = m_inner.atTime(time);
  arm();
  return promise;
}

// Counts from the real time, not from the start of the turn: a slot may run long after the last
// turn.
kj::Promise<void> QtEventPort::QtTimer::afterDelay(kj::Duration delay) {
  return atTime(kj::systemPreciseMonotonicClock().now() + delay);
}

void QtEventPort::QtTimer::advance() { m_inner.advanceTo(kj::systemPreciseMonotonicClock().now()); }

void QtEventPort::QtTimer::arm() {
  auto timeout = m_inner.timeoutToNextEvent(
      kj::systemPreciseMonotonicClock().now(), kj::MILLISECONDS, MAX_TIMEOUT_MS);
  KJ_IF_MAYBE (milliseconds, timeout) {
    m_port.m_qtTimer.start(static_cast<int>(*milliseconds), Qt::PreciseTimer, &m_port);
  } else {
    m_port.m_qtTimer.stop();
  }
}

QtEventPort::QtEventPort() : m_timer(*this) {}

QtEventPort::~QtEventPort() noexcept = default;

void QtEventPort::turn() {
  if (m_turning || m_loop == nullptr) {
    return;
  }
  m_turning = true;
  KJ_DEFER(m_turning = false);
  m_timer.advance();
  if (m_loop->isRunnable()) {
    m_loop->run(MAX_EVENTS_PER_TURN);
  }
  // By index: a listener may bring or remove another one.
  for (std::size_t i = 0; i < m_listeners.size(); ++i) {
    m_listeners[i]->turnEnded();
  }
  m_timer.arm();
  if (m_loop->isRunnable()) {
    post();
  }
}

void QtEventPort::turn(kj::FunctionParam<void()> work) {
  const bool outer = m_turning;
  m_turning = true;
  KJ_ON_SCOPE_FAILURE(post());  // what it made runnable before must not wait for somebody else
  {
    KJ_DEFER(m_turning = outer);
    work();
  }
  turn();
}

void QtEventPort::listen(TurnListener& listener) { m_listeners.push_back(&listener); }

void QtEventPort::forget(TurnListener& listener) {
  m_listeners.erase(std::remove(m_listeners.begin(), m_listeners.end(), &listener),
                    m_listeners.end());
}

// KJ calls wait() and poll() from inside Promise::wait(), with its loop marked as running.
bool QtEventPort::wait() {
  processQt(true);
  return m_woken.exchange(false);
}

bool QtEventPort::poll() {
  processQt(false);
  return m_woken.exchange(false);
}

void QtEventPort::processQt(bool block) {
  const bool outer = m_turning;
  m_turning = true;
  KJ_DEFER(m_turning = outer);
  for (auto* listener : m_listeners) {
    listener->turnEnded();  // what was written so far must be out before we sleep
  }
  m_timer.arm();
  // A flush may have resolved what the caller waits for: then there is nothing to sleep for.
  const bool sleep = block && !m_loop->isRunnable();
  QCoreApplication::processEvents(sleep ? QEventLoop::WaitForMoreEvents : QEventLoop::AllEvents);
  m_timer.advance();
}

void QtEventPort::wake() const {
  m_woken = true;
  // The only call from another thread; postEvent() is safe there, and the event only interrupts the
  // sleep.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): kj::EventPort has wake() const
  QCoreApplication::postEvent(const_cast<QtEventPort*>(this), new QEvent(QEvent::User));
}

void QtEventPort::setRunnable(bool runnable) {
  if (runnable && !m_turning) {
    post();
  }
}

void QtEventPort::post() {
  if (!m_posted) {
    m_posted = true;
    QCoreApplication::postEvent(this, new QEvent(QEvent::User));
  }
}

bool QtEventPort::event(QEvent* event) {
  if (event->type() != QEvent::User) {
    return QObject::event(event);
  }
  m_posted = false;
  turn();
  return true;
}

void QtEventPort::timerEvent(QTimerEvent* event) {
  if (event->timerId() == m_qtTimer.timerId()) {
    m_qtTimer.stop();
    turn();
  }
}

QtLoop::QtLoop() : m_loop(m_port), m_waitScope(m_loop) { m_port.m_loop = &m_loop; }

QtLoop::~QtLoop() noexcept(false) { m_port.m_loop = nullptr; }

}  // namespace sallyport::qt_loop
