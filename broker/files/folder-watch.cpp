#include "broker/files/folder-watch.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "broker/files/file-error.h"
#include "broker/files/folder-entries.h"

namespace sallyport::files {
namespace {

namespace fs = commands::fs;
using commands::Code;
using commands::Error;
using commands::Result;

constexpr std::uint32_t MASK = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM |
                               IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR |
                               IN_EXCL_UNLINK;
constexpr std::size_t BUFFER_BYTES = 65'536;

std::size_t depthOf(const std::string& beneath) {
  return beneath.empty()
             ? 0
             : 1 + static_cast<std::size_t>(std::count(beneath.begin(), beneath.end(), '/'));
}

std::string join(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + '/' + std::string(name);
}

bool sameFile(int one, int other) {
  struct stat left {};
  struct stat right {};
  return fstat(one, &left) == 0 && fstat(other, &right) == 0 && left.st_dev == right.st_dev &&
         left.st_ino == right.st_ino;
}

Error systemLimit() { return {Code::LIMIT, "The system watches no more folders for this user."}; }

}  // namespace

// What the page is told of one path is what it has to know: where it stands now, against where it
// stood.
class FolderWatch::Changes {
 public:
  void note(fs::ChangeKind kind, const std::string& path) {
    if (m_overflown) return;
    const auto found = m_at.find(path);
    if (found == m_at.end()) {
      m_bytes += path.size();
      if (m_bytes > MAX_TOLD_BYTES) return overflow();
      m_at.emplace(path, m_list.size());
      m_list.push_back({kind, path});
      return;
    }
    auto& before = m_list[found->second];
    using Kind = fs::ChangeKind;
    if (before.kind == Kind::REMOVED && kind == Kind::MADE) {
      before.kind = Kind::CHANGED;
    } else if (before.kind == Kind::MADE && kind == Kind::REMOVED) {
      before.path.clear();  // it never was
      m_at.erase(found);
    } else if (before.kind != Kind::MADE) {
      before.kind = kind;
    }
  }
  void overflow() {
    m_at.clear();
    m_list.clear();
    m_overflown = true;
  }
  bool overflown() const { return m_overflown; }
  std::vector<fs::FileChange> take() {
    std::erase_if(m_list, [](const fs::FileChange& change) { return change.path.empty(); });
    if (m_overflown) m_list.insert(m_list.begin(), {fs::ChangeKind::OVERFLOWN, {}});
    return std::move(m_list);
  }

