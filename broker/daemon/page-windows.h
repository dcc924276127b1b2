// What pages may ask of their windows' frames: the side of the framework's modules that knows
// processes. Runs in the broker. The frame says whether the user was there; a page cannot.
#pragma once

#include <functional>
#include <string>

#include "broker/commands/modules/clipboard/clipboard-module.h"
#include "broker/daemon/window.h"

namespace sallyport::daemon {

class PageWindows final : public commands::clipboard::Host {
 public:
  // Null when there is no such window now.
  using Find = std::function<Window*(const std::string& label)>;
  explicit PageWindows(Find find) : m_find(std::move(find)) {}

  kj::Promise<commands::Result<commands::Null>> writeClipboard(
      const commands::Caller& caller, commands::clipboard::WriteText arguments) override;
  kj::Promise<commands::Result<std::string>> readClipboard(const commands::Caller& caller) override;

 private:
  Find m_find;
};

}  // namespace sallyport::daemon
