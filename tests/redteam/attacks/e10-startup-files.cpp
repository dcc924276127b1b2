// Files that run something later, or that say what the app may do.
#include <filesystem>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

namespace fs = std::filesystem;

const Registered E10({
    .id = "E10",
    .title = "writing .bashrc, autostart, the policy, the own profile and the vault",
    .safe = "not in the grant: denied, none is there",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"scope"},
    .inside =
        [](Inside& a) {
          for (const char* path : {"$HOME/.bashrc",
                                   "$CONFIG/autostart/evil.desktop",
                                   "/etc/sallyport/policy.d/evil.json",
                                   "$APPDATA/../vault/header",
                                   "$APPDATA/../windows.json",
                                   "$RESOURCE/capabilities/evil.json",
                                   "$APPCONFIG/evil",
                                   "$APPCACHE/evil",
                                   "$APPDATA/evil",
                                   "$APPDATA/open/.hidden",
                                   "$TEMP/evil"})
            for (const char* command : {"cmd_write_text_file", "cmd_make_folder"}) {
              const bool writes = std::string(command) == "cmd_write_text_file";
              const auto answer =
                  a.invoke(command,
                           std::string("{\"path\":\"") + path + "\"" +
                               (writes ? ",\"text\":\"x\"" : ",\"parents\":true") + "}");
              a.fact(std::string(command) + " " + path, answer.ok ? "ok" : answer.text);
            }
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "cmd_", {"denied", "not-found", "invalid-argument"});
          verdict.expect(!std::filesystem::exists(seen.ground().appData / "evil") &&
                             !std::filesystem::exists(seen.ground().open() / ".hidden"),
                         "none of the files is there");
        },
});

}  // namespace
}  // namespace sallyport::redteam
