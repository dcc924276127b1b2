// The second half of the module `fs`: files that the user picks in a dialog. The page gets a name
// and a handle, never a path; the handle works for this window and origin alone and needs no scope,
// because the user's pick is the grant. Runs in the broker; the dialog is a process of its own.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/commands/command.h"
#include "broker/commands/module.h"

namespace sallyport::commands::fs {

// proto/chooser.capnp's limits.
constexpr std::size_t MAX_PICKED_FILES = 16;
constexpr std::size_t MAX_FILE_FILTERS = 8;
constexpr std::size_t MAX_FILTER_EXTENSIONS = 16;
constexpr std::size_t MAX_FILTER_NAME_BYTES = 64;
constexpr std::size_t MAX_FILE_NAME_BYTES = 255;
// Of one call's bytes, here and in fs-module.h; base64 makes a third more of them.
constexpr std::size_t MAX_PIECE_BYTES = 262'144;

struct FileFilter {
  std::string name;                     // "Pictures"
  std::vector<std::string> extensions;  // "png", without the dot
};
BOOST_DESCRIBE_STRUCT(FileFilter, (), (name, extensions))

enum class PickMode { ONE, MANY, EDIT };
BOOST_DESCRIBE_ENUM(PickMode, ONE, MANY, EDIT)

struct PickFiles {
  std::optional<PickMode> mode;  // absent: ONE; EDIT: one, that may be written too
  std::optional<std::vector<FileFilter>> filters;
};
BOOST_DESCRIBE_STRUCT(PickFiles, (), (mode, filters))

struct PickSaveFile {
  std::optional<std::string> name;  // what the dialog suggests
  std::optional<std::vector<FileFilter>> filters;
};
BOOST_DESCRIBE_STRUCT(PickSaveFile, (), (name, filters))

struct PickedFile {
  std::string handle;
  std::string name;  // without its folder
};
BOOST_DESCRIBE_STRUCT(PickedFile, (), (handle, name))

struct PickedFiles {
  std::vector<PickedFile> files;  // empty: the user closed the dialog
};
BOOST_DESCRIBE_STRUCT(PickedFiles, (), (files))

struct ReadPickedText {
  std::string handle;
};
BOOST_DESCRIBE_STRUCT(ReadPickedText, (), (handle))

struct WritePickedText {
  std::string handle;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(WritePickedText, (), (handle, text))

struct FilePiece {
  Bytes bytes;       // at most MAX_PIECE_BYTES; none behind the end
  bool end = false;  // the file has nothing behind these
};
BOOST_DESCRIBE_STRUCT(FilePiece, (), (bytes, end))

struct ReadPickedFile {
  std::string handle;
  std::optional<std::int64_t> offset;  // absent: from its start
};
BOOST_DESCRIBE_STRUCT(ReadPickedFile, (), (handle, offset))

struct WritePickedFile {
  std::string handle;
  Bytes bytes;
  std::optional<bool> append;  // true: behind what is there; else in its place
};
BOOST_DESCRIBE_STRUCT(WritePickedFile, (), (handle, bytes, append))

struct ReleasePickedFile {
  std::string handle;
};
BOOST_DESCRIBE_STRUCT(ReleasePickedFile, (), (handle))

// A handle may be any text: NOT_FOUND is for what this window and origin was not given.
class Picker {
 public:
  virtual ~Picker() = default;
  // Both are DENIED unless the user has just clicked or typed in the window, and RATE_LIMITED while
  // a dialog of the app is open.
  virtual kj::Promise<Result<PickedFiles>> pick(const Caller& caller, PickFiles what) = 0;
  virtual kj::Promise<Result<PickedFiles>> pickSave(const Caller& caller, PickSaveFile what) = 0;
  virtual kj::Promise<Result<std::string>> readPicked(const Caller& caller,
                                                      ReadPickedText what) = 0;
  // Replaces what the file holds. DENIED for one that was picked to be read.
  virtual kj::Promise<Result<Null>> writePicked(const Caller& caller, WritePickedText what) = 0;
  virtual kj::Promise<Result<FilePiece>> readPickedBytes(const Caller& caller,
                                                         ReadPickedFile what) = 0;
  virtual kj::Promise<Result<Null>> writePickedBytes(const Caller& caller,
                                                     WritePickedFile what) = 0;
  virtual Result<Null> release(const Caller& caller, ReleasePickedFile what) = 0;
};

void addPickedFiles(Module& module, Picker& picker);

}  // namespace sallyport::commands::fs
