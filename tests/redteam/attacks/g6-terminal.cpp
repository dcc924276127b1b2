// Typing into the terminal that the broker was started from.
#include "tests/redteam/attack.h"
#include "tests/redteam/cage-facts.h"

namespace sallyport::redteam {
namespace {

const Registered G6({
    .id = "G6",
    .title = "TIOCSTI and TIOCLINUX, also by high bits",
    .safe = "EPERM, and there is no terminal",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"system-calls"},
    .inside = [](Inside& a) { tryActs(a, test::kernelActs(), {"TIOC"}); },
    .judge = [](const Outside& seen, Verdict& verdict) { verdict.facts(seen, "TIOC", {"EPERM"}); },
});

}  // namespace
}  // namespace sallyport::redteam
