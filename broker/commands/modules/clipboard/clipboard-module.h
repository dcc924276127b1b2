// The module `clipboard`: the desktop's clipboard, only by the user's hand. Runs in the broker; the
// frame of the calling window does the work and knows whether the user was there.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "broker/commands/command.h"
#include "broker/commands/module.h"

namespace sallyport::commands::clipboard {

// proto/frame.capnp's limits.
constexpr std::size_t MAX_TEXT_BYTES = 65'536;
constexpr std::int32_t MAX_CLEAR_AFTER_SECONDS = 3'600;

struct WriteText {
  std::string text;
  std::optional<std::int32_t> clearAfterSeconds;  // 1 to 3600; absent: it stays
};
BOOST_DESCRIBE_STRUCT(WriteText, (), (text, clearAfterSeconds))

struct ReadText {};
BOOST_DESCRIBE_STRUCT(ReadText, (), ())

// The clipboard as one window reaches it. Both refuse with DENIED unless the window has the focus
// and the user has just clicked or typed in it, whatever the page says of that.
class Host {
 public:
  virtual ~Host() = default;
  // arguments are within the limits above.
  virtual kj::Promise<Result<Null>> writeClipboard(const Caller& caller, WriteText arguments) = 0;
  // At most MAX_TEXT_BYTES; TOO_LARGE when the clipboard holds more.
  virtual kj::Promise<Result<std::string>> readClipboard(const Caller& caller) = 0;
};

// The host must outlive the registry.
Module makeModule(Host& host);

}  // namespace sallyport::commands::clipboard
