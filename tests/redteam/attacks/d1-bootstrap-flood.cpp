// The one message that needs nothing before it, over and over.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D1({
    .id = "D1",
    .title = "a flood of bootstraps",
    .safe = "the second one ends the session",
    .defences = {"one-bootstrap"},
    .inside =
        [](Inside& a) {
          for (std::uint32_t i = 0;; ++i) a.sendReading(wire::bootstrap(i)->bytes());
        },
    .judge = [](const Outside& seen,
                Verdict& verdict) { verdict.endsWith(seen, {"bootstrap-twice"}); },
});

}  // namespace
}  // namespace sallyport::redteam
