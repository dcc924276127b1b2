// The commands of the module `fs`. Runs in the broker.
#include "broker/commands/modules/fs/fs-module.h"

#include <utility>

namespace sallyport::commands::fs {
namespace {

constexpr CommandOptions READS{.scope = capabilities::ScopeKind::PATH};
// A disk may be slow; what was begun is finished, so that its outcome can be found.
constexpr CommandOptions WRITES{.deadline = std::chrono::seconds(120),
                                .onAbandon = OnAbandon::RUN_TO_END,
                                .scope = capabilities::ScopeKind::PATH};

kj::Promise<Result<Null>> writeText(Host& host, const Caller& caller, WriteTextFile what) {
  if (what.text.size() > MAX_TEXT_BYTES)
    return Result<Null>(Error{Code::TOO_LARGE, "text: more than 262144 bytes"});
  return host.writeText(caller, std::move(what));
}

kj::Promise<Result<Null>> write(Host& host, const Caller& caller, WriteFile what) {
  if (what.bytes.value.size() > MAX_PIECE_BYTES)
    return Result<Null>(Error{Code::TOO_LARGE, "bytes: more than 262144"});
  return host.write(caller, std::move(what));
}

kj::Promise<Result<FilePiece>> read(Host& host, const Caller& caller, ReadFile what) {
  if (what.offset.value_or(0) < 0)
    return Result<FilePiece>(Error{Code::INVALID_ARGUMENT, "offset: expected 0 or more"});
  return host.read(caller, std::move(what));
}

}  // namespace

Module makeModule(Host& host, Picker& picker, Watcher& watcher) {
  Module module{"fs", "Files and folders within the grant's scope, and files that the user picks."};
  module.add("cmd_read_text_file",
             "Reads a file of UTF-8 text, at most 256 KiB.",
             host,
             &Host::readText,
             READS);
  module.add("cmd_read_folder",
             "Lists a folder, as far as the grant's scope reaches.",
             host,
             &Host::readFolder,
             READS);
  module.add(
      "cmd_stat_file", "Tells kind, size and time of a file or folder.", host, &Host::stat, READS);
  module.add(
      "cmd_write_text_file",
      "Writes a file of UTF-8 text, at most 256 KiB; all of it or nothing.",
      [&host](const Caller& caller, WriteTextFile what) {
        return writeText(host, caller, std::move(what));
      },
      WRITES);
  module.add(
      "cmd_read_file",
      "Reads at most 256 KiB of a file, from an offset on.",
      [&host](const Caller& caller, ReadFile what) { return read(host, caller, std::move(what)); },
      READS);
  module.add(
      "cmd_write_file",
      "Writes a file of at most 256 KiB, all of it or nothing; longer ones by appending.",
      [&host](const Caller& caller, WriteFile what) {
        return write(host, caller, std::move(what));
      },
      WRITES);
  module.add("cmd_make_folder", "Makes a folder.", host, &Host::makeFolder, WRITES);
  module.add("cmd_remove_file", "Removes a file or a folder.", host, &Host::remove, WRITES);
  module.add(
      "cmd_rename_file", "Renames or moves a file or a folder.", host, &Host::rename, WRITES);
  module.add("cmd_copy_file", "Copies a file, at most 256 MiB.", host, &Host::copy, WRITES);
  addWatches(module, watcher);
  addPickedFiles(module, picker);
  return module;
}

}  // namespace sallyport::commands::fs
