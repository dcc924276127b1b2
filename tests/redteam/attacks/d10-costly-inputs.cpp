// Inputs that are small to send and long to read: JSON, patterns in paths, names.
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

const Registered D10({
    .id = "D10",
    .title = "worst cases for the readers of JSON, paths and labels, half a megabyte each",
    .safe = "each is refused in time, and the honest window does not wait",
    .atMost = std::chrono::milliseconds(6000),
    .defences = {"json-depth"},
    .inside =
        [](Inside& a) {
          a.attach();
          const std::string texts[] = {
              "{\"a\":" + repeated("[", 250'000),
              "{\"a\":" + repeated("[", 120'000) + repeated("]", 120'000) + "}",
              "{" + repeated("\"k\":1,", 80'000) + "\"k\":1}",
              "{\"label\":\"" + repeated("\\u0041", 80'000) + "\"}",
              "{\"label\":" + repeated("9", 500'000) + "}",
              "{\"label\":1e" + repeated("9", 400'000) + "}",
              "{\"path\":\"$APPDATA/open" + repeated("/a", 200'000) + "\"}",
              "{\"path\":\"" + repeated("../", 160'000) + "\"}",
          };
          for (int round = 0; round < 40; ++round)
            for (const auto& text : texts)
              for (const char* command : {"cmd_get_window", "cmd_read_text_file"}) {
                const auto answer = a.invoke(command, text);
                a.fact("answer " + std::to_string(&text - texts) + " " + command,
                       answer.ok ? "ok" : answer.text);
              }
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "answer ", {"invalid-argument", "too-large", "denied", "not-found"});
          verdict.endsOrIsHeldDown(seen, {"throttled-too-long"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
