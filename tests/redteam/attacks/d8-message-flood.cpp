// Ten windows that call as fast as they can.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D8({
    .id = "D8",
    .title = "a flood of calls and finishes by ten windows at once",
    .safe = "throttled; the honest window keeps its pace",
    .windows = 10,
    .quiet = std::chrono::milliseconds(5000),
    .atMost = std::chrono::milliseconds(7000),
    .defences = {"rate"},
    .inside =
        [](Inside& a) {
          a.attach();
          kj::Vector<kj::byte> round;
          for (;;) {
            round.clear();
            for (int i = 0; i < 64; ++i) {
              const auto id = a.question();
              round.addAll(wire::invoke(id, 0, "cmd_list_folders", "{}")->bytes());
              round.addAll(wire::finish(id)->bytes());
            }
            a.sendReading(round.asPtr());
          }
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.endsOrIsHeldDown(seen, {"throttled-too-long", "too-many-questions"});
          const auto& health = seen.health;
          verdict.note(health.attacked.p99 <= 3 * health.quiet.p99
                           ? "the goal of at most 3 times the quiet p99 is met"
                           : "the goal of at most 3 times the quiet p99 is missed in this run");
        },
});

}  // namespace
}  // namespace sallyport::redteam
