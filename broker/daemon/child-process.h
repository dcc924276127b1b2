// One process that the spawner started for the broker: watched through its pidfd, its output copied
// to the journal line by line within a budget, ended when this object goes. Runs in the broker.
#pragma once

#include <kj/async-unix.h>

#include <memory>
#include <string>

#include "broker/daemon/journal.h"
#include "broker/spawn/spawner-link.h"

namespace sallyport::daemon {

class ChildProcess {
 public:
  ChildProcess(kj::UnixEventPort& port,
               kj::Timer& timer,
               Journal& journal,
               std::string name,
               spawn::Spawned spawned);
  ~ChildProcess() noexcept(false);
  KJ_DISALLOW_COPY(ChildProcess);

  pid_t pid() const { return m_pid; }
  bool running() const { return m_running; }

  // Fulfilled when the process has ended. Any number of callers.
  kj::Promise<void> exited() { return m_exited.addBranch(); }

  // SIGKILL through the pidfd, so never to a stranger that got the number.
  void kill();

  // Waits so long for it to end by itself, then kills it and waits for that.
  kj::Promise<void> end(kj::Duration patience);

 private:
  kj::Promise<void> watchExit();
  kj::Promise<void> copyLog();
  enum class Log { EMPTY, MORE, ENDED };
  Log readLog();
  void writeLines();

  kj::Timer& m_timer;
  Journal& m_journal;
  const std::string m_name;
  const pid_t m_pid;
  kj::AutoCloseFd m_pidfd;
  kj::AutoCloseFd m_log;
  kj::UnixEventPort::FdObserver m_exitObserver;
  kj::UnixEventPort::FdObserver m_logObserver;
  std::string m_line;
  kj::TimePoint m_budgetStart;
  std::size_t m_budgetLines = 0;
  std::size_t m_droppedLines = 0;
  bool m_running = true;
  kj::ForkedPromise<void> m_exited;
  kj::Promise<void> m_copying;
};

}  // namespace sallyport::daemon
