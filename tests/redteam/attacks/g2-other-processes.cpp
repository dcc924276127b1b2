// The memory and the descriptors of other processes.
#include "tests/redteam/cage-facts.h"

namespace sallyport::redteam {
namespace {

const Registered G2(refusedCalls("G2",
                                 "ptrace, process_vm, pidfd_open, pidfd_getfd, kcmp",
                                 {"ptrace", "process_vm", "pidfd", "kcmp"}));

}  // namespace
}  // namespace sallyport::redteam
