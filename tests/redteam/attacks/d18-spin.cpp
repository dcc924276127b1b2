// Every core, with as many threads as there are allowed.
#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D18({
    .id = "D18",
    .title = "64 threads that never rest",
    .safe = "the honest window is served",
    .quiet = std::chrono::milliseconds(3000),
    .atMost = std::chrono::milliseconds(6000),
    .heldBy =
        "the kernel's scheduler, which gives each process its share, and each control group where "
        "the service manager makes one for the window",
    .inside =
        [](Inside& a) {
          std::vector<std::thread> threads;
          for (int i = 0; i < 64; ++i)
            threads.emplace_back([] {
              std::atomic<unsigned> x{0};
              for (;;) ++x;
            });
          a.pause(std::chrono::seconds(20));
          for (auto& thread : threads) thread.join();
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          // As broker/spawn/window-scope names it.
          const auto own = std::any_of(seen.renderers.begin(), seen.renderers.end(), [](pid_t pid) {
            return test::readAll("/proc/" + std::to_string(pid) + "/cgroup")
                       .find("/app-sallyport-redteam-hostile-0-") != std::string::npos;
          });
          verdict.note(own ? "the window has a control group of its own, with its weight"
                           : "there is no service manager, so the window has no control group of "
                             "its own: each of its threads weighs as much as the broker's");
        },
});

}  // namespace
}  // namespace sallyport::redteam
