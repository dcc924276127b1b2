// The memory of the trusted processes, read by another program of the same user.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered L2({
    .id = "L2",
    .title = "ptrace and /proc/PID/mem of broker, vault and prompt, as another program of the user",
    .safe = "denied",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"not-dumpable", "cage-verification"},
    .inside = [](Inside&) {},
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          if (geteuid() == 0)
            return verdict.cannotTell("root may read every process; run it as a user");
          for (const char* name : {"broker", "vault", "prompt"}) {
            const pid_t pid = seen.broker().pidOf(name);
            const int memory =
                open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
            verdict.expect(memory < 0, std::string(name) + ": its memory cannot be opened");
            if (memory >= 0) close(memory);
            const bool traced = ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0;
            verdict.expect(!traced, std::string(name) + ": it cannot be traced");
            if (traced) ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
          }
        },
});

}  // namespace
}  // namespace sallyport::redteam
