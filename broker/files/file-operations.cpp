#include "broker/files/file-operations.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>

#include "broker/files/file-error.h"
#include "broker/files/text.h"

namespace sallyport::files {
namespace {

using commands::Code;
using commands::Error;
using commands::Null;
using commands::Result;

constexpr mode_t NEW_FILE = 0600;
constexpr std::size_t BLOCK = 1 << 20;

Result<kj::AutoCloseFd> openRegular(const Location& at, std::uint64_t flags) {
  // Without O_NONBLOCK a pipe would hold the worker until somebody writes to it.
  kj::AutoCloseFd fd(openBeneath(
      at.folder, at.name, flags | O_NONBLOCK | O_NOCTTY, (flags & O_CREAT) != 0 ? NEW_FILE : 0));
  if (fd.get() < 0) return fileError(errno == ENXIO ? EACCES : errno);
  struct stat status {};
  if (fstat(fd, &status) != 0) return fileError(errno);
  if (S_ISDIR(status.st_mode)) return fileError(EISDIR);
  if (!S_ISREG(status.st_mode)) return fileError(EACCES);
  return kj::mv(fd);
}

std::optional<Error> leaveRoom(std::uint64_t keepFree, int at, std::uint64_t bytes) {
  struct statvfs disk {};
  if (fstatvfs(at, &disk) != 0) return fileError(errno);
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free < bytes || free - bytes < keepFree) return fileError(ENOSPC);
  return std::nullopt;
}

std::optional<Error> writeAll(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t done = write(fd, data, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return fileError(done < 0 ? errno : EIO);
    data += done;
    size -= static_cast<std::size_t>(done);
  }
  return std::nullopt;
}

std::optional<Error> writeAt(int fd, std::string_view text, off_t from) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count =
        pwrite(fd, text.data() + done, text.size() - done, from + static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return fileError(count < 0 ? errno : EIO);
    done += static_cast<std::size_t>(count);
  }
  return std::nullopt;
}

std::optional<std::string> draftName() {
  std::uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != ssize_t{sizeof number}) return std::nullopt;
  char name[40];
  std::snprintf(name, sizeof name, ".sallyport-%016llx", static_cast<unsigned long long>(number));
  return name;
}

