// Namespaces of its own: where most kernel exploits of the last years began.
#include "tests/redteam/attack.h"
#include "tests/redteam/cage-facts.h"

namespace sallyport::redteam {
namespace {

const Registered G1({
    .id = "G1",
    .title = "unshare, clone with each namespace flag and by high bits, clone3, setns",
    .safe = "EPERM or ENOSYS",
    .kind = Attack::Kind::PEACEFUL,
    .quick = true,
    .defences = {"system-calls"},
    .inside =
        [](Inside& a) {
          tryActs(a,
                  test::kernelActs(),
                  {"unshare",
                   "clone user",
                   "clone mnt",
                   "clone pid",
                   "clone net",
                   "clone ipc",
                   "clone uts",
                   "clone cgroup",
                   "clone3",
                   "setns"});
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "", {"EPERM", "ENOSYS"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
