// A message that comes a byte at a time.
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D7({
    .id = "D7",
    .title = "a message at one byte a tenth of a second",
    .safe = "ended 5 s after its first byte",
    .atMost = std::chrono::milliseconds(12000),
    .defences = {"half-message"},
    .inside =
        [](Inside& a) {
          const auto bytes =
              wire::invoke(2, 0, "cmd_list_folders", std::string(4000, ' '))->bytes();
          for (const auto& byte : bytes) {
            a.send(&byte, 1);
            a.pause(std::chrono::milliseconds(100));
          }
        },
    .judge = [](const Outside& seen,
                Verdict& verdict) { verdict.endsWith(seen, {"half-message"}); },
});

}  // namespace
}  // namespace sallyport::redteam
