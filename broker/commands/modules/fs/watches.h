// The part of the module `fs` that tells a page what changes in a folder within its scope. Runs in
// the broker.
#pragma once

#include <boost/describe.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "broker/commands/command.h"
#include "broker/commands/module.h"
#include "broker/commands/stream.h"

namespace sallyport::commands::fs {

constexpr std::size_t MAX_WATCHES_PER_WINDOW = 8;
constexpr std::size_t MAX_WATCHES = 32;             // of all windows
constexpr std::size_t MAX_WATCHED_FOLDERS = 1'024;  // of one watch

struct WatchFolder {
  std::string path;               // as of the other commands: absolute, or with a variable
  std::optional<bool> recursive;  // true: with the folders in it, at most 32 deep
};
BOOST_DESCRIBE_STRUCT(WatchFolder, (), (path, recursive))

enum class ChangeKind {
  MADE,      // is there now: made, or moved to here, perhaps in another one's place
  CHANGED,   // its content
  REMOVED,   // or moved away
  OVERFLOWN  // too much at once: some changes are not told, read the folder again
};
BOOST_DESCRIBE_ENUM(ChangeKind, MADE, CHANGED, REMOVED, OVERFLOWN)

struct FileChange {
  ChangeKind kind = ChangeKind::CHANGED;
  std::string path;  // beneath the folder: "a.txt", "sub/a.txt"; empty for OVERFLOWN
};
BOOST_DESCRIBE_STRUCT(FileChange, (), (kind, path))

class Watcher {
 public:
  virtual ~Watcher() = default;
  // DENIED and NOT_FOUND as when the folder is read; TOO_LARGE: over 1,024 folders, 10,000 files;
  // LIMIT: more watches than the constants above, or than the system allows. Only what the scope
  // reaches is told, by its name and never by what is in it. Ends with NOT_FOUND when another
  // folder, or none, is at the path.
  virtual kj::Promise<Result<Stream<FileChange>>> watch(const Caller& caller, WatchFolder what) = 0;
};

// watcher must outlive the registry.
void addWatches(Module& module, Watcher& watcher);

}  // namespace sallyport::commands::fs
