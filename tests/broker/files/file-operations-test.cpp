// Reading, writing and copying within a scope.
#include "broker/files/file-operations.h"

#include "broker/files/text.h"
#include "tests/broker/files/files-fixture.h"

namespace sallyport::files {
namespace {

using test::FilesFixture;
using test::outcome;

TEST_CASE_FIXTURE(FilesFixture, "a write replaces the whole file and leaves nothing else behind") {
  CHECK(outcome(writeText(reach, {"$APPDATA/a.txt", "one", {}})) == "ok");
  CHECK(read("data/a.txt") == "one");
  struct stat status {};
  REQUIRE(stat((home / "data/a.txt").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  chmod((home / "data/a.txt").c_str(), 0640);
  CHECK(outcome(writeText(reach, {"$APPDATA/a.txt", "two", fs::WriteMode::REPLACE})) == "ok");
  CHECK(read("data/a.txt") == "two");
  REQUIRE(stat((home / "data/a.txt").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
  CHECK(outcome(writeText(reach, {"$APPDATA/a.txt", "x", fs::WriteMode::CREATE})) == "conflict");
  CHECK(read("data/a.txt") == "two");
  CHECK(outcome(writeText(reach, {"$APPDATA/a.txt", "+", fs::WriteMode::APPEND})) == "ok");
  CHECK(read("data/a.txt") == "two+");
  CHECK(outcome(writeText(reach, {"$APPDATA/new", "n", fs::WriteMode::APPEND})) == "ok");
  CHECK(names("data").size() == 3);  // a.txt, new, notes
}

TEST_CASE_FIXTURE(FilesFixture, "a write goes through no link and out of no scope") {
  std::filesystem::create_symlink(home / "secret/key", home / "data/link");
  for (const auto mode : {fs::WriteMode::REPLACE, fs::WriteMode::CREATE, fs::WriteMode::APPEND}) {
    CHECK(outcome(writeText(reach, {"$APPDATA/link", "x", mode})) != "ok");
    CHECK(outcome(writeText(reach, {"$HOME/secret/key", "x", mode})) == "denied");
    CHECK(outcome(writeText(reach, {"$APPDATA/.profile", "x", mode})) == "denied");
    CHECK(outcome(writeText(reach, {"$APPDATA/notes", "x", mode})) == "conflict");
    CHECK(outcome(writeText(reach, {"$APPDATA", "x", mode})) == "conflict");
  }
  CHECK(read("secret/key") == "secret");
  CHECK(names("data").size() == 2);
}

TEST_CASE_FIXTURE(FilesFixture, "what is left of the disk stays") {
  places.keepFree = UINT64_MAX / 2;
  CHECK(outcome(writeText(reach, {"$APPDATA/a", "x", {}})) == "limit");
  CHECK(outcome(writeText(reach, {"$APPDATA/a", "x", fs::WriteMode::APPEND})) == "limit");
  write("data/b", "x");
  CHECK(outcome(copyFile(reach, {"$APPDATA/b", "$APPDATA/c", {}})) == "limit");
  CHECK(names("data").size() == 2);
}

TEST_CASE_FIXTURE(FilesFixture, "a file is text within its bound, or is not given") {
  write("data/most", std::string(fs::MAX_TEXT_BYTES, 'a'));
  CHECK(readText(reach, {"$APPDATA/most"})->size() == fs::MAX_TEXT_BYTES);
  write("data/more", std::string(fs::MAX_TEXT_BYTES + 1, 'a'));
  CHECK(outcome(readText(reach, {"$APPDATA/more"})) == "too-large");
  write("data/bytes", "\xff\xfe");
  CHECK(outcome(readText(reach, {"$APPDATA/bytes"})) == "not-supported");
  write("data/nul", std::string("a\0b", 3));
  CHECK(outcome(readText(reach, {"$APPDATA/nul"})) == "not-supported");
  write("data/empty", "");
  CHECK(readText(reach, {"$APPDATA/empty"})->empty());
}

TEST_CASE_FIXTURE(FilesFixture, "a file of any bytes is read piece by piece and written likewise") {
  std::string all(fs::MAX_PIECE_BYTES + 5, '\0');
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i * 7);
  const auto bytesOf = [](std::string_view text) {
    return commands::Bytes{{text.begin(), text.end()}};
  };
  const std::string_view whole(all);
  CHECK(outcome(writeFile(
            reach, {"$APPDATA/f", bytesOf(whole.substr(0, fs::MAX_PIECE_BYTES)), {}})) == "ok");
  CHECK(outcome(writeFile(
            reach,
            {"$APPDATA/f", bytesOf(whole.substr(fs::MAX_PIECE_BYTES)), fs::WriteMode::APPEND})) ==
        "ok");
  CHECK(read("data/f") == all);
  const auto piece = [&](std::int64_t offset) {
    auto got = readFile(reach, {"$APPDATA/f", offset});
    REQUIRE(got.has_value());
    return std::pair(std::string(got->bytes.view()), got->end);
  };
  CHECK(piece(0) == std::pair(all.substr(0, fs::MAX_PIECE_BYTES), false));
  CHECK(piece(5) == std::pair(all.substr(5), true));
  CHECK(piece(static_cast<std::int64_t>(fs::MAX_PIECE_BYTES)) ==
        std::pair(all.substr(fs::MAX_PIECE_BYTES), true));
  CHECK(piece(commands::MAX_SAFE_INTEGER) == std::pair(std::string(), true));
  CHECK(outcome(readFile(reach, {"$HOME/secret/key", {}})) == "denied");
  CHECK(outcome(readFile(reach, {"$APPDATA/notes", {}})) != "ok");
  CHECK(outcome(writeFile(reach, {"$HOME/secret/key", bytesOf("x"), {}})) == "denied");
  CHECK(outcome(writeFile(reach, {"$APPDATA/f", bytesOf("x"), fs::WriteMode::CREATE})) ==
        "conflict");
  CHECK(read("data/f") == all);
}

TEST_CASE("text is UTF-8 in its shortest form, without surrogates and NUL") {
  for (const char* good : {"",
                           "a",
                           "\xc3\xa4",
                           "\xe2\x82\xac",
                           "\xed\x9f\xbf",
                           "\xf0\x9f\x98\x80",
                           "\xf4\x8f\xbf\xbf"})
    CHECK_MESSAGE(isText(good), good);
  for (const char* bad : {"\x80",
                          "\xc0\x80",
                          "\xc1\xbf",
                          "\xc3",
                          "\xe0\x80\x80",
                          "\xe2\x82",
                          "\xed\xa0\x80",
                          "\xf0\x80\x80\x80",
                          "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80",
                          "a\xff",
                          "\xe2(\xa1"})
    CHECK_FALSE(isText(bad));
  CHECK_FALSE(isText({"\0", 1}));
}

TEST_CASE_FIXTURE(FilesFixture,
                  "a copy is whole, keeps what is there, and stays within the scope") {
  write("data/a", "content");
  CHECK(outcome(copyFile(reach, {"$APPDATA/a", "$APPDATA/notes/b", {}})) == "ok");
  CHECK(read("data/notes/b") == "content");
  CHECK(outcome(copyFile(reach, {"$APPDATA/a", "$APPDATA/notes/b", {}})) == "conflict");
  CHECK(outcome(copyFile(reach, {"$APPDATA/a", "$APPDATA/notes/b", true})) == "ok");
  CHECK(outcome(copyFile(reach, {"$HOME/secret/key", "$APPDATA/k", {}})) == "denied");
  CHECK(outcome(copyFile(reach, {"$APPDATA/a", "$HOME/secret/k", {}})) == "denied");
  CHECK(outcome(copyFile(reach, {"$APPDATA/notes", "$APPDATA/n", {}})) == "conflict");
  std::filesystem::resize_file(home / "data/a", fs::MAX_COPY_BYTES + 1);  // takes no room
  CHECK(outcome(copyFile(reach, {"$APPDATA/a", "$APPDATA/c", {}})) == "too-large");
  CHECK_FALSE(has("data/c"));
}

TEST_CASE_FIXTURE(FilesFixture, "kind, size and time of what is in reach are told") {
  write("data/a", "12345");
  std::filesystem::create_symlink("a", home / "data/link");
  const auto file = statFile(reach, {"$APPDATA/a"});
  CHECK(file->kind == fs::FileKind::FILE);
  CHECK(file->bytes == 5);
  CHECK(file->modifiedAt > 1'600'000'000'000);
  CHECK(statFile(reach, {"$APPDATA/notes"})->kind == fs::FileKind::FOLDER);
  CHECK(statFile(reach, {"$APPDATA"})->kind == fs::FileKind::FOLDER);
  CHECK(statFile(reach, {"$APPDATA/link"})->kind == fs::FileKind::LINK);
  CHECK(outcome(statFile(reach, {"$APPDATA/none"})) == "not-found");
  CHECK(outcome(statFile(reach, {"$HOME/secret/key"})) == "denied");
}

}  // namespace
}  // namespace sallyport::files
