// Parts of the kernel that no page needs.
#include "tests/redteam/attack.h"
#include "tests/redteam/cage-facts.h"

namespace sallyport::redteam {
namespace {

const Registered G3({
    .id = "G3",
    .title = "keys, bpf, perf, userfaultfd, io_uring, kexec, modules, syslog, an unknown call",
    .safe = "EPERM or ENOSYS",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"system-calls"},
    .inside =
        [](Inside& a) {
          tryActs(a,
                  test::kernelActs(),
                  {"add_key",
                   "keyctl",
                   "request_key",
                   "bpf",
                   "perf",
                   "userfaultfd",
                   "io_uring",
                   "kexec",
                   "init_module",
                   "syslog",
                   "unknown call"});
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "", {"EPERM", "ENOSYS"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
