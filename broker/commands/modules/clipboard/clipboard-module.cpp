// cmd_write_text, cmd_read_text. Runs in the broker.
#include "broker/commands/modules/clipboard/clipboard-module.h"

#include <utility>

namespace sallyport::commands::clipboard {

Module makeModule(Host& host) {
  Module module{"clipboard", "The desktop's clipboard, right after a click or a key."};
  module.add(
      "cmd_write_text",
      "Puts a text on the clipboard; with clearAfterSeconds it is taken off again, if it is still "
      "there.",
      [&host](const Caller& caller, WriteText arguments) -> kj::Promise<Result<Null>> {
        if (arguments.text.size() > MAX_TEXT_BYTES) {
          return Result<Null>(Error{Code::TOO_LARGE, "text: more than 65536 bytes"});
        }
        const auto seconds = arguments.clearAfterSeconds;
        if (seconds && (*seconds < 1 || *seconds > MAX_CLEAR_AFTER_SECONDS)) {
          return Result<Null>(
              Error{Code::INVALID_ARGUMENT, "clearAfterSeconds: expected 1 to 3600"});
        }
        return host.writeClipboard(caller, std::move(arguments));
      });
  module.add("cmd_read_text",
             "Reads the text on the clipboard, at most 64 KiB; empty when it holds none.",
             [&host](const Caller& caller, ReadText) { return host.readClipboard(caller); });
  return module;
}

}  // namespace sallyport::commands::clipboard
