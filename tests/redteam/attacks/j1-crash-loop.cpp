// A renderer that ends as soon as it begins, again and again.
#include <signal.h>
#include <unistd.h>

#include <set>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

std::set<pid_t> caged(const Outside& seen) {
  std::set<pid_t> found;
  for (const pid_t pid : test::descendantsOf(seen.broker().spawner()))
    if (test::commandName(pid) == "sallyport-rende") found.insert(pid);
  return found;
}

const Registered J1({
    .id = "J1",
    .title = "a renderer that ends with an error whenever it is started",
    .safe = "back-off, and after five times a crash page and nothing more",
    .atMost = std::chrono::milliseconds(1000),
    .defences = {"crash-cap"},
    .inside = [](Inside&) { _exit(1); },
    .meanwhile =
        [](Outside& seen) {
          // Each new one waits for its sign, like the first.
          test::eventually(
              [&] {
                for (const pid_t pid : caged(seen)) kill(pid, SIGUSR1);
                return seen.saw("window hostile-0 shows: This window crashed several times");
              },
              std::chrono::milliseconds(15'000));
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          const auto ends = seen.count("window hostile-0: its renderer ended");
          verdict.expect(ends == 5, "started " + std::to_string(ends) + " times");
          verdict.expect(seen.saw("window hostile-0 shows: This window crashed several times"),
                         "the window shows a crash page");
        },
});

}  // namespace
}  // namespace sallyport::redteam
