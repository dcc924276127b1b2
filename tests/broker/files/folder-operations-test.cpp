// Listing, making, removing and moving within a scope.
#include "broker/files/folder-operations.h"

#include <algorithm>

#include "tests/broker/files/files-fixture.h"

namespace sallyport::files {
namespace {

using test::FilesFixture;
using test::outcome;
using test::scopeOf;

TEST_CASE_FIXTURE(FilesFixture,
                  "a listing holds what the scope reaches, by name, and nothing else") {
  write("data/b.txt", "");
  write("data/.hidden", "");
  write("data/\xff", "");
  write("data/line\nbreak", "");
  std::filesystem::create_symlink("b.txt", home / "data/a-link");
  const auto folder = readFolder(reach, {"$APPDATA"});
  REQUIRE(folder.has_value());
  CHECK(folder->complete);
  REQUIRE(folder->entries.size() == 3);
  CHECK(folder->entries[0].name == "a-link");
  CHECK(folder->entries[0].kind == fs::FileKind::LINK);
  CHECK(folder->entries[1].name == "b.txt");
  CHECK(folder->entries[2].name == "notes");
  CHECK(folder->entries[2].kind == fs::FileKind::FOLDER);
  CHECK(outcome(readFolder(reach, {"$HOME/secret"})) == "denied");
  CHECK(outcome(readFolder(reach, {"$APPDATA/b.txt"})) == "conflict");
  CHECK(outcome(readFolder(reach, {"$APPDATA/none"})) == "not-found");
}

TEST_CASE_FIXTURE(FilesFixture, "a listing is bounded and says so") {
  for (std::size_t i = 0; i <= fs::MAX_FOLDER_ENTRIES; ++i)
    write("data/notes/" + std::to_string(i), "");
  const auto folder = readFolder(reach, {"$APPDATA/notes"});
  CHECK_FALSE(folder->complete);
  CHECK(folder->entries.size() == fs::MAX_FOLDER_ENTRIES);
}

TEST_CASE_FIXTURE(FilesFixture,
                  "folders are made one by one or with those above, within the scope") {
  CHECK(outcome(makeFolder(reach, {"$APPDATA/x", {}})) == "ok");
  CHECK(outcome(makeFolder(reach, {"$APPDATA/x", {}})) == "conflict");
  CHECK(outcome(makeFolder(reach, {"$APPDATA/x", true})) == "ok");
  CHECK(outcome(makeFolder(reach, {"$APPDATA/a/b/c", {}})) == "not-found");
  CHECK(outcome(makeFolder(reach, {"$APPDATA/a/b/c", true})) == "ok");
  CHECK(has("data/a/b/c"));
  CHECK(outcome(makeFolder(reach, {"$APPDATA/a/.b/c", true})) == "denied");
  CHECK(outcome(makeFolder(reach, {"$HOME/secret/x", true})) == "denied");
  write("data/file", "");
  CHECK(outcome(makeFolder(reach, {"$APPDATA/file", true})) == "conflict");
  CHECK(outcome(makeFolder(reach, {"$APPDATA/file/x", true})) == "conflict");
  std::filesystem::create_symlink(home / "secret", home / "data/way");
  CHECK(outcome(makeFolder(reach, {"$APPDATA/way/x", true})) == "denied");
  CHECK_FALSE(has("secret/x"));
}

TEST_CASE_FIXTURE(FilesFixture, "a file, a link and an empty folder are removed by name") {
  write("data/a", "");
  std::filesystem::create_symlink(home / "secret/key", home / "data/link");
  CHECK(outcome(removeFile(reach, {"$APPDATA/a", {}})) == "ok");
  CHECK(outcome(removeFile(reach, {"$APPDATA/link", {}})) == "ok");
  CHECK(read("secret/key") == "secret");
  CHECK(outcome(removeFile(reach, {"$APPDATA/notes", {}})) == "ok");
  CHECK(outcome(removeFile(reach, {"$APPDATA/notes", {}})) == "not-found");
  CHECK(outcome(removeFile(reach, {"$HOME/secret/key", {}})) == "denied");
  CHECK(outcome(removeFile(reach, {"$APPDATA", true})) == "denied");  // the grant's own folder
}

TEST_CASE_FIXTURE(FilesFixture, "a folder goes with all that is in it, or nothing of it does") {
  std::filesystem::create_directories(home / "data/notes/deep/er");
  write("data/notes/deep/er/a", "");
  std::filesystem::create_symlink(home / "secret", home / "data/notes/deep/way");
  CHECK(outcome(removeFile(reach, {"$APPDATA/notes", {}})) == "conflict");
  write("data/notes/deep/.keep", "");
  CHECK(outcome(removeFile(reach, {"$APPDATA/notes", true})) == "denied");
  CHECK(has("data/notes/deep/er/a"));
  std::filesystem::remove(home / "data/notes/deep/.keep");
  CHECK(outcome(removeFile(reach, {"$APPDATA/notes", true})) == "ok");
  CHECK_FALSE(has("data/notes"));
  CHECK(read("secret/key") == "secret");
}

TEST_CASE_FIXTURE(FilesFixture, "a tree that is too deep is not touched") {
  std::filesystem::path deep = home / "data/notes";
  for (std::size_t i = 0; i < fs::MAX_TREE_DEPTH; ++i) deep /= "d";
  std::filesystem::create_directories(deep);
  CHECK(outcome(removeFile(reach, {"$APPDATA/notes", true})) == "too-large");
  CHECK(std::filesystem::exists(deep));
}

TEST_CASE_FIXTURE(FilesFixture, "a rename stays within the scope, and so does what it carries") {
  write("data/a", "a");
  write("data/b", "b");
  CHECK(outcome(renameFile(reach, {"$APPDATA/a", "$APPDATA/b", {}})) == "conflict");
  CHECK(outcome(renameFile(reach, {"$APPDATA/a", "$APPDATA/b", true})) == "ok");
  CHECK(read("data/b") == "a");
  CHECK(outcome(renameFile(reach, {"$HOME/secret/key", "$APPDATA/k", {}})) == "denied");
  CHECK(outcome(renameFile(reach, {"$APPDATA/b", "$HOME/secret/b", {}})) == "denied");
  CHECK(outcome(renameFile(reach, {"$APPDATA/b", "$APPDATA/.b", {}})) == "denied");

  scope = scopeOf({"$APPDATA/**"}, {"$APPDATA/notes/private/**"});
  std::filesystem::create_directory(home / "data/notes/private");
  CHECK(outcome(renameFile(reach, {"$APPDATA/notes", "$APPDATA/moved", {}})) == "ok");
  write("data/moved/private/x", "x");
  // Back to where what it holds is out of reach, and from there.
  CHECK(outcome(renameFile(reach, {"$APPDATA/moved", "$APPDATA/notes", {}})) == "denied");
  std::filesystem::rename(home / "data/moved", home / "data/notes");
  CHECK(outcome(renameFile(reach, {"$APPDATA/notes", "$APPDATA/moved", {}})) == "denied");
  CHECK(has("data/notes/private/x"));
}

TEST_CASE_FIXTURE(FilesFixture, "a link is not moved, and not replaced by a folder's move") {
  std::filesystem::create_symlink(home / "secret", home / "data/link");
  CHECK(outcome(renameFile(reach, {"$APPDATA/link", "$APPDATA/other", {}})) == "denied");
  CHECK(outcome(renameFile(reach, {"$APPDATA/notes", "$APPDATA/link", {}})) == "conflict");
}

}  // namespace
}  // namespace sallyport::files
