// What a watch tells of a folder: all that its scope reaches, each path once, and nothing else.
#include "broker/files/folder-watch.h"

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "broker/commands/modules/fs/fs-module.h"
#include "tests/broker/files/files-fixture.h"

namespace sallyport::files {
namespace {

namespace fs = commands::fs;
namespace disk = std::filesystem;
using test::FilesFixture;
using test::scopeOf;

struct WatchFixture : FilesFixture {
  commands::Result<std::unique_ptr<FolderWatch>> open(const std::string& path,
                                                      bool recursive = true) const {
    return FolderWatch::open({std::make_shared<const capabilities::Scope>(scope),
                              std::make_shared<const Places>(places)},
                             {path, recursive});
  }
  std::unique_ptr<FolderWatch> watch(const std::string& path = "$APPDATA", bool recursive = true) {
    auto opened = open(path, recursive);
    REQUIRE_MESSAGE(opened.has_value(), opened.error().message);
    return std::move(opened.value());
  }
};

// All that there is to collect, one word a change; the code of an error at the end.
std::string told(FolderWatch& watch) {
  std::string text;
  for (bool more = true; more;) {
    const auto collected = watch.collect();
    if (collected.has_error())
      return text + std::string(commands::codeName(collected.error().code));
    for (const auto& change : collected->changes) {
      constexpr const char* SIGNS[] = {"+", "~", "-", "overflown"};
      text += SIGNS[static_cast<int>(change.kind)] + change.path + " ";
    }
    more = collected->more;
  }
  return text;
}

TEST_CASE_FIXTURE(WatchFixture, "what is made, changed and removed is told, each path once") {
  write("data/there", "1");
  auto watched = watch();
  CHECK(told(*watched).empty());
  write("data/new", "1");
  write("data/there", "2");
  write("data/there", "3");
  CHECK(told(*watched) == "+new ~there ");
  disk::rename(home / "data/new", home / "data/other");
  disk::remove(home / "data/there");
  CHECK(told(*watched) == "-new +other -there ");
  write("data/brief", "");
  disk::remove(home / "data/brief");
  disk::remove(home / "data/other");
  write("data/other", "");
  CHECK(told(*watched) == "~other ");
}

TEST_CASE_FIXTURE(WatchFixture, "what the scope does not reach is not told, nor looked into") {
  scope = scopeOf({"$APPDATA", "$APPDATA/**"}, {"$APPDATA/kept/**", "$APPDATA/kept"});
  disk::create_directory(home / "data/kept");
  disk::create_directory(home / "data/.hidden");
  auto watched = watch();
  write("data/kept/a", "");
  write("data/.hidden/a", "");
  write("data/.dot", "");
  write("data/line\nbreak", "");
  write("data/\xff", "");
  disk::create_directory(home / "data/.later");
  write("data/.later/a", "");
  write("secret/key", "other");
  CHECK(told(*watched).empty());
  // By a new name it is in reach, and from then on what happens in it.
  disk::rename(home / "data/.hidden", home / "data/shown");
  CHECK(told(*watched) == "+shown +shown/a ");
  disk::rename(home / "data/shown", home / "data/kept/shown");
  write("data/kept/shown/b", "");
  CHECK(told(*watched) == "-shown ");
}

TEST_CASE_FIXTURE(WatchFixture, "a watch goes into folders only when it is asked to") {
  auto flat = watch("$APPDATA", false);
  auto deep = watch();
  write("data/notes/a", "");
  disk::create_directories(home / "data/one/two");
  write("data/one/two/b", "");
  CHECK(told(*flat) == "+one ");
  CHECK(told(*deep) == "+notes/a +one +one/two +one/two/b ");
  write("data/one/two/c", "");
  CHECK(told(*deep) == "+one/two/c ");
}

TEST_CASE_FIXTURE(WatchFixture, "a folder that was moved away is not looked into any longer") {
  disk::create_directories(home / "data/out/in");
  auto watched = watch();
  disk::rename(home / "data/out", home / "secret/out");
  write("secret/out/a", "");
  write("secret/out/in/a", "");
  CHECK(told(*watched) == "-out ");
  write("secret/out/in/b", "");
  CHECK(told(*watched).empty());
  // Nor is one that a link leads to.
  disk::create_directory_symlink(home / "secret", home / "data/link");
  write("secret/c", "");
  CHECK(told(*watched) == "+link ");
}

TEST_CASE_FIXTURE(WatchFixture, "a folder that goes, or is replaced, ends its watch") {
  auto watched = watch("$APPDATA/notes");
  SUBCASE("removed") { disk::remove(home / "data/notes"); }
  SUBCASE("moved") { disk::rename(home / "data/notes", home / "secret/notes"); }
  SUBCASE("replaced by a link") {
    disk::rename(home / "data/notes", home / "data/old");
    disk::create_directory_symlink(home / "secret", home / "data/notes");
    write("data/old/a", "");
  }
  SUBCASE("replaced by another") {
    disk::rename(home / "data/notes", home / "data/old");
    disk::create_directory(home / "data/notes");
    write("data/old/a", "");
  }
  CHECK(told(*watched) == "not-found");
}

TEST_CASE_FIXTURE(WatchFixture, "only a folder in reach is watched") {
  write("data/file", "");
  disk::create_directory_symlink(home / "secret", home / "data/link");
  const auto code = [&](const std::string& path) { return test::outcome(open(path)); };
  CHECK(code("$APPDATA/notes") == "ok");
  CHECK(code("$HOME/secret") == "denied");
  CHECK(code("/") == "denied");
  CHECK(code("/proc") == "denied");
  CHECK(code("$APPDATA/link") == "denied");
  CHECK(code("$APPDATA/none") == "not-found");
  CHECK(code("$APPDATA/file") == "conflict");
  CHECK(code("$APPDATA/../secret") == "invalid-argument");
  places.closed = {(home / "data/notes").string()};
  CHECK(code("$APPDATA/notes") == "denied");
}

TEST_CASE_FIXTURE(WatchFixture, "folders are watched up to a limit, at the start and later") {
  for (std::size_t i = 0; i + 2 < fs::MAX_WATCHED_FOLDERS; ++i)
    disk::create_directory(home / "data/notes" / std::to_string(i));
  auto watched = watch();  // the root, notes, and those in it
  CHECK(told(*watched).empty());
  disk::create_directory(home / "data/notes/more");
  CHECK(told(*watched) == "too-large");
  CHECK(test::outcome(open("$APPDATA")) == "too-large");
  CHECK(test::outcome(open("$APPDATA", false)) == "ok");
}

TEST_CASE_FIXTURE(WatchFixture,
                  "paths beyond the bound are told as too much, and the watch goes on") {
  const std::string folder(200, 'f');
  const std::string padding(46, 'p');  // with the rest of a path: 256 bytes
  const auto fill = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i)
      write("secret/tree/" + folder + "/" + padding + std::to_string(1000 + i), "");
  };
  disk::create_directories(home / "secret/tree" / folder);
  fill(0, FolderWatch::MAX_TOLD_BYTES / 256 - 1);  // and the two folders: less than one
  auto watched = watch();
  disk::rename(home / "secret/tree", home / "data/tree");
  CHECK(told(*watched).find("overflown") == std::string::npos);
  disk::rename(home / "data/tree", home / "secret/tree");
  CHECK(told(*watched) == "-tree ");
  fill(FolderWatch::MAX_TOLD_BYTES / 256 - 1, FolderWatch::MAX_TOLD_BYTES / 256);
  disk::rename(home / "secret/tree", home / "data/tree");
  write("data/later", "");  // is part of what the page reads again
  CHECK(told(*watched) == "overflown ");
  write("data/tree/" + folder + "/new", "");
  CHECK(told(*watched) == "+tree/" + folder + "/new ");
}

