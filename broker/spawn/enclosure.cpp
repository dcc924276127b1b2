// System calls only, in a process with one thread. See the header.
#include "broker/spawn/enclosure.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace sallyport::spawn {
namespace {

bool writeOnce(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const auto size = static_cast<ssize_t>(std::strlen(text));
  const bool written = write(fd, text, static_cast<std::size_t>(size)) == size;
  close(fd);
  return written;
}

// A user namespace comes with it, because making a process namespace needs a right. In it, the user
// is who he was.
bool makeNamespaces() {
  const unsigned user = getuid(), group = getgid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) return false;
  // What is not dumpable is root's under /proc, its own maps too. bubblewrap is dumpable anyway.
  if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) return false;
  // When the machine's memory is used up, a page goes first. Raising it needs no right, but some
  // hosts' profiles forbid the file; no boundary rests on it.
  (void)writeOnce("/proc/self/oom_score_adj", "1000");
  char line[64];
  std::snprintf(line, sizeof line, "%u %u 1", user, user);
  if (!writeOnce("/proc/self/uid_map", line)) return false;
  if (!writeOnce("/proc/self/setgroups", "deny")) return false;  // else a user may not map a group
  std::snprintf(line, sizeof line, "%u %u 1", group, group);
  return writeOnce("/proc/self/gid_map", line);
}

// bubblewrap looks up processes in /proc by the numbers that they have in here. In the /proc of the
// namespace around it another process may have that number, or none, and then it gives up.
bool showOwnProcesses() {
  if (unshare(CLONE_NEWNS) != 0) return false;
  // Nothing of this goes back to the host.
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0) return true;
  const int why = errno;
  constexpr const char* MEANING =
      "the kernel permits no new /proc: part of this one is covered or read-only, as containers "
      "do it\n";
  [[maybe_unused]] const auto said = write(STDERR_FILENO, MEANING, std::strlen(MEANING));
  errno = why;
  return false;
}

[[noreturn]] void stayUntilItEnds(pid_t first, int lifeline) {
  // The descriptors, and the launcher's pipe that tells of a failed exec, are the other's alone.
  const auto kept = static_cast<unsigned>(lifeline);
  if (kept > 0) syscall(SYS_close_range, 0U, kept - 1, 0);
  syscall(SYS_close_range, kept + 1, ~0U, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_NAME, "sallyport-stay", 0, 0, 0);
  int status = 0;
  while (waitpid(first, &status, 0) != first) {
  }
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  kill(getpid(), WTERMSIG(status));
  _exit(128 + WTERMSIG(status));  // a signal that is not deadly to us
}

}  // namespace

bool encloseInProcessNamespace() {
  const pid_t spawner = getppid();
  if (!makeNamespaces()) return false;
  // Once more: a change of credentials may have reset it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
  if (getppid() != spawner) _exit(127);
  int lifeline[2];
  if (pipe2(lifeline, O_CLOEXEC) != 0) return false;
  const pid_t first = fork();
  if (first < 0) return false;
  if (first > 0) stayUntilItEnds(first, lifeline[1]);
  close(lifeline[1]);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
  // Its parent's number is 0 from in here, whether or not it lives; its end of the pipe tells.
  pollfd wait{lifeline[0], 0, 0};
  if (poll(&wait, 1, 0) != 0) _exit(127);
  close(lifeline[0]);
  return showOwnProcesses();
}

}  // namespace sallyport::spawn
