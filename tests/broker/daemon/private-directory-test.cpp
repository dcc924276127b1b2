#include "broker/daemon/private-directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

mode_t modeOf(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

void checkRefused(const std::filesystem::path& path, std::string_view why) {
  const auto wrong = preparePrivateDirectory(path);
  REQUIRE_MESSAGE(wrong.has_value(), path);
  CHECK_MESSAGE(wrong->find(why) != std::string::npos, *wrong);
  CHECK_MESSAGE(wrong->rfind(path.string(), 0) == 0, *wrong);  // names what it speaks of
}

TEST_CASE_FIXTURE(TestFolder, "a missing folder is made with its parents, for this user alone") {
  const mode_t former = umask(0);
  CHECK_FALSE(preparePrivateDirectory(path() / "a" / "b" / "c").has_value());
  CHECK(umask(former) == 0);  // as it was
  for (const char* made : {"a", "a/b", "a/b/c"}) CHECK(modeOf(path() / made) == 0700);
  CHECK_FALSE(preparePrivateDirectory(path() / "a" / "b" / "c").has_value());
}

TEST_CASE_FIXTURE(TestFolder, "a folder that others can read, write or enter is refused") {
  const auto folder = path() / "state";
  std::filesystem::create_directory(folder);
  for (const mode_t mode : {0701U, 0710U, 0702U, 0720U, 0704U, 0740U, 0755U, 0777U, 01777U}) {
    REQUIRE(chmod(folder.c_str(), mode) == 0);
    checkRefused(folder, "others have access. Fix: chmod 700");
  }
  REQUIRE(chmod(folder.c_str(), 0700) == 0);
  CHECK_FALSE(preparePrivateDirectory(folder).has_value());
}

TEST_CASE_FIXTURE(TestFolder, "a link is refused, also to a folder that would do") {
  const auto real = path() / "real";
  REQUIRE(mkdir(real.c_str(), 0700) == 0);
  std::filesystem::create_directory_symlink(real, path() / "link");
  checkRefused(path() / "link", "is not a directory (links are refused)");
  checkRefused(path() / "link/", "must be written without");
  checkRefused(path() / "link/.", "must be written without");
  checkRefused(path() / "link/../real", "must be written without");
  std::filesystem::create_directory_symlink(path() / "nowhere", path() / "dangling");
  checkRefused(path() / "dangling", "is not a directory");
}

TEST_CASE_FIXTURE(TestFolder, "a file, and a place beneath a file, are refused") {
  write("file", "x");
  checkRefused(path() / "file", "is not a directory");
  const auto wrong = preparePrivateDirectory(path() / "file" / "state");
  REQUIRE(wrong.has_value());
  CHECK(wrong->rfind((path() / "file").string(), 0) == 0);
}

TEST_CASE("a relative path is refused") {
  checkRefused("state", "must be an absolute path");
  CHECK(preparePrivateDirectory("").has_value());
}

TEST_CASE_FIXTURE(TestFolder, "a folder of another user is refused") {
  if (geteuid() != 0) {
    MESSAGE("not run: only root can give a folder away");
    return;
  }
  const auto folder = path() / "theirs";
  REQUIRE(mkdir(folder.c_str(), 0700) == 0);
  REQUIRE(chown(folder.c_str(), 65534, 65534) == 0);
  checkRefused(folder, "belongs to another user");
}

TEST_CASE_FIXTURE(TestFolder, "one process has the lock, and its end gives it back") {
  auto lock = lockDirectory(path());
  REQUIRE(lock.has_value());
  CHECK(modeOf(path() / "lock") == 0600);
  CHECK_FALSE(lockDirectory(path()).has_value());
  lock.reset();
  CHECK(lockDirectory(path()).has_value());

  int ready[2], end[2];
  REQUIRE(pipe(ready) == 0);
  REQUIRE(pipe(end) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(end[1]);
    const auto held = lockDirectory(path());
    char byte = held ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) _exit(1);
    _exit(::read(end[0], &byte, 1) == 0 ? 0 : 1);
  }
  char answer = 0;
  REQUIRE(::read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  CHECK_FALSE(lockDirectory(path()).has_value());
  for (int fd : {end[0], end[1], ready[0], ready[1]}) close(fd);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK(lockDirectory(path()).has_value());
}

TEST_CASE_FIXTURE(TestFolder, "a lock that is a link is not followed") {
  std::filesystem::create_symlink(path() / "elsewhere", path() / "lock");
  CHECK_THROWS(lockDirectory(path()));
  CHECK_FALSE(std::filesystem::exists(path() / "elsewhere"));
}

}  // namespace
}  // namespace sallyport::daemon
