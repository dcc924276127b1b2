// Texts that are none: no NUL at the end, bytes that are no UTF-8, a NUL within.
#include <cstring>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered C8({
    .id = "C8",
    .title = "a text without its NUL; bad UTF-8 and a NUL in command and arguments",
    .safe = "malformed, or a typed refusal",
    .windows = 2,
    .defences = {"malformed"},
    .inside =
        [](Inside& a) {
          a.attach();
          if (a.window() == 1) {
            for (const std::string& text : {std::string("\xff\xfe"),
                                            std::string("cmd_list\0folders", 16),
                                            std::string("\xe0\x80\x80")}) {
              const auto size = std::to_string(text.size());
              a.fact("command " + size, a.invoke(text, "{}").text);
              a.fact("arguments " + size,
                     a.invoke("cmd_get_window", "{\"label\":\"" + text + "\"}").text);
            }
            a.pause(std::chrono::seconds(2));
            return;
          }
          auto bytes = wire::invoke(a.question(), 0, "cmd_list_folders", "{}")->bytes();
          for (auto& byte : bytes.slice(8, bytes.size()))
            if (std::memcmp(&byte, "cmd_list_folders", 16) == 0) {
              (&byte)[16] = 'x';
              break;
            }
          a.send(bytes);
          a.untilHungUp(std::chrono::seconds(6));
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.expect(seen.windows[0].ended == "malformed", "a text without NUL: malformed");
          verdict.facts(seen, "command", {"unknown-command"});
          verdict.facts(seen, "arguments", {"invalid-argument"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
