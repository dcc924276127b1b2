// Every method that takes a label, with the label of a window of somebody else.
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

const Registered A1({
    .id = "A1",
    .title = "the honest window named in every command that takes a label",
    .safe = "denied or not found, and nothing happens to it",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"who-sees-whom"},
    .inside =
        [](Inside& a) {
          for (const char* command : {"cmd_get_window",
                                      "cmd_focus_window",
                                      "cmd_close_window",
                                      "cmd_create_window",
                                      "cmd_set_title",
                                      "cmd_set_window_state"})
            for (const char* label :
                 {"honest", "HONEST", "../honest", "honest\\u0000", "hon*", "*"}) {
              const auto arguments = std::string("{\"label\":\"") + label + "\"}";
              const auto answer = a.invoke(command, arguments);
              a.fact(std::string("label ") + command + " " + label, answer.ok ? "ok" : answer.text);
            }
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "label ", {"denied", "not-found", "invalid-argument"});
        },
});

}  // namespace
}  // namespace sallyport::redteam
