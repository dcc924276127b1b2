// Links that lead out of the folder, planted there before the window came.
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

namespace fs = std::filesystem;

const Registered E2({
    .id = "E2",
    .title = "symbolic links to a file, a folder and the root within the folder that is allowed",
    .safe = "no link is followed",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"no-links"},
    .prepare =
        [](const Ground& ground) {
          // Where the broker itself may read, so that its own cage is not what stops it.
          fs::create_directory(ground.appData / "other");
          std::ofstream(ground.appData / "other/secret.txt") << "secret";
          fs::create_symlink(ground.appData / "other/secret.txt", ground.open() / "file");
          fs::create_symlink(ground.appData / "other", ground.open() / "folder");
          fs::create_symlink("/", ground.open() / "root");
          fs::create_symlink("../other/secret.txt", ground.open() / "up");
        },
    .inside =
        [](Inside& a) {
          for (const char* path : {"file", "folder/secret.txt", "root/etc/hostname", "up"})
            for (const char* command :
                 {"cmd_read_text_file", "cmd_read_file", "cmd_write_text_file"}) {
              const bool writes = std::string(command) == "cmd_write_text_file";
              const auto answer = a.invoke(command,
                                           std::string("{\"path\":\"$APPDATA/open/") + path + "\"" +
                                               (writes ? ",\"text\":\"x\"" : "") + "}");
              a.fact(std::string(writes ? "write " : "read ") + path,
                     answer.ok ? "ok" : answer.text);
            }
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "read ", {"denied", "not-found", "invalid-argument", "conflict"});
          // A write replaces a name, so it may replace the link itself, and never what it leads to.
          verdict.expect(test::readAll(seen.ground().appData / "other/secret.txt") == "secret",
                         "what the links lead to is as it was");
        },
});

}  // namespace
}  // namespace sallyport::redteam
