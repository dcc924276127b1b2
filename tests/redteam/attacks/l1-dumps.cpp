// What a crash of a trusted process would leave behind, and who may read its memory meanwhile.
#include <sys/resource.h>

#include <sstream>
#include <string>
#include <string_view>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

constexpr std::string_view WHAT = "Max core file size";

const Registered L1({
    .id = "L1",
    .title = "core dumps of broker, vault and prompt, by file and by pipe",
    .safe = "core limit 0, and not dumpable, which a pipe pattern does not ignore",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"no-dumps", "cage-verification"},
    // A shell's limit is often zero already; the hard one is what a process could go up to.
    .prepare =
        [](const Ground&) {
          rlimit limit{};
          getrlimit(RLIMIT_CORE, &limit);
          limit.rlim_cur = limit.rlim_max;
          setrlimit(RLIMIT_CORE, &limit);
        },
    .inside = [](Inside&) {},
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          for (const char* name : {"broker", "vault", "prompt"}) {
            const auto pid = std::to_string(seen.broker().pidOf(name));
            const auto limits = test::readAll("/proc/" + pid + "/limits");
            const auto at = limits.find(WHAT);
            std::istringstream line(at == std::string::npos ? "" : limits.substr(at + WHAT.size()));
            std::string soft, hard;
            line >> soft >> hard;
            verdict.expect(soft == "0" && hard == "0",
                           std::string(name) + ": core limit " + soft + ", at most " + hard);
          }
        },
});

}  // namespace
}  // namespace sallyport::redteam
