#include "broker/daemon/page-clipboard.h"

#include "broker/daemon/frame-answer.h"

namespace sallyport::daemon {
namespace {

using commands::Code;
using commands::Error;
using commands::Null;
using commands::Result;

// Null when it was done.
std::optional<Error> refusal(proto::ClipboardOutcome outcome) {
  switch (outcome) {
    case proto::ClipboardOutcome::DONE:
      return std::nullopt;
    case proto::ClipboardOutcome::NO_FOCUS:
      return Error{Code::DENIED, "Only the window that has the focus may use the clipboard."};
    case proto::ClipboardOutcome::NO_GESTURE:
      return Error{Code::DENIED, "The clipboard may be used right after a click or a key."};
    case proto::ClipboardOutcome::TOO_LARGE:
      return Error{Code::TOO_LARGE, "The clipboard holds more than 65536 bytes."};
  }
  return frameAway();
}

}  // namespace

kj::Promise<Result<Null>> PageClipboard::writeClipboard(const commands::Caller& caller,
                                                        commands::clipboard::WriteText arguments) {
  Window* window = m_find(caller.window);
  if (window == nullptr) return Result<Null>(frameAway());
  auto request = window->frameObject().setClipboardRequest();
  request.setText(kj::StringPtr(arguments.text.c_str(), arguments.text.size()));
  request.setClearAfterSeconds(static_cast<std::uint16_t>(arguments.clearAfterSeconds.value_or(0)));
  return orFrameAway<Null>(request.send().then([](auto&& answer) -> Result<Null> {
    if (auto refused = refusal(answer.getOutcome())) return std::move(*refused);
    return Null{};
  }));
}

kj::Promise<Result<std::string>> PageClipboard::readClipboard(const commands::Caller& caller) {
  Window* window = m_find(caller.window);
  if (window == nullptr) return Result<std::string>(frameAway());
  return orFrameAway<std::string>(window->frameObject().getClipboardRequest().send().then(
      [](auto&& answer) -> Result<std::string> {
        if (auto refused = refusal(answer.getOutcome())) return std::move(*refused);
        const auto text = answer.getText();
        if (text.size() > proto::MAX_CLIPBOARD_BYTES)  // the frame is trusted less than we are
          return *refusal(proto::ClipboardOutcome::TOO_LARGE);
        return std::string(text.begin(), text.size());
      }));
}

}  // namespace sallyport::daemon
