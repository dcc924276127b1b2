// KJ's event loop inside Qt's, on one thread: what Qt sees (sockets, timers, slots) feeds KJ
// promises without a second thread or an extra wake-up. Used by the renderer and by both roles of
// the display; trusts nothing.
#pragma once

#include <kj/async.h>
#include <kj/function.h>
#include <kj/timer.h>

#include <QBasicTimer>
#include <QObject>
#include <atomic>
#include <vector>

namespace sallyport::qt_loop {

// Told after every run of the KJ loop: the place to write once what a whole turn collected.
class TurnListener {
 public:
  virtual void turnEnded() = 0;

 protected:
  ~TurnListener() = default;
};

// The port that KJ asks for events and tells when it has work. Belongs to the thread that made it.
class QtEventPort final : public QObject, public kj::EventPort {
 public:
  QtEventPort();
  ~QtEventPort() noexcept override;

  // Runs what is runnable now instead of at the next posted event, then tells the listeners. Does
  // nothing inside itself or inside Promise::wait(), so it may be called from any slot. A nested Qt
  // event loop (QDialog::exec) inside a KJ callback therefore stops KJ until it returns: use
  // QDialog::open.
  void turn();
  // The same after the work, which is part of the turn: what it makes runnable needs no posted
  // event.
  void turn(kj::FunctionParam<void()> work);

  // Listeners are told in the order they came; forget() before destroying one.
  void listen(TurnListener& listener);
  void forget(TurnListener& listener);

  kj::Timer& timer() { return m_timer; }

  // kj::EventPort
  bool wait() override;
  bool poll() override;
  void wake() const override;
  void setRunnable(bool runnable) override;

 private:
  friend class QtLoop;

  // TimerImpl knows when the next event is due; this one also tells Qt.
  class QtTimer final : public kj::Timer {
   public:
    explicit QtTimer(QtEventPort& port);
    kj::TimePoint now() const override { return m_inner.now(); }
    kj::Promise<void> atTime(kj::TimePoint time) override;
    kj::Promise<void> afterDelay(kj::Duration delay) override;
    void advance();
    void arm();

   private:
    QtEventPort& m_port;
    kj::TimerImpl m_inner;
  };

  bool event(QEvent* event) override;
  void timerEvent(QTimerEvent* event) override;
  void post();
  void processQt(bool block);

  kj::EventLoop* m_loop = nullptr;
  QtTimer m_timer;
  QBasicTimer m_qtTimer;
  std::vector<TurnListener*> m_listeners;
  bool m_turning = false;  // inside EventLoop::run() or Promise::wait()
  bool m_posted = false;
  mutable std::atomic<bool> m_woken{false};
};

// Port, loop and wait scope of one thread, in the only order that works. Make it after the
// Q(Core)Application and destroy it before; everything that holds promises dies before it.
class QtLoop final {
 public:
  QtLoop();
  ~QtLoop() noexcept(false);
  KJ_DISALLOW_COPY(QtLoop);

  QtEventPort& port() { return m_port; }
  kj::Timer& timer() { return m_port.timer(); }
  kj::WaitScope& waitScope() { return m_waitScope; }
  void turn() { m_port.turn(); }
  void turn(kj::FunctionParam<void()> work) { m_port.turn(kj::mv(work)); }

 private:
  QtEventPort m_port;
  kj::EventLoop m_loop;
  kj::WaitScope m_waitScope;
};

}  // namespace sallyport::qt_loop
