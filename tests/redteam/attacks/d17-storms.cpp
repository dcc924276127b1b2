// Windows and dialogs without end, where a user would drown in them.
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered D17({
    .id = "D17",
    .title = "its windows opened and closed in a loop, file dialogs and links without a click",
    .safe = "no more windows than the app has; no dialog and no program without the user",
    .atMost = std::chrono::milliseconds(6000),
    .defences = {"user-gesture"},
    .inside =
        [](Inside& a) {
          a.attach();
          for (int round = 0; round < 300; ++round) {
            for (const char* child : {"child-0", "child-1"}) {
              const auto label = std::string("{\"label\":\"") + child + "\"}";
              a.invoke("cmd_create_window", label);
              a.invoke("cmd_close_window", label);
            }
            for (const char* command : {"cmd_pick_files", "cmd_pick_save_file"}) {
              const auto answer = a.invoke(command, "{}");
              a.fact(std::string("dialog ") + command, answer.ok ? "ok" : answer.text);
            }
            if (round == 0) a.flush();
          }
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "dialog ", {"denied", "rate-limited", "conflict"});
          std::size_t choosers = 0;
          for (const pid_t pid : test::descendantsOf(seen.broker().spawner()))
            for (const auto& argument : test::argumentsOf(pid))
              choosers += argument == "chooser" ? 1 : 0;
          verdict.expect(choosers == 0, std::to_string(choosers) + " dialogs are open");
        },
});

}  // namespace
}  // namespace sallyport::redteam
