// A socket of each address family, raw ones, and what serves or connects.
#include <algorithm>

#include "tests/redteam/attack.h"
#include "tests/sandbox/forbidden-acts.h"

namespace sallyport::redteam {
namespace {

const Registered F1({
    .id = "F1",
    .title = "a socket of every address family, raw, by high bits; connect, bind, listen, accept",
    .safe = "none is made but a local pair, and nothing is seen of a network from outside",
    .kind = Attack::Kind::PEACEFUL,
    .quick = true,
    .defences = {"system-calls"},
    .inside =
        [](Inside& a) {
          for (const auto& act : test::socketActs()) a.fact(act.name, act.attempt());
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "socket ", {"EPERM", "EAFNOSUPPORT"});
          verdict.facts(seen, "connect", {"EPERM"});
          verdict.facts(seen, "bind", {"EPERM"});
          verdict.facts(seen, "listen", {"EPERM"});
          verdict.facts(seen, "accept4", {"EPERM"});
          for (const pid_t pid : seen.renderers) {
            const auto devices = test::readAll("/proc/" + std::to_string(pid) + "/net/dev");
            const auto lines = std::count(devices.begin(), devices.end(), '\n');
            verdict.expect(
                lines <= 3,
                "from outside: " + std::to_string(lines - 2) + " network device, the loopback");
          }
        },
});

}  // namespace
}  // namespace sallyport::redteam
