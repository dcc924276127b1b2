#include "broker/files/location.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "broker/commands/modules/path/written-path.h"
#include "broker/files/file-error.h"

namespace sallyport::files {
namespace {

using commands::Result;

bool isWithin(std::string_view path, std::string_view folder) {
  if (folder == "/") return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool isClosed(const Places& places, std::string_view realPath) {
  const auto contains = [&](const std::string& folder) { return isWithin(realPath, folder); };
  return std::any_of(places.closed.begin(), places.closed.end(), contains) &&
         std::none_of(places.own.begin(), places.own.end(), contains);
}

// Files that are none: they act when they are read or written.
bool isMadeUp(int fd) {
  struct statfs status {};
  if (fstatfs(fd, &status) != 0) return true;
  return status.f_type == PROC_SUPER_MAGIC || status.f_type == SYSFS_MAGIC;
}

std::optional<std::string> realPathOf(int fd) {
  std::array<char, PATH_MAX> buffer{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), buffer.data(), buffer.size());
  // Never cut: the kernel writes such a path, with the NUL that is not counted, into PATH_MAX
  // bytes.
  if (size <= 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

Result<Location> openFolder(const std::string& anchor, std::string path) {
  kj::AutoCloseFd root(open(anchor.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (root.get() < 0) return fileError(errno);
  std::string relative = path.substr(anchor == "/" ? 0 : anchor.size());
  if (relative.empty()) return Location{kj::mv(root), ".", std::move(path), {}};
  relative.erase(0, 1);  // its slash
  const std::size_t last = relative.rfind('/');
  if (last == std::string::npos)
    return Location{kj::mv(root), std::move(relative), std::move(path), {}};
  kj::AutoCloseFd folder(openBeneath(root, relative.substr(0, last), O_PATH | O_DIRECTORY));
  if (folder.get() < 0) return fileError(errno);
  return Location{kj::mv(folder), relative.substr(last + 1), std::move(path), {}};
}

}  // namespace

bool Reach::permits(const Location& location, std::string_view beneath) const {
  const auto under = [&](const std::string& folder) {
    return (folder == "/" ? folder : folder + '/') + std::string(beneath);
  };
  return capabilities::permitsPath(scope, under(location.path), places.variables) &&
         !isClosed(places, under(location.realPath));
}

std::optional<std::string> anchorOf(const capabilities::PathPattern& pattern,
                                    const capabilities::PathVariables& variables) {
  std::string anchor;
  if (!pattern.variable.empty()) {
    const auto value = variables.find(pattern.variable);
    if (value == variables.end()) return std::nullopt;
    anchor = value->second;
  }
  for (std::size_t i = 0; i + 1 < pattern.segments.size(); ++i) {
    if (pattern.segments[i].find('*') != std::string::npos) break;
    anchor += '/' + pattern.segments[i];
  }
  return anchor.empty() ? "/" : anchor;
}

int openBeneath(int folder, const std::string& name, std::uint64_t flags, mode_t mode) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
}

Result<Location> locate(const Reach& reach, std::string_view field, std::string_view text) {
  auto plain = commands::path::plainPath(field, text, reach.places.variables);
  if (plain.has_error()) return plain.error();
  const auto* pattern = capabilities::allowingPath(reach.scope, *plain, reach.places.variables);
  const auto anchor =
      pattern == nullptr ? std::nullopt : anchorOf(*pattern, reach.places.variables);
  if (!anchor) return outOfReach();
  auto location = openFolder(*anchor, std::move(*plain));
  if (location.has_error()) return location.error();
  if (isMadeUp(location->folder)) return outOfReach();
  auto real = realPathOf(location->folder);
  if (!real) return outOfReach();
  if (!location->isAnchor()) *real += (*real == "/" ? "" : "/") + location->name;
  if (isClosed(reach.places, *real)) return outOfReach();
  location->realPath = std::move(*real);
  return location;
}

}  // namespace sallyport::files
