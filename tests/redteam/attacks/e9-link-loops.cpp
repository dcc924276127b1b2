// Loops of links under a recursive listing, copy and removal.
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/redteam/attack.h"

namespace sallyport::redteam {
namespace {

namespace fs = std::filesystem;

const Registered E9({
    .id = "E9",
    .title = "a loop of links and a deep tree, listed, watched and removed",
    .safe = "bounded, and nothing outside is touched",
    .kind = Attack::Kind::PEACEFUL,
    .defences = {"no-links"},
    .prepare =
        [](const Ground& ground) {
          std::ofstream(ground.folder / "kept.txt") << "kept";
          const auto tree = ground.open() / "tree";
          fs::create_directory(tree);
          fs::create_directory_symlink("..", tree / "loop");
          fs::create_directory_symlink(ground.folder, tree / "outside");
          fs::path deep = tree;
          for (int i = 0; i < 100; ++i) fs::create_directory(deep /= "d");
        },
    .inside =
        [](Inside& a) {
          const auto listed =
              a.invoke("cmd_read_folder", "{\"path\":\"$APPDATA/open/tree/loop/tree/loop\"}");
          a.fact("through the loop", listed.ok ? "ok" : listed.text);
          const auto removed =
              a.invoke("cmd_remove_file", "{\"path\":\"$APPDATA/open/tree\",\"recursive\":true}");
          a.fact("removed", removed.ok ? "ok" : removed.text);
          a.fact("done", "yes");
        },
    .judge =
        [](const Outside& seen, Verdict& verdict) {
          verdict.facts(seen, "through the loop", {"denied", "not-found", "invalid-argument"});
          verdict.facts(seen, "done", {"yes"});
          verdict.expect(test::readAll(seen.ground().folder / "kept.txt") == "kept",
                         "what the links lead to is as it was");
        },
});

}  // namespace
}  // namespace sallyport::redteam
