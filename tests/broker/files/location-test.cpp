// What a scope reaches on a real disk: by text, by where things really are, and through no link.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "broker/files/file-operations.h"
#include "broker/files/folder-operations.h"
#include "tests/broker/files/files-fixture.h"

namespace {

bool failStatfs = false, failReadlink = false;

// As long as it lives, the call fails as on a disk that answers no more.
class Failing {
 public:
  explicit Failing(bool& call) : m_call(call) { m_call = true; }
  ~Failing() { m_call = false; }
  Failing(const Failing&) = delete;
  Failing& operator=(const Failing&) = delete;

 private:
  bool& m_call;
};

int failed() {
  errno = EIO;
  return -1;
}

}  // namespace

// In the place of the library's, in this program.
extern "C" int fstatfs(int fd, struct statfs* status) noexcept {
  return failStatfs ? failed() : static_cast<int>(syscall(SYS_fstatfs, fd, status));
}
extern "C" ssize_t readlink(const char* path, char* to, size_t size) noexcept {
  return failReadlink ? failed() : syscall(SYS_readlinkat, AT_FDCWD, path, to, size);
}

namespace sallyport::files {
namespace {

using test::FilesFixture;
using test::outcome;
using test::scopeOf;

struct LocationFixture : FilesFixture {
  std::string read(const std::string& path) const {
    const auto text = readText(reach, {path});
    return text.has_error() ? outcome(text) : *text;
  }
};

TEST_CASE_FIXTURE(LocationFixture, "a file beneath the grant's folder is read by either spelling") {
  write("data/notes/a.txt", "hello");
  CHECK(read("$APPDATA/notes/a.txt") == "hello");
  CHECK(read((home / "data/notes/a.txt").string()) == "hello");
  CHECK(read("$APPDATA/notes/b.txt") == "not-found");
  CHECK(read("$APPDATA/none/b.txt") == "not-found");
}

TEST_CASE_FIXTURE(LocationFixture,
                  "what no pattern permits is denied, whether it is there or not") {
  for (const char* path : {"$HOME/secret/key", "$HOME/secret/none", "/etc/passwd", "$HOME/data2"})
    CHECK_MESSAGE(read(path) == "denied", path);
  write("data/.hidden", "x");
  CHECK(read("$APPDATA/.hidden") == "denied");
  CHECK(outcome(readText({capabilities::Scope{}, places}, {"$APPDATA/a"})) == "denied");
}

TEST_CASE_FIXTURE(LocationFixture, "a path that is not absolute and plain is no argument") {
  const std::string long5000 = "/" + std::string(5000, 'a');
  for (const std::string& path : {std::string("$APPDATA/../secret/key"),
                                  std::string("$APPDATA/./notes"),
                                  std::string("$APPDATA//notes"),
                                  std::string("$APPDATA/notes/"),
                                  std::string("notes/a.txt"),
                                  std::string("../secret"),
                                  std::string(""),
                                  std::string("~/notes"),
                                  std::string("$APPDATA\n/a"),
                                  std::string("$APPDATA/a\n"),
                                  std::string("$NOWHERE/a"),
                                  std::string("$APPDATAX/a"),
                                  std::string("$APPDATA/a\x7f"),
                                  std::string("/a\0b", 4),
                                  long5000})
    CHECK_MESSAGE(read(path) == "invalid-argument", path);
  CHECK(read("$DOCUMENT/a") == "not-found");  // this user has no such folder
}

TEST_CASE_FIXTURE(LocationFixture, "no link is followed, wherever on the way it is") {
  std::filesystem::create_symlink(home / "secret", home / "data/way");
  std::filesystem::create_symlink(home / "secret/key", home / "data/file");
  std::filesystem::create_symlink("notes", home / "data/inside");
  write("data/notes/a.txt", "hello");
  CHECK(read("$APPDATA/way/key") == "denied");
  CHECK(read("$APPDATA/file") == "denied");
  CHECK(read("$APPDATA/inside/a.txt") == "denied");
}

TEST_CASE_FIXTURE(LocationFixture,
                  "the folder that a pattern itself names may be a link: the user's") {
  std::filesystem::rename(home / "data", home / "elsewhere");
  std::filesystem::create_symlink(home / "elsewhere", home / "data");
  write("elsewhere/a.txt", "moved");
  CHECK(read("$APPDATA/a.txt") == "moved");
}

TEST_CASE_FIXTURE(LocationFixture,
                  "a closed folder stays closed by every way, but for the app's own") {
  write("data/a.txt", "own");
  scope = scopeOf({"$HOME/**"});
  places.closed = {home.string()};
  places.own = {(home / "data").string()};
  CHECK(read("$HOME/data/a.txt") == "own");
  CHECK(read("$HOME/secret/key") == "denied");
  // By another name of the same folder.
  std::filesystem::create_symlink(home, home.string() + "-link");
  places.variables["$DOCUMENT"] = home.string() + "-link";
  scope = scopeOf({"$DOCUMENT/**"});
  CHECK(read("$DOCUMENT/data/a.txt") == "own");
  CHECK(read("$DOCUMENT/secret/key") == "denied");
  std::filesystem::remove(home.string() + "-link");
}

TEST_CASE_FIXTURE(LocationFixture, "files that are none are not in reach") {
  scope = scopeOf({"/proc/**", "/sys/**", "/dev/**"});
  CHECK(read("/proc/self/environ") == "denied");
  CHECK(read("/proc/self/fd/0") == "denied");
  CHECK(read("/dev/null") == "denied");
  CHECK(read("/dev/fd/0") == "denied");
  // Without a link on the way, which is refused for itself.
  const auto own = "/proc/" + std::to_string(getpid());
  CHECK(read(own + "/environ") == "denied");
  CHECK(read(own + "/status") == "denied");
  CHECK(read("/proc/version") == "denied");
  struct statfs status {};
  REQUIRE(statfs("/sys", &status) == 0);
  if (status.f_type == SYSFS_MAGIC) CHECK(read("/sys/kernel/notes") == "denied");
}

TEST_CASE_FIXTURE(LocationFixture, "what cannot be looked at is not in reach") {
  write("data/a.txt", "own");
  REQUIRE(read("$APPDATA/a.txt") == "own");
  {
    const Failing statfs(failStatfs);
    CHECK(read("$APPDATA/a.txt") == "denied");
  }
  {
    const Failing readlink(failReadlink);
    CHECK(read("$APPDATA/a.txt") == "denied");
  }
  CHECK(read("$APPDATA/a.txt") == "own");
}

TEST_CASE_FIXTURE(LocationFixture, "beneath a grant of the root each path has one slash") {
  places.variables["$HOME"] = "/";
  scope = scopeOf({"$HOME", "$HOME/**"}, {"/etc/**"});
  auto root = locate(reach, "path", "$HOME");
  REQUIRE(root.has_value());
  CHECK(root->path == "/");
  CHECK(reach.permits(*root, "usr/share"));
  CHECK_FALSE(reach.permits(*root, "etc/passwd"));
  places.closed = {"/usr"};
  CHECK_FALSE(reach.permits(*root, "usr/share"));
}

TEST_CASE_FIXTURE(LocationFixture, "a folder whose name only begins like a closed one is open") {
  write("data/a.txt", "own");
  places.closed = {(home / "dat").string()};
  CHECK(read("$APPDATA/a.txt") == "own");
  places.closed = {(home / "data").string()};
  CHECK(read("$APPDATA/a.txt") == "denied");
}

TEST_CASE_FIXTURE(LocationFixture, "where all is closed only the app's own folders are open") {
  write("data/a.txt", "own");
  scope = scopeOf({"$HOME/**"});
  places.closed = {"/"};
  CHECK(read("$HOME/secret/key") == "denied");
  places.own = {(home / "data").string()};
  CHECK(read("$HOME/data/a.txt") == "own");
  CHECK(read("$HOME/secret/key") == "denied");
}

TEST_CASE_FIXTURE(LocationFixture, "a tree with a closed folder in it is not removed") {
  write("data/notes/a.txt", "kept");
  std::filesystem::create_directory(home / "data/notes/inner");
  places.closed = {(home / "data/notes/inner").string()};
  CHECK(outcome(removeFile(reach, {"$APPDATA/notes", true})) == "denied");
  CHECK(read("$APPDATA/notes/a.txt") == "kept");
}

TEST_CASE_FIXTURE(LocationFixture,
                  "a pattern may have its wildcard on the way, or lie at the root") {
  write("data/notes/a.txt", "hello");
  write("data/notes/b.txt", "other");
  scope = scopeOf({"$APPDATA/n*/a.txt"});
  CHECK(read("$APPDATA/notes/a.txt") == "hello");
  CHECK(read("$APPDATA/notes/b.txt") == "denied");
  scope = scopeOf({"/etc"});
  CHECK(read("/etc") == "conflict");
  CHECK(read("/etc/passwd") == "denied");
}

TEST_CASE("what is written in a pattern names its folder, when its variable has a value") {
  const auto folderOf = [](const char* text) {
    capabilities::PathPattern pattern;
    std::string problem;
    REQUIRE(capabilities::parsePathPattern(text, pattern, problem));
    return anchorOf(pattern, {{"$HOME", "/home/u"}}).value_or("none");
  };
  CHECK(folderOf("$HOME") == "/home/u");
  CHECK(folderOf("$HOME/a/b") == "/home/u/a");
  CHECK(folderOf("$HOME/a/*/b") == "/home/u/a");
  CHECK(folderOf("/a") == "/");
  CHECK(folderOf("$VIDEO/a") == "none");
}

TEST_CASE_FIXTURE(LocationFixture, "a grant whose folder is gone finds nothing") {
  std::filesystem::remove_all(home / "data");
  CHECK(read("$APPDATA/a.txt") == "not-found");
}

TEST_CASE_FIXTURE(LocationFixture,
                  "pipes, sockets and folders are not read, and nothing waits for them") {
  REQUIRE(mkfifo((home / "data/pipe").c_str(), 0600) == 0);
  CHECK(read("$APPDATA/pipe") == "denied");
  CHECK(outcome(writeText(reach, {"$APPDATA/pipe", "x", fs::WriteMode::APPEND})) == "denied");
  CHECK(outcome(writeText(reach, {"$APPDATA/pipe", "x", {}})) == "denied");
  CHECK(read("$APPDATA/notes") == "conflict");
  CHECK(read("$APPDATA") == "conflict");
}

TEST_CASE_FIXTURE(LocationFixture, "a pattern without wildcards reaches that file and no other") {
  write("secret/other", "x");
  scope = scopeOf({(home / "secret/key").string()});
  CHECK(read("$HOME/secret/key") == "secret");
  CHECK(read("$HOME/secret/other") == "denied");
}

}  // namespace
}  // namespace sallyport::files
