// Lines for the journal, by the method and on stderr.
#include <unistd.h>

#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D11({
    .id = "D11",
    .title = "a million log lines by the method, and as many on stderr",
    .safe = "a minute's budget is written, the rest is counted",
    .windows = 2,
    .atMost = std::chrono::milliseconds(5000),
    .defences = {"log-budget"},
    .inside =
        [](Inside& a) {
          a.attach();
          if (a.window() == 0) {
            for (;;) {
              const auto id = a.question();
              a.sendReading(
                  wire::call(id, 0, wire::LOG, [](capnp::rpc::Call::Builder call) {
                    call.getParams().getContent().initAs<proto::Session::LogParams>().setText(
                        "flood\nforged line");
                  })->bytes());
              a.sendReading(wire::finish(id)->bytes());
            }
          }
          const std::string line = "flood on stderr" + std::string(3000, '!') + "\n";
          for (int i = 0; i < 1'000'000; ++i)
            if (write(STDERR_FILENO, line.data(), line.size()) < 0) break;
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.endsOrIsHeldDown(seen, {"throttled-too-long", "too-many-questions"});
          const auto lines = seen.count("flood");
          verdict.expect(lines <= 120 + 2 * 241, std::to_string(lines) + " lines in the journal");
        },
});

}  // namespace
}  // namespace sallyport::redteam
