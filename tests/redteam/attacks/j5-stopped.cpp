// A renderer that is there and does nothing any more.
#include <signal.h>
#include <unistd.h>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered J5({
    .id = "J5",
    .title = "a renderer that stops itself (SIGSTOP) with calls under way",
    .safe = "nobody waits for it; it is ended",
    .atMost = std::chrono::milliseconds(3000),
    .inside =
        [](Inside& a) {
          a.attach();
          for (int i = 0; i < 100; ++i)
            a.send(*wire::invoke(a.question(), 0, "cmd_list_folders", "{}"));
          kill(getpid(), SIGSTOP);
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.healthy(seen);
          // The heartbeat is not there yet; what a stopped one can hold up is in shutdown-test.
          if (!seen.windows[0].ended)
            verdict.cannotTell("nobody was hurt, but it stays: there is no heartbeat yet");
        },
});

}  // namespace
}  // namespace sallyport::redteam
