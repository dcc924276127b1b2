// What was said once is said again: the whole session so far, and the attach alone.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered A4({
    .id = "A4",
    .title = "the own session replayed; a second attach",
    .safe = "the session ends",
    .windows = 2,
    .defences = {"one-bootstrap", "one-attach"},
    .inside =
        [](Inside& a) {
          a.attach();
          if (a.window() == 0) {
            a.sendReading(wire::bootstrap(0)->bytes());
            a.sendReading(wire::attach(1, wire::VIA_BOOTSTRAP, 0)->bytes());
          } else {
            a.sendReading(wire::attach(a.question(), 0, 1)->bytes());
          }
          a.untilHungUp(std::chrono::seconds(6));
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.endsWith(seen, {"bootstrap-twice", "attached-twice"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
