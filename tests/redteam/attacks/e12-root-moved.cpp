// The folder of the grant itself, moved away, removed and replaced.
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

namespace fs = std::filesystem;

const Registered E12({
    .id = "E12",
    .title = "the grant's own folder renamed, removed and replaced by a link to elsewhere",
    .safe = "only what is beneath the opened folder is reached",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"scope", "grant-root"},
    .prepare =
        [](const Ground& ground) {
          std::ofstream(ground.folder / "secret.txt") << "secret";
          fs::create_directory(ground.open() / "inner");
          std::ofstream(ground.open() / "inner/own.txt") << "own";
        },
    .inside =
        [](Inside& a) {
          for (const char* arguments :
               {"{\"from\":\"$APPDATA/open\",\"to\":\"$APPDATA/open/inner/x\"}",
                "{\"from\":\"$APPDATA/open\",\"to\":\"$APPDATA/moved\"}",
                "{\"from\":\"$APPDATA/open/inner\",\"to\":\"$APPDATA/inner\"}",
                "{\"from\":\"$APPDATA/open/inner\",\"to\":\"$APPDATA/open/inner/inner\"}"}) {
            const auto answer = a.invoke("cmd_rename_file", arguments);
            a.fact(std::string("rename ") + arguments, answer.ok ? "ok" : answer.text);
          }
          const auto removed =
              a.invoke("cmd_remove_file", "{\"path\":\"$APPDATA/open\",\"recursive\":true}");
          a.fact("remove", removed.ok ? "ok" : removed.text);
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "rename ", {"denied", "not-found", "invalid-argument", "conflict"});
          verdict.facts(seen, "remove", {"denied", "not-found", "invalid-argument", "conflict"});
          verdict.expect(test::readAll(seen.ground().open() / "inner/own.txt") == "own",
                         "the folder is as it was");
        },
});

}  // namespace
}  // namespace sallyport::redteam
