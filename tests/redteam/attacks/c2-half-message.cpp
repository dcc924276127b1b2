// A header that claims all there may be, and then one byte.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered C2({
    .id = "C2",
    .title = "a header that claims 1 MiB, and one byte; two of 0.99 MiB and a pause",
    .safe = "ended after 5 s, and only what came is kept",
    .windows = 2,
    .atMost = std::chrono::milliseconds(12000),
    .defences = {"half-message"},
    .inside =
        [](Inside& a) {
          const std::uint32_t head[2] = {0, 1024 * 1024 / 8};
          a.send(head, sizeof head);
          a.send("x", 1);
          a.untilHungUp(std::chrono::seconds(12));
        },
    .judge = [](const Outside& seen,
                Verdict& verdict) { verdict.endsWith(seen, {"half-message"}); },
});

}  // namespace
}  // namespace sallyport::redteam
