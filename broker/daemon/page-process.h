// The module `process` for the running broker. Runs in the broker; the spawner starts the next one.
#pragma once

#include <functional>
#include <string>

#include "broker/commands/modules/process/process-module.h"

namespace sallyport::daemon {

class PageProcess final : public commands::process::Host {
 public:
  struct Parts {
    // Whether the user has just clicked or typed in this window; it is used up.
    std::function<kj::Promise<commands::Result<bool>>(const std::string& label)> takeGesture;
    // Begins the shutdown, in a turn of its own; why is for the journal.
    std::function<void(std::string why)> startAgain;
  };
  explicit PageProcess(Parts parts) : m_parts(std::move(parts)) {}

  kj::Promise<commands::Result<commands::Null>> relaunch(const commands::Caller& caller) override;

 private:
  const Parts m_parts;
};

}  // namespace sallyport::daemon
