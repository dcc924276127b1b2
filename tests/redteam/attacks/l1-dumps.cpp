// What a crash of a trusted process would leave behind, and who may read its memory meanwhile.
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered L1({
    .id = "L1",
    .title = "core dumps of broker, vault and prompt, by file and by pipe",
    .safe = "core limit 0, and not dumpable, which a pipe pattern does not ignore",
    .kind = Attack::Kind::PEACEFUL,
    .inside = [](Inside&) {},
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          for (const char* name : {"broker", "vault", "prompt"}) {
            const auto pid = std::to_string(seen.broker().pidOf(name));
            const auto limits = test::readAll("/proc/" + pid + "/limits");
            const auto at = limits.find("Max core file size");
            const auto line = limits.substr(at, limits.find('\n', at) - at);
            verdict.expect(at != std::string::npos && line.find(" 0 ") != std::string::npos,
                           std::string(name) + ": core limit 0");
          }
        },
});

}  // namespace
}  // namespace sallyport::redteam
