// Memory until there is no more: of the process, and of each file system that is memory.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

std::string most(const std::string& folder) {
  const auto path = folder + "/bomb";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return strerrorname_np(errno);
  std::string outcome = "unbounded";
  for (off_t mebibytes = 1; mebibytes <= 1024; mebibytes *= 2)
    if (fallocate(fd, 0, 0, mebibytes << 20) != 0) {
      outcome = strerrorname_np(errno);
      break;
    }
  close(fd);
  unlink(path.c_str());
  return outcome;
}

const Registered D15({
    .id = "D15",
    .title = "more memory than a page needs, of the heap and of each file system in memory",
    .safe = "each is bounded, and so is the window as a whole",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"inner-limits", "cage-stage-sees"},
    .inside =
        [](Inside& a) {
          for (const char* folder : {"/tmp", "/dev/shm", "/run/user", "/home/user"})
            a.fact(std::string("file system ") + folder, most(folder));
          rlimit limit{};
          getrlimit(RLIMIT_DATA, &limit);
          a.fact("heap of a process", limit.rlim_cur == RLIM_INFINITY ? "unbounded" : "bounded");
          limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
          a.fact("raised by itself", setrlimit(RLIMIT_DATA, &limit) == 0 ? "ok" : "EPERM");
          getrlimit(RLIMIT_NPROC, &limit);
          a.fact("processes", limit.rlim_cur <= 512 ? "bounded" : "unbounded");
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "file system ", {"ENOSPC"});
          verdict.facts(seen, "heap", {"bounded"});
          verdict.facts(seen, "raised", {"EPERM"});
          verdict.facts(seen, "processes", {"bounded"});
          // The sum over all its processes: tests/sandbox/window-bounds.cpp.
        },
});

}  // namespace
}  // namespace sallyport::redteam
