#include "broker/files/folder-operations.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <vector>

#include "broker/files/file-error.h"
#include "broker/files/file-operations.h"
#include "broker/files/folder-entries.h"

namespace sallyport::files {
namespace {

using commands::Code;
using commands::Error;
using commands::Null;
using commands::Result;

constexpr mode_t NEW_FOLDER = 0700;

struct TreeEntry {
  std::string relative;  // to the tree's own folder, "a/b"
  bool folder;
};

// All that is in a folder, what holds before what is held. Fails when there is too much of it.
class Tree {
 public:
  explicit Tree(const Location& at) : m_at(at) {}

  std::optional<Error> read() { return readFolder("", 0); }
  const std::vector<TreeEntry>& entries() const { return m_entries; }

  // Each entry, as if the tree stood here.
  bool permitted(const Reach& reach, const Location& here) const {
    return std::all_of(m_entries.begin(), m_entries.end(), [&](const TreeEntry& entry) {
      return reach.permits(here, entry.relative);
    });
  }

  std::optional<Error> remove() const {
    for (auto entry = m_entries.rbegin(); entry != m_entries.rend(); ++entry) {
      const std::string whole = m_at.name + '/' + entry->relative;
      const std::size_t slash = whole.rfind('/');
      const kj::AutoCloseFd folder(
          openBeneath(m_at.folder, whole.substr(0, slash), O_PATH | O_DIRECTORY));
      if (folder.get() < 0) return fileError(errno);
      if (unlinkat(folder, whole.c_str() + slash + 1, entry->folder ? AT_REMOVEDIR : 0) != 0)
        return fileError(errno);
    }
    return std::nullopt;
  }

 private:
  std::optional<Error> readFolder(const std::string& relative, std::size_t depth) {
    if (depth == fs::MAX_TREE_DEPTH)
      return Error{Code::TOO_LARGE, "The folder is more than 32 folders deep."};
    const auto folder =
        openForReading(m_at.folder, relative.empty() ? m_at.name : m_at.name + '/' + relative);
    if (!folder) return fileError(errno);
    std::vector<std::string> below;
    while (const dirent* entry = nextOf(folder.get())) {
      if (m_entries.size() == fs::MAX_TREE_ENTRIES)
        return Error{Code::TOO_LARGE, "The folder holds more than 10000 files."};
      std::string path = relative.empty() ? entry->d_name : relative + '/' + entry->d_name;
      const bool isFolder = kindOfEntry(folder.get(), *entry) == fs::FileKind::FOLDER;
      if (isFolder) below.push_back(path);
      m_entries.push_back({std::move(path), isFolder});
    }
    if (errno != 0) return fileError(errno);
    for (const auto& path : below)
      if (auto wrong = readFolder(path, depth + 1)) return wrong;
    return std::nullopt;
  }

  const Location& m_at;
  std::vector<TreeEntry> m_entries;
};

std::optional<Error> makeOne(const Location& at, bool existingIsFine) {
  if (at.isAnchor()) return existingIsFine ? std::nullopt : std::optional(fileError(EEXIST));
  if (mkdirat(at.folder, at.name.c_str(), NEW_FOLDER) == 0) return std::nullopt;
  if (errno != EEXIST || !existingIsFine) return fileError(errno);
  const kj::AutoCloseFd there(openBeneath(at.folder, at.name, O_PATH | O_DIRECTORY));
  if (there.get() < 0) return fileError(errno);
  return std::nullopt;
}

}  // namespace

Result<fs::Folder> readFolder(const Reach& reach, const fs::ReadFolder& what) {
  const auto at = locate(reach, "path", what.path);
  if (at.has_error()) return at.error();
  const auto folder = openForReading(at->folder, at->name);
  if (!folder) return fileError(errno);
  fs::Folder result;
  std::size_t seen = 0;
  const dirent* entry = nullptr;
  while ((entry = nextOf(folder.get())) != nullptr) {
    if (++seen > fs::MAX_TREE_ENTRIES || result.entries.size() == fs::MAX_FOLDER_ENTRIES) {
      result.complete = false;
      break;
    }
    if (isTellable(entry->d_name) && reach.permits(*at, entry->d_name))
      result.entries.push_back({entry->d_name, kindOfEntry(folder.get(), *entry)});
  }
  if (entry == nullptr && errno != 0) return fileError(errno);
  std::sort(result.entries.begin(), result.entries.end(), [](const auto& a, const auto& b) {
    return a.name < b.name;
  });
  return result;
}

Result<Null> makeFolder(const Reach& reach, const fs::MakeFolder& what) {
  const bool parents = what.parents.value_or(false);
  auto at = locate(reach, "path", what.path);
  if (at.has_error() && at.error().code == Code::NOT_FOUND && parents) {
    // Each of them must be in reach itself, so this ends at the scope's own folder.
    const std::size_t slash = what.path.rfind('/');
    if (slash == std::string::npos || slash == 0) return at.error();
    auto above = makeFolder(reach, {what.path.substr(0, slash), true});
    if (above.has_error()) return above.error();
    at = locate(reach, "path", what.path);
  }
  if (at.has_error()) return at.error();
  if (auto wrong = makeOne(*at, parents)) return *wrong;
  return Null{};
}

Result<Null> removeFile(const Reach& reach, const fs::RemoveFile& what) {
  const auto at = locate(reach, "path", what.path);
  if (at.has_error()) return at.error();
  if (at->isAnchor()) return outOfReach();
  struct stat status {};
  if (fstatat(at->folder, at->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return fileError(errno);
  const bool folder = S_ISDIR(status.st_mode);
  if (folder && what.recursive.value_or(false)) {
    Tree tree(*at);
    if (auto wrong = tree.read()) return *wrong;
    if (!tree.permitted(reach, *at)) return outOfReach();
    if (auto wrong = tree.remove()) return *wrong;
  }
  if (unlinkat(at->folder, at->name.c_str(), folder ? AT_REMOVEDIR : 0) != 0)
    return fileError(errno);
  return Null{};
}

Result<Null> renameFile(const Reach& reach, const fs::RenameFile& what) {
  const auto from = locate(reach, "from", what.from);
  if (from.has_error()) return from.error();
  const auto to = locate(reach, "to", what.to);
  if (to.has_error()) return to.error();
  if (from->isAnchor() || to->isAnchor()) return outOfReach();
  struct stat status {};
  if (fstatat(from->folder, from->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return fileError(errno);
  if (S_ISLNK(status.st_mode)) return fileError(ELOOP);
  if (S_ISDIR(status.st_mode)) {
    Tree tree(*from);
    if (auto wrong = tree.read()) return *wrong;
    if (!tree.permitted(reach, *from) || !tree.permitted(reach, *to)) return outOfReach();
  }
  const unsigned flags = what.replace.value_or(false) ? 0 : RENAME_NOREPLACE;
  if (renameat2(from->folder, from->name.c_str(), to->folder, to->name.c_str(), flags) != 0)
    return errno == EXDEV ? Result<Null>(Error{Code::NOT_SUPPORTED, "It is on another disk."})
                          : Result<Null>(fileError(errno));
  return Null{};
}

}  // namespace sallyport::files
