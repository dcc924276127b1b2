#include "broker/spawn/forked-process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "broker/spawn/child-start.h"

namespace sallyport::spawn {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

OwnedDescriptor keepOnly(int control) {
  OwnedDescriptor moved(fcntl(control, F_DUPFD_CLOEXEC, LOWEST_OWN));
  if (!moved) fail("F_DUPFD_CLOEXEC");
  const auto at = static_cast<unsigned>(moved.get());
  if (syscall(SYS_close_range, 3U, at - 1, 0) != 0 ||
      syscall(SYS_close_range, at + 1, ~0U, 0) != 0) {
    fail("close_range");
  }
  // Taken, so that what is opened from here on gets a number above the children's.
  for (int fd = open("/dev/null", O_RDONLY | O_CLOEXEC); fd < LOWEST_OWN - 1; fd = dup(fd)) {
    if (fd < 0) fail("/dev/null");
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) fail("F_SETFD");
  }
  return moved;
}

OwnedDescriptor childSignals() {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  if (sigprocmask(SIG_SETMASK, &children, nullptr) != 0) fail("sigprocmask");
  OwnedDescriptor signals(signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) fail("signalfd");
  return signals;
}

void reapChildren(const OwnedDescriptor& signals,
                  const std::function<void(const siginfo_t&)>& ended) {
  signalfd_siginfo ignored;
  while (read(signals.get(), &ignored, sizeof ignored) > 0) {
  }
  for (;;) {
    siginfo_t info{};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return;
    ended(info);
  }
}

void becomeOwnProcess(const char* name) {
  // A terminal's interrupt is for the broker, which ends its children in order.
  if (setsid() < 0 && errno != EPERM) fail("setsid");
  if (prctl(PR_SET_NAME, name, 0, 0, 0) != 0) fail("PR_SET_NAME");
  if (prctl(PR_SET_PDEATHSIG, SIGCONT, 0, 0, 0) != 0) fail("PR_SET_PDEATHSIG");
}

}  // namespace sallyport::spawn
