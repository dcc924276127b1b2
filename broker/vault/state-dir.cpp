#include "broker/vault/state-dir.h"

#include <fcntl.h>
#include <kj/debug.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace sallyport::vault {
namespace {

// Null when it does not exist.
kj::Maybe<kj::AutoCloseFd> openChecked(int dirFd, const char* name) {
  const int raw = openat(dirFd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (raw < 0) {
    const int error = errno;
    if (error == ENOENT) return nullptr;
    KJ_REQUIRE(error != ELOOP, "a file of the vault is a symbolic link", name);
    KJ_FAIL_SYSCALL("openat", error, name);
  }
  kj::AutoCloseFd fd(raw);
  struct stat info {};
  KJ_SYSCALL(fstat(fd.get(), &info), name);
  KJ_REQUIRE(S_ISREG(info.st_mode), "a file of the vault is not a regular file", name);
  KJ_REQUIRE(info.st_uid == geteuid(), "a file of the vault belongs to another user", name);
  KJ_REQUIRE((info.st_mode & 077) == 0, "a file of the vault is open to other users", name);
  KJ_REQUIRE(info.st_nlink == 1, "a file of the vault has a second name", name);
  return kj::mv(fd);
}

void writeAll(int fd, std::span<const std::uint8_t> content) {
  while (!content.empty()) {
    ssize_t written = 0;
    KJ_SYSCALL(written = ::write(fd, content.data(), content.size()));
    content = content.subspan(static_cast<std::size_t>(written));
  }
}

kj::AutoCloseFd createExclusive(int dirFd, const char* name) {
  int raw = -1;
  KJ_SYSCALL(raw = openat(dirFd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600),
             name);
  return kj::AutoCloseFd(raw);
}

}  // namespace

StateDir::StateDir(std::string path) : m_path(std::move(path)) {
  KJ_REQUIRE(!m_path.empty() && m_path.front() == '/', "the state folder is not an absolute path");
  if (mkdir(m_path.c_str(), 0700) != 0 && errno != EEXIST) {
    KJ_FAIL_SYSCALL("mkdir of the state folder", errno);
  }
  const int raw = open(m_path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (raw < 0) {
    const int error = errno;
    KJ_REQUIRE(error != ENOTDIR && error != ELOOP, "the state folder is a link or not a folder");
    KJ_FAIL_SYSCALL("open of the state folder", error);
  }
  m_fd = kj::AutoCloseFd(raw);
  struct stat info {};
  KJ_SYSCALL(fstat(m_fd.get(), &info));
  KJ_REQUIRE(info.st_uid == geteuid(), "the state folder belongs to another user");
  KJ_REQUIRE((info.st_mode & 07777) == 0700, "the state folder's mode is not 0700");
  KJ_REQUIRE(flock(m_fd.get(), LOCK_EX | LOCK_NB) == 0, "another vault uses the state folder");
}

bool StateDir::has(const char* name) const {
  struct stat info {};
  return fstatat(m_fd.get(), name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

std::optional<Bytes> StateDir::read(const char* name, std::size_t maxSize) const {
  KJ_IF_MAYBE (fd, openChecked(m_fd.get(), name)) {
    Bytes content(maxSize + 1);
    std::size_t size = 0;
    while (size < content.size()) {
      ssize_t got = 0;
      KJ_SYSCALL(got = ::read(fd->get(), content.data() + size, content.size() - size), name);
      if (got == 0) break;
      size += static_cast<std::size_t>(got);
    }
    KJ_REQUIRE(size <= maxSize, "a file of the vault is too large", name);
    content.resize(size);
    return content;
  }
  return std::nullopt;
}

void StateDir::verify(const char* name) const { (void)openChecked(m_fd.get(), name); }

void StateDir::createEmpty(const char* name) { (void)createExclusive(m_fd.get(), name); }

void StateDir::replace(const char* name, std::span<const std::uint8_t> content) {
  const std::string temporary = std::string(name) + ".new";
  if (unlinkat(m_fd.get(), temporary.c_str(), 0) != 0 && errno != ENOENT) {
    KJ_FAIL_SYSCALL("unlinkat", errno, name);
  }
  auto fd = createExclusive(m_fd.get(), temporary.c_str());
  writeAll(fd.get(), content);
  KJ_SYSCALL(fsync(fd.get()), name);
  KJ_SYSCALL(renameat(m_fd.get(), temporary.c_str(), m_fd.get(), name), name);
  sync();
}

void StateDir::rename(const char* from, const char* to) {
  if (!has(from)) return;
  KJ_SYSCALL(renameat(m_fd.get(), from, m_fd.get(), to), from);
  sync();
}

void StateDir::sync() { KJ_SYSCALL(fsync(m_fd.get())); }

}  // namespace sallyport::vault
