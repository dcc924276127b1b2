// What it was born with, from inside and from outside.
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered H6({
    .id = "H6",
    .title = "descriptors and variables that came along",
    .safe = "null, the log pipe twice, session and Wayland; five fixed variables",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"cage-stage-sees", "fixed-environment", "cage-verification"},
    .inside =
        [](Inside& a) {
          std::size_t variables = 0;
          for (char** entry = environ; *entry != nullptr; ++entry) ++variables;
          a.fact("variables", std::to_string(variables));
          std::size_t descriptors = 0;
          for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
            (void)entry;
            ++descriptors;
          }
          a.fact("descriptors and the one that lists them", std::to_string(descriptors));
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "variables", {"5"});
          verdict.facts(seen, "descriptors", {"6"});
          for (const pid_t pid : seen.renderers) {
            const auto held = test::descriptorsOf(pid);
            if (!held) {
              verdict.note("from outside only root may look");
              continue;
            }
            std::string kinds;
            for (const auto& [number, target] : *held)
              kinds += " " + target.substr(0, target.find(':'));
            verdict.expect(kinds == " /dev/null pipe pipe socket socket", "from outside:" + kinds);
          }
        },
});

}  // namespace
}  // namespace sallyport::redteam
