// Parts of the kernel that no page needs.
#include "tests/redteam/cage-facts.h"

namespace sallyport::redteam {
namespace {

const Registered G3(
    refusedCalls("G3",
                 "keys, bpf, perf, userfaultfd, io_uring, kexec, modules, syslog, an unknown call",
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
                  "unknown call"}));

}  // namespace
}  // namespace sallyport::redteam
