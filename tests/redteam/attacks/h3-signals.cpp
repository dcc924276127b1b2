// Signals to everything that can be named.
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered H3({
    .id = "H3",
    .title = "kill and stop of every number up to 65,535, of all groups, and of all at once",
    .safe = "only its own processes are hurt",
    .heldBy =
        "the kernel: a process namespace of its own; taken away, it would hit whoever tries it",
    .inside =
        [](Inside& a) {
          a.attach();
          std::size_t reached = 0;
          for (pid_t pid = 3; pid < 65536; ++pid) {
            if (pid == getpid()) continue;
            if (kill(pid, SIGSTOP) == 0) ++reached;
            if (pid != getpgrp() && kill(-pid, SIGSTOP) == 0) ++reached;
          }
          a.fact("others reached", std::to_string(reached));
          a.flush();
          a.pause(std::chrono::milliseconds(300));
          if (fork() == 0) kill(-1, SIGKILL);
          a.pause(std::chrono::seconds(5));
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "others reached", {"0"});
          verdict.expect(seen.windows[0].ended == "peer-closed",
                         "its own renderer is gone: " + seen.windows[0].ended.value_or("no"));
        },
});

}  // namespace
}  // namespace sallyport::redteam
