// Calls on every object number that the broker might have given to somebody.
#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered A2({
    .id = "A2",
    .title = "calls on guessed object numbers, 1 to 65,535",
    .safe = "the session ends at the first one that was not given to it",
    .quick = true,
    .defences = {"known-targets"},
    .inside =
        [](Inside& a) {
          a.attach();
          for (std::uint32_t id = 1; id < 65536; ++id)
            a.sendReading(wire::invoke(a.question(), id, "cmd_list_folders", "{}")->bytes());
          a.untilHungUp(std::chrono::seconds(6), true);
        },
    .judge = [](const Outside& seen,
                Verdict& verdict) { verdict.endsWith(seen, {"unknown-target"}); },
});

}  // namespace
}  // namespace sallyport::redteam
