// A message's table claims more segments than there may be: the reader's first allocation.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered C1({
    .id = "C1",
    .title = "a segment count of 0xFFFFFFFF, 512 or 511",
    .safe = "the session ends before anything is allocated",
    .windows = 3,
    .quick = true,
    .defences = {"segment-count"},
    .inside =
        [](Inside& a) {
          constexpr std::uint32_t COUNTS[] = {0xffffffff, 512 - 1, 511 - 1};
          std::vector<std::uint32_t> table(1024, 0x1000);
          table[0] = COUNTS[a.window()];
          a.send(table.data(), table.size() * sizeof(table[0]));
          a.untilHungUp(std::chrono::seconds(6));
        },
    .judge = [](const Outside& seen,
                Verdict& verdict) { verdict.endsWith(seen, {"too-many-segments"}); },
});

}  // namespace
}  // namespace sallyport::redteam
