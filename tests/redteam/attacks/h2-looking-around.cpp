// Other processes, the kernel's objects and the machine, as /proc tells of them; files and names of
// the user.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/redteam/attack.h"
#include "tests/redteam/cage-facts.h"

namespace sallyport::redteam {
namespace {

const Registered H2({
    .id = "H2",
    .title = "other pids, mountinfo, keys, kallsyms, timers, environment, host name, users",
    .safe = "only its own processes; no path, no name, nothing of the kernel",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"covered-proc"},
    .inside =
        [](Inside& a) {
          tryActs(a, test::fileActs("/tmp"), {"read ", "create /", "write "});
          std::size_t processes = 0;
          std::error_code error;
          for (const auto& entry : std::filesystem::directory_iterator("/proc", error))
            if (std::strtol(entry.path().filename().c_str(), nullptr, 10) > 2) ++processes;
          a.fact("processes beside init and this", std::to_string(processes));
          char name[256] = {};
          gethostname(name, sizeof name - 1);
          a.fact("host", name);
          const auto mounts = test::readAll("/proc/self/mountinfo");
          for (const char* trace : {"/root/", "/tmp/sallyport", "/build/"})
            if (mounts.find(trace) != std::string::npos)
              a.fact(std::string("mountinfo ") + trace, "there");
          a.fact("mountinfo", "read");
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          for (const char* secret : {"read /etc/passwd",
                                     "read /etc/shadow",
                                     "read /etc/hostname",
                                     "read /proc/1/environ",
                                     "read /proc/1/maps",
                                     "read /proc/keys",
                                     "read /proc/kallsyms",
                                     "read /proc/timer_list",
                                     "read /proc/kmsg",
                                     "read /proc/kcore",
                                     "read /dev/tty",
                                     "read /root",
                                     "read /run/dbus",
                                     "read /bin/sh"})
            verdict.facts(seen, secret, {"ENOENT", "EACCES", "EPERM", "empty"});
          verdict.facts(seen, "create /", {"EROFS", "EACCES", "ENOENT", "EPERM"});
          verdict.facts(seen, "processes", {"0"});
          verdict.facts(seen, "host", {"redteam"});
          verdict.facts(seen, "mountinfo", {"read"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
