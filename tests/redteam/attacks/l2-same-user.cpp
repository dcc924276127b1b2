// The memory of the trusted processes, read by another program of the same user.
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

// Errno of each, 0 when it succeeds. From a program of its own, without root's powers, that ends at
// once: what it traced is let go with it, and its end is told to whoever started it.
struct Tried {
  int memory = 0, trace = 0;
};
Tried tryToRead(pid_t pid) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child == 0) {
    Tried tried;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3]{};
    if (syscall(SYS_capset, &header, none) != 0) _exit(1);
    const int memory =
        open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
    tried.memory = memory < 0 ? errno : 0;
    tried.trace = ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0 ? 0 : errno;
    _exit(write(ends[1], &tried, sizeof tried) == sizeof tried ? 0 : 1);
  }
  close(ends[1]);
  Tried tried;
  const bool told = read(ends[0], &tried, sizeof tried) == sizeof tried;
  close(ends[0]);
  waitpid(child, nullptr, 0);
  if (!told) throw std::runtime_error("the other program said nothing");
  return tried;
}

std::string text(int error) { return error == 0 ? "done" : strerrorname_np(error); }

const Registered L2({
    .id = "L2",
    .title = "ptrace and /proc/PID/mem of broker, vault and prompt, as another program of the user",
    .safe = "denied",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"not-dumpable", "cage-verification"},
    .inside = [](Inside&) {},
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          for (const char* name : {"broker", "vault", "prompt"}) {
            const auto tried = tryToRead(seen.broker().pidOf(name));
            verdict.expect(tried.memory != 0,
                           std::string(name) + ": its memory opened: " + text(tried.memory));
            verdict.expect(tried.trace != 0, std::string(name) + " traced: " + text(tried.trace));
          }
        },
});

}  // namespace
}  // namespace sallyport::redteam
