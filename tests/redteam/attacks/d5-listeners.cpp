// Listening to more than there is, and again and again.
#include <string>
#include <vector>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D5({
    .id = "D5",
    .title = "a wish of 100,000 names; the longest wish over and over",
    .safe = "over 64 ends the session; the rest is held down",
    .windows = 2,
    .inside =
        [](Inside& a) {
          a.attach();
          std::vector<std::string> names(a.window() == 0 ? 100'000 : 64, "evt_window_focused");
          const auto bytes = wire::listen(a.question(), 0, names)->bytes();
          if (a.window() == 0) a.sendReading(bytes);
          for (;;) {
            const auto id = a.question();
            a.sendReading(wire::listen(id, 0, names)->bytes());
            a.sendReading(wire::finish(id)->bytes());
          }
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.expect(seen.windows[0].ended.has_value(),
                         "the first ended: " + seen.windows[0].ended.value_or("no"));
          verdict.endsOrIsHeldDown(
              seen, {"batch-size", "message-too-large", "malformed", "throttled-too-long"});
          verdict.healthy(seen);
        },
});

}  // namespace
}  // namespace sallyport::redteam
