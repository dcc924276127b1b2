// The socket closed at the worst moments: one way only, in the middle of a message, with answers
// under way.
#include <sys/socket.h>
#include <unistd.h>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered H5({
    .id = "H5",
    .title = "shutdown of either way in the middle of messages, close with answers under way",
    .safe = "the session ends, no signal and no error reaches the broker's others",
    .windows = 4,
    .defences = {"end-of-stream", "half-message"},
    .inside =
        [](Inside& a) {
          a.attach();
          for (int i = 0; i < 50; ++i)
            a.send(*wire::invoke(a.question(), 0, "cmd_list_folders", "{}"));
          const auto half = wire::invoke(a.question(), 0, "cmd_list_folders", "{}")->bytes();
          a.send(half.slice(0, half.size() / 2));
          if (a.window() == 0) shutdown(Inside::SESSION, SHUT_RD);
          if (a.window() == 1) shutdown(Inside::SESSION, SHUT_WR);
          if (a.window() == 2) close(Inside::SESSION);
          if (a.window() == 3) _exit(0);
          a.pause(std::chrono::seconds(9));
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.endsWith(seen, {"peer-closed", "half-message", "revoked"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
