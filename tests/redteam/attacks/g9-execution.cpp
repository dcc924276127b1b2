// Programs of its own, of memory, and of the system.
#include "tests/redteam/attack.h"
#include "tests/redteam/cage-facts.h"

namespace sallyport::redteam {
namespace {

const Registered G9({
    .id = "G9",
    .title = "a copy of itself, a memory file, execveat, su, mount, bwrap, sh",
    .safe = "none is started",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"system-calls"},
    .inside =
        [](Inside& a) {
          tryActs(a, test::programActs("/tmp"), {"execute", "execveat"});
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(
              seen, "exec", {"EACCES", "ENOENT", "ENOSYS", "EPERM", "no memory file: ENOSYS"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
