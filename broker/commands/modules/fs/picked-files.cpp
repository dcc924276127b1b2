// cmd_pick_files, cmd_pick_save_file, cmd_read_picked_text, cmd_write_picked_text,
// cmd_read_picked_file, cmd_write_picked_file, cmd_release_picked_file. Runs in the broker.
#include "broker/commands/modules/fs/picked-files.h"

#include <algorithm>
#include <utility>

#include "broker/commands/modules/fs/fs-module.h"

namespace sallyport::commands::fs {
namespace {

// As long as a person may look for a file.
constexpr CommandOptions WITH_DIALOG{.deadline = std::chrono::minutes(10)};
constexpr CommandOptions WRITES{.deadline = std::chrono::seconds(120),
                                .onAbandon = OnAbandon::RUN_TO_END};
constexpr std::size_t MAX_EXTENSION_BYTES = 16;

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool isExtension(const std::string& text) {
  return !text.empty() && text.size() <= MAX_EXTENSION_BYTES &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

std::optional<Error> wrongFilters(const std::optional<std::vector<FileFilter>>& filters) {
  const auto wrong = [](const char* what) { return Error{Code::INVALID_ARGUMENT, what}; };
  if (!filters) return std::nullopt;
  if (filters->size() > MAX_FILE_FILTERS) return wrong("filters: more than 8");
  for (const auto& filter : *filters) {
    if (filter.name.empty() || filter.name.size() > MAX_FILTER_NAME_BYTES ||
        std::any_of(filter.name.begin(), filter.name.end(), &isControl))
      return wrong("filters: a name has 1 to 64 bytes without control characters");
    if (filter.extensions.empty() || filter.extensions.size() > MAX_FILTER_EXTENSIONS ||
        !std::all_of(filter.extensions.begin(), filter.extensions.end(), &isExtension))
      return wrong("filters: 1 to 16 extensions of 1 to 16 letters and digits");
  }
  return std::nullopt;
}

std::optional<Error> wrongName(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  const bool good = !name->empty() && name->size() <= MAX_FILE_NAME_BYTES && name->front() != '.' &&
                    name->find('/') == std::string::npos &&
                    std::none_of(name->begin(), name->end(), &isControl);
  if (good) return std::nullopt;
  return Error{Code::INVALID_ARGUMENT,
               "name: expected 1 to 255 bytes without a slash and without a dot at the start"};
}

}  // namespace

void addPickedFiles(Module& module, Picker& picker) {
  module.add(
      "cmd_pick_files",
      "Lets the user pick files in a dialog, right after a click or a key; gives handles, no "
      "paths.",
      [&picker](const Caller& caller, PickFiles what) -> kj::Promise<Result<PickedFiles>> {
        if (auto wrong = wrongFilters(what.filters)) return Result<PickedFiles>(std::move(*wrong));
        return picker.pick(caller, std::move(what));
      },
      WITH_DIALOG);
  module.add(
      "cmd_pick_save_file",
      "Lets the user say in a dialog where to save, right after a click or a key; gives a handle.",
      [&picker](const Caller& caller, PickSaveFile what) -> kj::Promise<Result<PickedFiles>> {
        if (auto wrong = wrongFilters(what.filters)) return Result<PickedFiles>(std::move(*wrong));
        if (auto wrong = wrongName(what.name)) return Result<PickedFiles>(std::move(*wrong));
        return picker.pickSave(caller, std::move(what));
      },
      WITH_DIALOG);
  module.add("cmd_read_picked_text",
             "Reads a picked file of UTF-8 text, at most 256 KiB.",
             picker,
             &Picker::readPicked);
  module.add(
      "cmd_write_picked_text",
      "Replaces what a file holds that was picked to be written, with at most 256 KiB of text.",
      [&picker](const Caller& caller, WritePickedText what) -> kj::Promise<Result<Null>> {
        if (what.text.size() > MAX_TEXT_BYTES)
          return Result<Null>(Error{Code::TOO_LARGE, "text: more than 262144 bytes"});
        return picker.writePicked(caller, std::move(what));
      },
      WRITES);
  module.add(
      "cmd_read_picked_file",
      "Reads at most 256 KiB of a picked file, from an offset on.",
      [&picker](const Caller& caller, ReadPickedFile what) -> kj::Promise<Result<FilePiece>> {
        if (what.offset.value_or(0) < 0)
          return Result<FilePiece>(Error{Code::INVALID_ARGUMENT, "offset: expected 0 or more"});
        return picker.readPickedBytes(caller, std::move(what));
      });
  module.add(
      "cmd_write_picked_file",
      "Replaces or lengthens a file that was picked to be written, with at most 256 KiB.",
      [&picker](const Caller& caller, WritePickedFile what) -> kj::Promise<Result<Null>> {
        if (what.bytes.value.size() > MAX_PIECE_BYTES)
          return Result<Null>(Error{Code::TOO_LARGE, "bytes: more than 262144"});
        return picker.writePickedBytes(caller, std::move(what));
      },
      WRITES);
  module.add("cmd_release_picked_file",
             "Gives a picked file back; its handle is worth nothing from then on.",
             picker,
             &Picker::release);
}

}  // namespace sallyport::commands::fs
