// Each call on the answer of the one before, and calls that never return.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D4({
    .id = "D4",
    .title = "a chain of 100,000 pipelined calls; a thousand calls that hang",
    .safe = "ended at once, or at the bound of open questions",
    .windows = 2,
    .defences = {"promised-answers"},
    .inside =
        [](Inside& a) {
          a.attach();
          if (a.window() == 0) {
            for (std::uint32_t i = 2; i < 100'000; ++i)
              a.sendReading(wire::pipelined(i, i - 1, wire::INVOKE)->bytes());
          } else {
            const auto arguments = "{\"path\":\"$APPDATA/open\"}";
            for (std::uint32_t channel = 1; channel < 1000; ++channel) {
              a.sendReading(
                  wire::open(a.question(), 0, channel, "cmd_watch_folder", arguments)->bytes());
              a.sendReading(wire::next(a.question(), 0, channel)->bytes());
            }
          }
          a.untilHungUp(std::chrono::seconds(6), true);
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          const auto& chain = seen.windows[0].ended;
          verdict.expect(chain == "unknown-target" || chain == "unknown-question",
                         "the chain ended: " + chain.value_or("no"));
          verdict.endsOrIsHeldDown(
              seen, {"unknown-target", "unknown-question", "too-many-questions", "bad-channel"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
