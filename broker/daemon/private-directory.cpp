#include "broker/daemon/private-directory.h"

#include <fcntl.h>
#include <kj/debug.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport::daemon {

std::optional<std::string> preparePrivateDirectory(const std::filesystem::path& path) {
  const std::string name = path.string();
  if (!path.is_absolute()) return name + ": must be an absolute path";
  // "link/" and "link/." would be looked up behind the link.
  if (!path.has_filename() || path != path.lexically_normal())
    return name + ": must be written without ., .. and a slash at its end";
  std::error_code error;
  const mode_t former = umask(077);
  std::filesystem::create_directories(path.parent_path(), error);
  umask(former);
  if (error) return path.parent_path().string() + ": cannot be made: " + error.message();
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return name + ": cannot be made: " + std::strerror(errno);
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return name + ": " + std::strerror(errno);
  if (!S_ISDIR(status.st_mode))
    return name + ": is not a directory (links are refused). Fix: move it away";
  if (status.st_uid != geteuid())
    return name + ": belongs to another user. Fix: give it to the user who starts sallyportd";
  if ((status.st_mode & 077) != 0) return name + ": others have access. Fix: chmod 700 " + name;
  return std::nullopt;
}

std::optional<kj::AutoCloseFd> lockDirectory(const std::filesystem::path& path) {
  const auto file = path / "lock";
  kj::AutoCloseFd fd(open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
  KJ_REQUIRE(fd.get() >= 0, "the lock cannot be opened", file.c_str(), strerror(errno));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    KJ_REQUIRE(errno == EWOULDBLOCK, "the lock cannot be taken", strerror(errno));
    return std::nullopt;
  }
  return fd;
}

}  // namespace sallyport::daemon
