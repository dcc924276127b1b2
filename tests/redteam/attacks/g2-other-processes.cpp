// The memory and the descriptors of other processes.
#include "tests/redteam/attack.h"
#include "tests/redteam/cage-facts.h"

namespace sallyport::redteam {
namespace {

const Registered G2({
    .id = "G2",
    .title = "ptrace, process_vm, pidfd_open, pidfd_getfd, kcmp",
    .safe = "EPERM or ENOSYS",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"system-calls"},
    .inside =
        [](Inside& a) {
          tryActs(a, test::kernelActs(), {"ptrace", "process_vm", "pidfd", "kcmp"});
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "", {"EPERM", "ENOSYS"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
