// Listening to more than there is, and again and again.
#include <string>
#include <vector>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D5({
    .id = "D5",
    .title = "a wish of 65 names, and of 100,000; the longest wish over and over",
    .safe = "over 64 ends the session; the rest is held down",
    .windows = 3,
    .defences = {"listening"},
    .inside =
        [](Inside& a) {
          a.attach();
          constexpr std::size_t NAMES[] = {65, 100'000, 64};
          const std::vector<std::string> names(NAMES[a.window()], "evt_window_focused");
          if (a.window() != 2) {
            a.sendReading(wire::listen(a.question(), 0, names)->bytes());
            a.untilHungUp(std::chrono::seconds(6), true);
          }
          for (;;) {
            const auto id = a.question();
            a.sendReading(wire::listen(id, 0, names)->bytes());
            a.sendReading(wire::finish(id)->bytes());
          }
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          for (const int more : {0, 1})
            verdict.expect(seen.windows[more].ended.has_value(), "more than 64 end the session");
          verdict.endsOrIsHeldDown(
              seen, {"batch-size", "message-too-large", "malformed", "throttled-too-long"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
