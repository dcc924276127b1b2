// See private-runtime-directory.h.
#include "broker/display/private-runtime-directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <kj/debug.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <QString>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::display {
namespace {

constexpr const char* SHARED_MEMORY = "/dev/shm";
constexpr std::string_view PREFIX = "sallyport-frame-";
constexpr time_t YOUNG_SECONDS = 60;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

int openFolder(int at, const char* name) {
  return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool isAbandoned(int fd) {
  struct stat status {};
  timespec now{};
  return fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
         clock_gettime(CLOCK_REALTIME, &now) == 0 &&
         now.tv_sec - status.st_mtim.tv_sec > YOUNG_SECONDS && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

// A frame makes files in it and no folders.
void removeFiles(Folder folder) {
  while (const dirent* entry = readdir(folder.get()))
    unlinkat(dirfd(folder.get()), entry->d_name, 0);
}

}  // namespace

PrivateRuntimeDirectory::PrivateRuntimeDirectory()
    : m_directory(QStringLiteral("/dev/shm/sallyport-frame-XXXXXX")),
      m_had(qEnvironmentVariableIsSet("XDG_RUNTIME_DIR")),
      m_before(qgetenv("XDG_RUNTIME_DIR")) {
  KJ_REQUIRE(m_directory.isValid(), "no private directory for the compositor");
  m_inUse = kj::AutoCloseFd(openFolder(AT_FDCWD, path().constData()));
  KJ_SYSCALL(flock(m_inUse, LOCK_EX | LOCK_NB));
  qputenv("XDG_RUNTIME_DIR", path());
}

PrivateRuntimeDirectory::~PrivateRuntimeDirectory() {
  if (m_had) {
    qputenv("XDG_RUNTIME_DIR", m_before);
  } else {
    qunsetenv("XDG_RUNTIME_DIR");
  }
}

void removeAbandonedDirectories() {
  const Folder all(opendir(SHARED_MEMORY));
  if (!all) return;
  while (const dirent* entry = readdir(all.get())) {
    const std::string name = entry->d_name;
    if (!name.starts_with(PREFIX)) continue;
    const int fd = openFolder(dirfd(all.get()), name.c_str());
    if (fd < 0) continue;
    if (!isAbandoned(fd)) {
      close(fd);
      continue;
    }
    if (Folder folder{fdopendir(fd)}) removeFiles(std::move(folder));
    unlinkat(dirfd(all.get()), name.c_str(), AT_REMOVEDIR);
  }
}

}  // namespace sallyport::display
