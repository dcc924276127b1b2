// A real process that does nothing, as the spawner gives one: with a pidfd and a log pipe.
#pragma once

#include <fcntl.h>
#include <kj/debug.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "broker/spawn/spawner-link.h"

namespace sallyport::daemon {

class Sleeper {
 public:
  Sleeper() {
    int ends[2];
    KJ_SYSCALL(pipe2(ends, O_CLOEXEC));
    m_log = kj::AutoCloseFd(ends[1]);
    m_ours = kj::AutoCloseFd(ends[0]);
    KJ_SYSCALL(fcntl(m_ours, F_SETFL, O_NONBLOCK));
    m_pid = vfork();
    if (m_pid == 0) {
      execl("/bin/sleep", "sleep", "600", nullptr);
      _exit(127);
    }
    KJ_REQUIRE(m_pid > 0, "no process");
    int fd = -1;
    KJ_SYSCALL(fd = static_cast<int>(syscall(SYS_pidfd_open, m_pid, 0)));
    m_pidfd = kj::AutoCloseFd(fd);
  }
  ~Sleeper() {
    if (m_pid <= 0) return;
    kill(m_pid, SIGKILL);
    waitpid(m_pid, nullptr, 0);
  }
  Sleeper(Sleeper&& other)
      : m_pid(std::exchange(other.m_pid, -1)),
        m_pidfd(kj::mv(other.m_pidfd)),
        m_ours(kj::mv(other.m_ours)),
        m_log(kj::mv(other.m_log)) {}
  Sleeper& operator=(Sleeper&&) = delete;

  // Once.
  spawn::Spawned spawned() { return {m_pid, kj::mv(m_pidfd), kj::mv(m_ours)}; }

  pid_t pid() const { return m_pid; }
  int log() const { return m_log.get(); }  // what it would write to
  void say(std::string_view text) const {
    KJ_REQUIRE(::write(m_log, text.data(), text.size()) == ssize_t(text.size()));
  }
  void closeLog() { m_log = kj::AutoCloseFd(); }
  void end(int signal = SIGKILL) const { kill(m_pid, signal); }

  // Whether it has ended by now, and of which signal.
  int endedBy() const {
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(m_pid), &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid == 0 ? 0 : info.si_status;
  }
  // Waits for its end.
  int waitForEnd() const {
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(m_pid), &info, WEXITED | WNOWAIT);
    return info.si_status;
  }

 private:
  pid_t m_pid = -1;
  kj::AutoCloseFd m_pidfd;
  kj::AutoCloseFd m_ours;
  kj::AutoCloseFd m_log;
};

}  // namespace sallyport::daemon
