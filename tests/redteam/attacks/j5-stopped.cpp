// A renderer that is there and does nothing any more.
#include <signal.h>
#include <unistd.h>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered J5({
    .id = "J5",
    .title = "a renderer that stops itself (SIGSTOP) with calls under way",
    .safe = "nobody waits for it; it has drawn nothing, so after half a minute it is ended",
    .atMost = std::chrono::milliseconds(70'000),
    .defences = {"heartbeat"},
    .inside =
        [](Inside& a) {
          a.attach();
          for (int i = 0; i < 100; ++i)
            a.send(*wire::invoke(a.question(), 0, "cmd_list_folders", "{}"));
          kill(getpid(), SIGSTOP);
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.expect(seen.windows[0].killed == "control-unanswered",
                         "its process was ended: " + seen.windows[0].killed.value_or("no"));
        },
});

}  // namespace
}  // namespace sallyport::redteam
