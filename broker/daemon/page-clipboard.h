// The module `clipboard` over the frames of the app's windows. Runs in the broker. The frame says
// whether the user was there; a page cannot.
#pragma once

#include <functional>
#include <string>

#include "broker/commands/modules/clipboard/clipboard-module.h"
#include "broker/daemon/window.h"

namespace sallyport::daemon {

class PageClipboard final : public commands::clipboard::Host {
 public:
  // Null when there is no such window now.
  using Find = std::function<Window*(const std::string& label)>;
  explicit PageClipboard(Find find) : m_find(std::move(find)) {}

  kj::Promise<commands::Result<commands::Null>> writeClipboard(
      const commands::Caller& caller, commands::clipboard::WriteText arguments) override;
  kj::Promise<commands::Result<std::string>> readClipboard(const commands::Caller& caller) override;

 private:
  Find m_find;
};

}  // namespace sallyport::daemon