TEST_CASE_FIXTURE(WatchFixture, "the entries that one call goes through are bounded") {
  const auto fill = [&](const std::string& folder, std::size_t count) {
    disk::create_directories(home / folder);
    for (std::size_t i = 0; i < count; ++i) write(folder + "/" + std::to_string(i), "");
  };
  fill("secret/one", fs::MAX_TREE_ENTRIES / 2);
  auto watched = watch();
  const auto moveIn = [&](const std::string& name) {
    disk::rename(home / "secret" / name, home / "data" / name);
  };
  const auto moveOut = [&](const std::string& name) {
    disk::rename(home / "data" / name, home / "secret" / name);
  };
  // Once is told file by file; what comes twice in one read would be gone through twice.
  moveIn("one");
  CHECK(told(*watched).find("overflown") == std::string::npos);
  for (int i = 0; i < 3; ++i) {
    moveOut("one");
    moveIn("one");
  }
  CHECK(told(*watched) == "overflown ");
  write("data/one/new", "");
  CHECK(told(*watched) == "+one/new ");
  // The limit is one of the whole tree, at the start and when all is gone through again.
  CHECK(test::outcome(open("$APPDATA")) == "ok");
  fill("data/notes", fs::MAX_TREE_ENTRIES / 2);
  CHECK(test::outcome(open("$APPDATA")) == "too-large");
  CHECK(test::outcome(open("$APPDATA", false)) == "ok");
  CHECK(told(*watched).find("+notes/0 ") != std::string::npos);
  for (int i = 0; i < 3; ++i) {
    moveOut("one");
    moveIn("one");
  }
  CHECK(told(*watched) == "too-large");
}

TEST_CASE_FIXTURE(WatchFixture, "too much at once is told as such, and the watch goes on") {
  std::size_t most = 16'384;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  if (most > 100'000) return;  // would take long
  auto watched = watch();
  for (std::size_t i = 0; i < most; ++i) {
    write("data/notes/" + std::to_string(i % 2), "");
    if (i % 4 == 0) disk::remove(home / "data/notes" / std::to_string(i % 2));
  }
  disk::create_directory(home / "data/unseen");
  const auto all = told(*watched);
  CHECK(all.find("overflown ") != std::string::npos);
  write("data/unseen/a", "");
  CHECK(told(*watched) == "+unseen/a ");
}

}  // namespace
}  // namespace sallyport::files
