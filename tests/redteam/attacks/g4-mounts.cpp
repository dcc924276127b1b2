// Another file system than the one that was given.
#include "tests/redteam/cage-facts.h"

namespace sallyport::redteam {
namespace {

const Registered G4(
    refusedCalls("G4",
                 "mount, umount, pivot_root, chroot, the new mount API, open_by_handle_at, mknod",
                 {"mount",
                  "umount2",
                  "pivot_root",
                  "chroot",
                  "open_tree",
                  "fsopen",
                  "move_mount",
                  "open_by_handle_at",
                  "mknod"}));

}  // namespace
}  // namespace sallyport::redteam
