// Another file system than the one that was given.
#include "tests/redteam/attack.h"
#include "tests/redteam/cage-facts.h"

namespace sallyport::redteam {
namespace {

const Registered G4({
    .id = "G4",
    .title = "mount, umount, pivot_root, chroot, the new mount API, open_by_handle_at, mknod",
    .safe = "EPERM or ENOSYS",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"system-calls"},
    .inside =
        [](Inside& a) {
          tryActs(a,
                  test::kernelActs(),
                  {"mount",
                   "umount2",
                   "pivot_root",
                   "chroot",
                   "open_tree",
                   "fsopen",
                   "move_mount",
                   "open_by_handle_at",
                   "mknod"});
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "", {"EPERM", "ENOSYS"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
