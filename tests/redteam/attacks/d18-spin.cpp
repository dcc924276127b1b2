// Every core, with as many threads as there are allowed.
#include <atomic>
#include <thread>
#include <vector>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D18({
    .id = "D18",
    .title = "64 threads that never rest",
    .safe = "the honest window is served",
    .atMost = std::chrono::milliseconds(3000),
    .heldBy = "the kernel's scheduler, which gives each process its share",
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
    .judge = [](const Outside& seen, Verdict& verdict) { verdict.healthy(seen); },
});

}  // namespace
}  // namespace sallyport::redteam
