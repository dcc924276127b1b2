// The module `fs`: files and folders within the scope of the grant, and those that the user picks
// (picked-files.h). Runs in the broker; the work is
// the host's, which asks the scope and opens everything beneath it.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/commands/command.h"
#include "broker/commands/module.h"
#include "broker/commands/modules/fs/picked-files.h"
#include "broker/commands/modules/fs/watches.h"

namespace sallyport::commands::fs {

// A call's arguments are at most 512 KiB of JSON and its result 1 MiB (proto/session.capnp).
constexpr std::size_t MAX_TEXT_BYTES = 262'144;
constexpr std::size_t MAX_FOLDER_ENTRIES = 4'096;
constexpr std::int64_t MAX_COPY_BYTES = 268'435'456;
constexpr std::size_t MAX_TREE_ENTRIES = 10'000;  // that one call removes or moves
constexpr std::size_t MAX_TREE_DEPTH = 32;

enum class FileKind { FILE, FOLDER, LINK, OTHER };
BOOST_DESCRIBE_ENUM(FileKind, FILE, FOLDER, LINK, OTHER)

struct FileInfo {
  FileKind kind = FileKind::FILE;
  std::int64_t bytes = 0;       // of a file
  std::int64_t modifiedAt = 0;  // milliseconds since 1970
};
BOOST_DESCRIBE_STRUCT(FileInfo, (), (kind, bytes, modifiedAt))

struct FolderEntry {
  std::string name;
  FileKind kind = FileKind::FILE;
};
BOOST_DESCRIBE_STRUCT(FolderEntry, (), (name, kind))

struct Folder {
  std::vector<FolderEntry> entries;  // by name; without what the scope does not reach
  bool complete = true;              // false: there are more than MAX_FOLDER_ENTRIES
};
BOOST_DESCRIBE_STRUCT(Folder, (), (entries, complete))

// A path is absolute, or begins with a variable: "$APPDATA/notes/a.txt".
struct ReadTextFile {
  std::string path;
};
BOOST_DESCRIBE_STRUCT(ReadTextFile, (), (path))

enum class WriteMode { REPLACE, CREATE, APPEND };
BOOST_DESCRIBE_ENUM(WriteMode, REPLACE, CREATE, APPEND)

struct WriteTextFile {
  std::string path;
  std::string text;
  std::optional<WriteMode> mode;  // absent: REPLACE, which makes the file when it is not there
};
BOOST_DESCRIBE_STRUCT(WriteTextFile, (), (path, text, mode))

// A file of any size is read piece by piece, and written by APPEND.
struct ReadFile {
  std::string path;
  std::optional<std::int64_t> offset;  // absent: from its start
};
BOOST_DESCRIBE_STRUCT(ReadFile, (), (path, offset))

struct WriteFile {
  std::string path;
  Bytes bytes;
  std::optional<WriteMode> mode;
};
BOOST_DESCRIBE_STRUCT(WriteFile, (), (path, bytes, mode))

struct ReadFolder {
  std::string path;
};
BOOST_DESCRIBE_STRUCT(ReadFolder, (), (path))

struct StatFile {
  std::string path;
};
BOOST_DESCRIBE_STRUCT(StatFile, (), (path))

struct MakeFolder {
  std::string path;
  std::optional<bool> parents;  // true: with the folders above it, and an existing one is fine
};
BOOST_DESCRIBE_STRUCT(MakeFolder, (), (path, parents))

struct RemoveFile {
  std::string path;
  std::optional<bool> recursive;  // true: a folder with all that is in it
};
BOOST_DESCRIBE_STRUCT(RemoveFile, (), (path, recursive))

struct RenameFile {
  std::string from;
  std::string to;
  std::optional<bool> replace;  // true: a file that is there goes
};
BOOST_DESCRIBE_STRUCT(RenameFile, (), (from, to, replace))

struct CopyFile {
  std::string from;
  std::string to;
  std::optional<bool> replace;
};
BOOST_DESCRIBE_STRUCT(CopyFile, (), (from, to, replace))

// Every path is asked of caller.scope before anything is touched; DENIED is for what it does not
// reach, for a symbolic link on the way, and for what the system forbids. A write is durable when
// it is answered, and never seen half done, but for APPEND.
class Host {
 public:
  virtual ~Host() = default;
  // TOO_LARGE over MAX_TEXT_BYTES; NOT_SUPPORTED for what is no UTF-8 text without NUL.
  virtual kj::Promise<Result<std::string>> readText(const Caller& caller, ReadTextFile what) = 0;
  // CONFLICT: CREATE, and it is there. LIMIT: the disk is nearly full.
  virtual kj::Promise<Result<Null>> writeText(const Caller& caller, WriteTextFile what) = 0;
  virtual kj::Promise<Result<FilePiece>> read(const Caller& caller, ReadFile what) = 0;
  virtual kj::Promise<Result<Null>> write(const Caller& caller, WriteFile what) = 0;
  virtual kj::Promise<Result<Folder>> readFolder(const Caller& caller, ReadFolder what) = 0;
  virtual kj::Promise<Result<FileInfo>> stat(const Caller& caller, StatFile what) = 0;
  virtual kj::Promise<Result<Null>> makeFolder(const Caller& caller, MakeFolder what) = 0;
  // CONFLICT: a folder with something in it, not RECURSIVE. With it, nothing is removed when one of
  // what is in it is out of reach.
  virtual kj::Promise<Result<Null>> remove(const Caller& caller, RemoveFile what) = 0;
  // A folder moves only when all that is in it is in reach at both places.
  virtual kj::Promise<Result<Null>> rename(const Caller& caller, RenameFile what) = 0;
  // Files only, up to MAX_COPY_BYTES.
  virtual kj::Promise<Result<Null>> copy(const Caller& caller, CopyFile what) = 0;
};

// All must outlive the registry.
Module makeModule(Host& host, Picker& picker, Watcher& watcher);

}  // namespace sallyport::commands::fs