// The file that is to be, without a name until it is whole: whatever ends before, this object or
// the broker, nothing is left of it. A name can be given but not taken over, so what replaces
// another file has one of its own for the moment between two calls; where the file system has no
// files without a name (NFS, FAT, most of FUSE), all the time.
class Draft {
 public:
  // fd() is -1 with errno where there can be none.
  explicit Draft(const Location& target)
      : m_target(target), m_folder(openBeneath(target.folder, ".", O_RDONLY | O_DIRECTORY)) {
    // A folder that may be written and not read is as durable as the kernel makes it.
    if (m_folder.get() < 0 && errno != EACCES) return;
    m_fd = kj::AutoCloseFd(openBeneath(target.folder, ".", O_WRONLY | O_TMPFILE, NEW_FILE));
    if (m_fd.get() >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return;
    auto name = draftName();
    if (!name) return;
    m_fd =
        kj::AutoCloseFd(openBeneath(target.folder, *name, O_WRONLY | O_CREAT | O_EXCL, NEW_FILE));
    if (m_fd.get() >= 0) m_name = std::move(*name);
  }
  ~Draft() {
    if (!m_name.empty()) unlinkat(m_target.folder, m_name.c_str(), 0);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  int fd() const { return m_fd; }

  // Durable when it returns nothing. replace: a regular file that is there goes, and leaves its
  // mode to this one.
  std::optional<Error> takeName(bool replace) {
    struct stat former {};
    if (fstatat(m_target.folder, m_target.name.c_str(), &former, AT_SYMLINK_NOFOLLOW) == 0) {
      if (!replace) return fileError(EEXIST);
      if (S_ISDIR(former.st_mode)) return fileError(EISDIR);
      if (S_ISLNK(former.st_mode)) return fileError(ELOOP);
      if (!S_ISREG(former.st_mode)) return fileError(EACCES);
      if (fchmod(m_fd, former.st_mode & 0777) != 0) return fileError(errno);
    } else if (errno != ENOENT) {
      return fileError(errno);
    }
    if (fsync(m_fd) != 0) return fileError(errno);
    if (!beNamed(replace)) return fileError(errno);
    if (m_folder.get() >= 0 && fsync(m_folder) != 0 && errno != EINVAL) return fileError(errno);
    return std::nullopt;
  }

 private:
  // False with errno.
  bool beNamed(bool replace) {
    if (m_name.empty() && !replace) return link(m_target.name);
    if (m_name.empty()) {
      auto name = draftName();
      if (!name || !link(*name)) return false;
      m_name = std::move(*name);  // no memory is needed for it
    }
    if (renameat2(m_target.folder,
                  m_name.c_str(),
                  m_target.folder,
                  m_target.name.c_str(),
                  replace ? 0 : RENAME_NOREPLACE) != 0)
      return false;
    m_name.clear();
    return true;
  }

  bool link(const std::string& name) const {
    const std::string itself = "/proc/self/fd/" + std::to_string(m_fd.get());
    return linkat(AT_FDCWD, itself.c_str(), m_target.folder, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
  }

  const Location& m_target;
  kj::AutoCloseFd m_folder;
  kj::AutoCloseFd m_fd;
  std::string m_name;  // empty: it has none, or the target's
};

std::optional<Error> writeNew(const Location& at, std::string_view text, bool replace) {
  Draft draft(at);
  if (draft.fd() < 0) return fileError(errno);
  if (auto wrong = writeAll(draft.fd(), text.data(), text.size())) return wrong;
  return draft.takeName(replace);
}

// All of it behind what is there, or nothing.
std::optional<Error> append(const Location& at, std::string_view text) {
  auto file = openRegular(at, O_WRONLY | O_APPEND);
  if (file.has_error() && file.error().code == Code::NOT_FOUND) {
    auto wrong = writeNew(at, text, false);
    if (!wrong || wrong->code != Code::CONFLICT) return wrong;
    file = openRegular(at, O_WRONLY | O_APPEND);  // another one was first
  }
  if (file.has_error()) return file.error();
  struct stat former {};
  if (fstat(*file, &former) != 0) return fileError(errno);
  auto wrong = writeAll(*file, text.data(), text.size());
  if (!wrong && fsync(*file) != 0) wrong = fileError(errno);
  // What somebody else put there meanwhile stays, and with it what is before it.
  struct stat now {};
  if (wrong && fstat(*file, &now) == 0 && now.st_size > former.st_size &&
      static_cast<std::uint64_t>(now.st_size - former.st_size) <= text.size() &&
      ftruncate(*file, former.st_size) == 0)
    fsync(*file);
  return wrong;
}

std::optional<Error> copyBytes(int from, int to, std::int64_t bytes) {
  std::string block(BLOCK, '\0');
  while (bytes > 0) {
    const ssize_t got = read(from, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fileError(errno);
    if (got == 0) return std::nullopt;  // it became shorter meanwhile
    if (auto wrong = writeAll(to, block.data(), static_cast<std::size_t>(got))) return wrong;
    bytes -= got;
  }
  return std::nullopt;
}

// As much memory as the file has bytes, not as it may have: many reads wait for their windows at
// once. A file that grows meanwhile, or says nothing of its size, is read to the bound as well.
template <typename Bytes>
Result<Bytes> readUpTo(int fd, std::int64_t offset, std::size_t most) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return fileError(errno);
  if (!S_ISREG(status.st_mode)) return fileError(EACCES);
  const auto left = static_cast<std::uint64_t>(std::max<std::int64_t>(0, status.st_size - offset));
  Bytes bytes;
  bytes.resize(std::min<std::uint64_t>(left + 1, most));
  std::size_t size = 0;
  while (true) {
    if (size == bytes.size()) {
      if (size == most) break;
      bytes.resize(std::min(most, size * 2));
    }
    const ssize_t got = pread(
        fd, bytes.data() + size, bytes.size() - size, offset + static_cast<std::int64_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fileError(errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

fs::FileKind kindOf(mode_t mode) {
  if (S_ISREG(mode)) return fs::FileKind::FILE;
  if (S_ISDIR(mode)) return fs::FileKind::FOLDER;
  return S_ISLNK(mode) ? fs::FileKind::LINK : fs::FileKind::OTHER;
}

Result<std::string> readTextFrom(int fd) {
  auto text = readUpTo<std::string>(fd, 0, fs::MAX_TEXT_BYTES + 1);
  if (text.has_error()) return text.error();
  if (text->size() > fs::MAX_TEXT_BYTES)
    return Error{Code::TOO_LARGE, "The file has more than 262144 bytes."};
  if (!isText(*text)) return Error{Code::NOT_SUPPORTED, "The file is no UTF-8 text."};
  return text;
}

Result<fs::FilePiece> readPieceFrom(int fd, std::int64_t offset) {
  // One more tells whether there are more.
  auto bytes = readUpTo<decltype(fs::FilePiece::bytes.value)>(fd, offset, fs::MAX_PIECE_BYTES + 1);
  if (bytes.has_error()) return bytes.error();
  fs::FilePiece piece;
  piece.end = bytes->size() <= fs::MAX_PIECE_BYTES;
  bytes->resize(std::min(bytes->size(), fs::MAX_PIECE_BYTES));
  piece.bytes.value = std::move(*bytes);
  return piece;
}

Result<Null> writeTo(int fd, std::string_view text, bool append, std::uint64_t keepFree) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return fileError(errno);
  if (!S_ISREG(status.st_mode)) return fileError(EACCES);
  if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR)
    return Error{Code::DENIED, "The file was picked to be read."};
  if (auto full = leaveRoom(keepFree, fd, text.size())) return *full;
  const off_t from = append ? status.st_size : 0;
  auto wrong = writeAt(fd, text, from);
  if (!wrong && (ftruncate(fd, from + static_cast<off_t>(text.size())) != 0 || fsync(fd) != 0))
    wrong = fileError(errno);
  if (!wrong) return Null{};
  if (append && ftruncate(fd, from) == 0) fsync(fd);
  return *wrong;
}

Result<std::string> readText(const Reach& reach, const fs::ReadTextFile& what) {
  const auto at = locate(reach, "path", what.path);
  if (at.has_error()) return at.error();
  const auto file = openRegular(*at, O_RDONLY);
  if (file.has_error()) return file.error();
  return readTextFrom(*file);
}

Result<fs::FilePiece> readFile(const Reach& reach, const fs::ReadFile& what) {
  const auto at = locate(reach, "path", what.path);
  if (at.has_error()) return at.error();
  const auto file = openRegular(*at, O_RDONLY);
  if (file.has_error()) return file.error();
  return readPieceFrom(*file, what.offset.value_or(0));
}

namespace {

Result<Null> writeWhole(const Reach& reach,
                        const std::string& path,
                        std::string_view text,
                        fs::WriteMode mode) {
  const auto at = locate(reach, "path", path);
  if (at.has_error()) return at.error();
  if (at->isAnchor()) return fileError(EISDIR);
  if (auto full = leaveRoom(reach.places.keepFree, at->folder, text.size())) return *full;
  const auto wrong = mode == fs::WriteMode::APPEND
                         ? append(*at, text)
                         : writeNew(*at, text, mode == fs::WriteMode::REPLACE);
  if (wrong) return *wrong;
  return Null{};
}

}  // namespace

Result<Null> writeText(const Reach& reach, const fs::WriteTextFile& what) {
  return writeWhole(reach, what.path, what.text, what.mode.value_or(fs::WriteMode::REPLACE));
}

Result<Null> writeFile(const Reach& reach, const fs::WriteFile& what) {
  return writeWhole(
      reach, what.path, what.bytes.view(), what.mode.value_or(fs::WriteMode::REPLACE));
}

Result<fs::FileInfo> statFile(const Reach& reach, const fs::StatFile& what) {
  const auto at = locate(reach, "path", what.path);
  if (at.has_error()) return at.error();
  struct stat status {};
  if (fstatat(at->folder, at->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return fileError(errno);
  fs::FileInfo info{kindOf(status.st_mode)};
  if (info.kind == fs::FileKind::FILE) info.bytes = status.st_size;
  info.modifiedAt = status.st_mtim.tv_sec * std::int64_t{1000} + status.st_mtim.tv_nsec / 1'000'000;
  return info;
}

Result<Null> copyFile(const Reach& reach, const fs::CopyFile& what) {
  const auto from = locate(reach, "from", what.from);
  if (from.has_error()) return from.error();
  const auto to = locate(reach, "to", what.to);
  if (to.has_error()) return to.error();
  if (to->isAnchor()) return fileError(EISDIR);
  const auto source = openRegular(*from, O_RDONLY);
  if (source.has_error()) return source.error();
  struct stat status {};
  if (fstat(*source, &status) != 0) return fileError(errno);
  if (status.st_size > fs::MAX_COPY_BYTES)
    return Error{Code::TOO_LARGE, "The file has more than 268435456 bytes."};
  if (auto full =
          leaveRoom(reach.places.keepFree, to->folder, static_cast<std::uint64_t>(status.st_size)))
    return *full;
  Draft draft(*to);
  if (draft.fd() < 0) return fileError(errno);
  if (auto wrong = copyBytes(*source, draft.fd(), status.st_size)) return *wrong;
  if (auto wrong = draft.takeName(what.replace.value_or(false))) return *wrong;
  return Null{};
}

}  // namespace sallyport::files
