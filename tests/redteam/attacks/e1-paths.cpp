// Spellings of paths that lead out of the scope, or are read in two ways.
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

namespace fs = std::filesystem;

const Registered E1({
    .id = "E1",
    .title = ".., absolute paths, doubled and trailing slashes, 5000 bytes, newline, NUL, other "
             "variables",
    .safe = "refused; nothing outside is read or made",
    .kind = Attack::Kind::PEACEFUL,
    .quick = true,
    .defences = {"scope", "plain-paths", "no-links"},
    .prepare =
        [](const Ground& ground) {
          std::ofstream(ground.appData / "secret.txt") << "secret";
          std::ofstream(ground.open() / "own.txt") << "own";
        },
    .inside =
        [](Inside& a) {
          const auto call = [&](const char* command, const std::string& path, const char* more) {
            const auto answer = a.invoke(command, "{\"path\":\"" + path + "\"" + more + "}");
            a.fact(std::string(command) + " " + path.substr(0, 60), answer.ok ? "ok" : answer.text);
          };
          for (const std::string path : {"$APPDATA/open/../secret.txt",
                                         "$APPDATA/secret.txt",
                                         "$APPDATA/open/./own.txt",
                                         "$APPDATA/open//own.txt",
                                         "$APPDATA//open/own.txt",
                                         "$APPDATA/open/own.txt/",
                                         "$APPDATA/open/own.txt/../../secret.txt",
                                         "$APPDATA/open/own.txt\\n",
                                         "$APPDATA/open/own.txt\\u0000.png",
                                         "$APPDATA/open/..\\u002fsecret.txt",
                                         "$APPDATA/open/%2e%2e/secret.txt",
                                         "$APPCONFIG/x",
                                         "$HOME/.bashrc",
                                         "$RUNTIME/x",
                                         "/etc/passwd",
                                         "etc/passwd",
                                         "~/.bashrc",
                                         "",
                                         "$"}) {
            call("cmd_read_text_file", path, "");
            call("cmd_write_text_file", path, ",\"text\":\"x\"");
            call("cmd_remove_file", path, "");
          }
          call("cmd_read_text_file", "$APPDATA/open/" + std::string(5000, 'a'), "");
          const auto own = a.invoke("cmd_read_text_file", "{\"path\":\"$APPDATA/open/own.txt\"}");
          a.fact("own file", own.ok ? "ok" : own.text);
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "cmd_", {"invalid-argument", "denied", "not-found"});
          verdict.facts(seen, "own file", {"ok"});
          verdict.expect(test::readAll(seen.ground().appData / "secret.txt") == "secret" &&
                             test::readAll(seen.ground().open() / "own.txt") == "own",
                         "the files are as they were");
        },
});

}  // namespace
}  // namespace sallyport::redteam
