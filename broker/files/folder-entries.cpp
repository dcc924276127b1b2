#include "broker/files/folder-entries.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "broker/files/file-operations.h"
#include "broker/files/location.h"
#include "broker/files/text.h"

namespace sallyport::files {

namespace fs = commands::fs;

OpenFolder openForReading(int folder, const std::string& name) {
  const int fd = openBeneath(folder, name, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return nullptr;
  OpenFolder opened(fdopendir(fd));
  if (!opened) close(fd);
  return opened;
}

const dirent* nextOf(DIR* folder) {
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(folder);
    if (entry == nullptr ||
        (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0))
      return entry;
  }
}

fs::FileKind kindOfEntry(DIR* folder, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return kindOf(static_cast<mode_t>(DTTOIF(entry.d_type)));
  struct stat status {};
  if (fstatat(dirfd(folder), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
    return fs::FileKind::OTHER;
  return kindOf(status.st_mode);
}

bool isTellable(std::string_view name) {
  return isText(name) && std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

}  // namespace sallyport::files
