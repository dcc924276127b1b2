#include "broker/daemon/spawner-process.h"

#include <kj/debug.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace sallyport::daemon {
namespace {

std::vector<pid_t> ownChildren() {
  const auto self = std::to_string(getpid());
  std::ifstream in("/proc/self/task/" + self + "/children");
  std::vector<pid_t> children;
  for (pid_t pid = 0; in >> pid;) children.push_back(pid);
  return children;
}

}  // namespace

SpawnerProcess::SpawnerProcess(const spawn::SpawnerConfig& config, pid_t spared)
    : m_spared(spared) {
  KJ_SYSCALL(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
  int ends[2];
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
  KJ_SYSCALL(m_pid = fork());
  if (m_pid == 0) {
    close(ends[0]);
    _exit(spawn::runSpawner(ends[1], config));
  }
  close(ends[1]);
  m_control = kj::AutoCloseFd(ends[0]);
  m_pidfd = kj::AutoCloseFd(static_cast<int>(syscall(SYS_pidfd_open, m_pid, 0)));
  KJ_REQUIRE(m_pidfd.get() >= 0, "pidfd_open");
}

SpawnerProcess::~SpawnerProcess() {
  m_control = nullptr;
  // One that is stopped would not see it.
  syscall(SYS_pidfd_send_signal, m_pidfd.get(), SIGCONT, nullptr, 0);
  int status = 0;
  while (waitpid(m_pid, &status, 0) < 0 && errno == EINTR) {
  }
  // One that ended in order has left openers and nothing else, and those are the user's.
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) endOrphans();
}

// Each may leave more when it ends, so until there are none.
void SpawnerProcess::endOrphans() const {
  for (bool found = true; found;) {
    found = false;
    for (const pid_t pid : ownChildren()) {
      if (pid == m_spared) continue;
      kill(pid, SIGKILL);
      found = waitpid(pid, nullptr, 0) == pid || found;
    }
  }
}

kj::Promise<void> SpawnerProcess::ended(kj::UnixEventPort& port) {
  auto observer = kj::heap<kj::UnixEventPort::FdObserver>(
      port, m_pidfd, kj::UnixEventPort::FdObserver::OBSERVE_READ);
  auto& readable = *observer;
  return readable.whenBecomesReadable().attach(kj::mv(observer));
}

}  // namespace sallyport::daemon