 private:
  std::vector<fs::FileChange> m_list;
  std::map<std::string, std::size_t> m_at;
  std::size_t m_bytes = 0;  // of the paths in the list
  bool m_overflown = false;
};

FolderWatch::FolderWatch(Grant grant, fs::WatchFolder what, Location at, kj::AutoCloseFd root)
    : m_grant(std::move(grant)),
      m_what(std::move(what)),
      m_at(std::move(at)),
      m_root(kj::mv(root)),
      m_events(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

Result<std::unique_ptr<FolderWatch>> FolderWatch::open(Grant grant, const fs::WatchFolder& what) {
  auto at = locate({*grant.scope, *grant.places}, "path", what.path);
  if (at.has_error()) return at.error();
  kj::AutoCloseFd root(openBeneath(at->folder, at->name, O_PATH | O_DIRECTORY));
  if (root.get() < 0) return fileError(errno);
  std::unique_ptr<FolderWatch> watch(
      new FolderWatch(std::move(grant), what, std::move(*at), kj::mv(root)));
  if (watch->descriptor() < 0) return systemLimit();
  if (auto wrong = watch->add("", 0, nullptr)) return std::move(*wrong);
  return watch;
}

std::optional<Error> FolderWatch::add(const std::string& beneath,
                                      std::size_t depth,
                                      Changes* found) {
  if (depth == fs::MAX_TREE_DEPTH) return std::nullopt;
  if (m_folders.size() == fs::MAX_WATCHED_FOLDERS)
    return Error{Code::TOO_LARGE, "The folder holds more than 1024 folders."};
  const kj::AutoCloseFd folder(
      openBeneath(m_root, beneath.empty() ? "." : beneath, O_PATH | O_DIRECTORY));
  if (folder.get() < 0)  // gone again; the root is asked for at the end of each collect()
    return beneath.empty() ? std::optional(fileError(errno)) : std::nullopt;
  // By the opened folder, so that no link can come between.
  const std::string path = "/proc/self/fd/" + std::to_string(folder.get());
  const int number = inotify_add_watch(m_events, path.c_str(), MASK);
  if (number < 0 && errno == ENOSPC) return systemLimit();
  if (number < 0) return beneath.empty() ? std::optional(fileError(errno)) : std::nullopt;
  m_folders[number] = beneath;
  if (!m_what.recursive.value_or(false)) return std::nullopt;
  // After the watch: what is made from now on is an event, what was made before is found here.
  const auto entries = openForReading(m_root, beneath.empty() ? "." : beneath);
  if (!entries) return std::nullopt;
  while (const dirent* entry = nextOf(entries.get())) {
    if (++m_seen > fs::MAX_TREE_ENTRIES)
      return Error{Code::TOO_LARGE, "The folder holds more than 10000 files."};
    const std::string below = join(beneath, entry->d_name);
    if (!isTellable(entry->d_name) || !reach().permits(m_at, below)) continue;
    if (found != nullptr) found->note(fs::ChangeKind::MADE, below);
    if (kindOfEntry(entries.get(), *entry) != fs::FileKind::FOLDER) continue;
    if (auto wrong = add(below, depth + 1, found)) return wrong;
  }
  return std::nullopt;
}

void FolderWatch::removeBeneath(const std::string& beneath) {
  for (auto folder = m_folders.begin(); folder != m_folders.end();) {
    const std::string& at = folder->second;
    if (at != beneath && !at.starts_with(beneath + '/')) {
      ++folder;
      continue;
    }
    inotify_rm_watch(m_events, folder->first);
    folder = m_folders.erase(folder);
  }
}

std::optional<Error> FolderWatch::addAllAgain() {
  m_seen = 0;
  const auto before = std::exchange(m_folders, {});
  auto wrong = add("", 0, nullptr);
  for (const auto& [number, beneath] : before)
    if (m_folders.count(number) == 0) inotify_rm_watch(m_events, number);
  return wrong;
}

std::optional<Error> FolderWatch::take(const inotify_event& event, Changes& changes) {
  const auto folder = m_folders.find(event.wd);
  if (folder == m_folders.end()) return std::nullopt;  // no longer watched
  if ((event.mask & IN_IGNORED) != 0) {
    m_folders.erase(folder);
    return std::nullopt;
  }
  if (event.len == 0) return std::nullopt;  // of the folder itself: isStillThere()
  const std::string_view name(event.name, strnlen(event.name, event.len));
  const std::string beneath = join(folder->second, name);
  const bool isFolder = (event.mask & IN_ISDIR) != 0;
  if (isFolder && (event.mask & (IN_MOVED_FROM | IN_DELETE)) != 0) removeBeneath(beneath);
  if (!isTellable(name) || !reach().permits(m_at, beneath)) return std::nullopt;
  if ((event.mask & (IN_MOVED_FROM | IN_DELETE)) != 0) {
    changes.note(fs::ChangeKind::REMOVED, beneath);
  } else if ((event.mask & (IN_MOVED_TO | IN_CREATE)) != 0) {
    changes.note(fs::ChangeKind::MADE, beneath);
    if (!isFolder || !m_what.recursive.value_or(false) || changes.overflown()) return std::nullopt;
    auto wrong = add(beneath, depthOf(beneath), &changes);
    if (m_seen <= fs::MAX_TREE_ENTRIES) return wrong;
    changes.overflow();  // the same folders may have come again and again
  } else if (!isFolder) {
    changes.note(fs::ChangeKind::CHANGED, beneath);
  }
  return std::nullopt;
}

// The same folder by the same way: a folder that was moved elsewhere is not this page's any more.
bool FolderWatch::isStillThere() const {
  const auto at = locate(reach(), "path", m_what.path);
  if (at.has_error()) return false;
  const kj::AutoCloseFd now(openBeneath(at->folder, at->name, O_PATH | O_DIRECTORY));
  return now.get() >= 0 && sameFile(now, m_root);
}

Result<FolderWatch::Collected> FolderWatch::collect() {
  alignas(inotify_event) std::array<char, BUFFER_BYTES> buffer;
  const ssize_t size = read(m_events, buffer.data(), buffer.size());
  if (size < 0 && errno != EAGAIN && errno != EINTR) return fileError(errno);
  Changes changes;
  m_seen = 0;
  for (ssize_t at = 0; at < size;) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): as the kernel laid it out
    const auto& event = *reinterpret_cast<const inotify_event*>(buffer.data() + at);
    at += static_cast<ssize_t>(sizeof(inotify_event) + event.len);
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      changes.overflow();
    } else if (auto wrong = take(event, changes)) {
      return std::move(*wrong);
    }
  }
  if (changes.overflown())
    if (auto wrong = addAllAgain()) return std::move(*wrong);
  if (!isStillThere())
    return Error{Code::NOT_FOUND, "The folder is gone, or another one is in its place."};
  return Collected{changes.take(), size > 0};
}

}  // namespace sallyport::files
