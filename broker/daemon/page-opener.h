// The module `opener` for the running broker: what may be opened, how often, and that the user
// asked for it. Runs in the broker.
#pragma once

#include <kj/timer.h>

#include <functional>
#include <map>
#include <string>

#include "broker/commands/modules/opener/opener-module.h"
#include "broker/daemon/app-file.h"
#include "broker/opener/opener-wire.h"

namespace sallyport::daemon {

class PageOpener final : public commands::opener::Host {
 public:
  static constexpr unsigned LINKS_PER_MINUTE = 10;  // of one window

  struct Parts {
    const AppFile& app;
    kj::Timer& timer;
    // Whether the user has just clicked or typed in this window; it is used up.
    std::function<kj::Promise<commands::Result<bool>>(const std::string& label)> takeGesture;
    std::function<bool()> full;
    // Rejects when there is no opener.
    std::function<kj::Promise<opener::Opened>(std::string link)> open;
  };
  explicit PageOpener(Parts parts) : m_parts(std::move(parts)) {}

  kj::Promise<commands::Result<commands::Null>> openLink(const commands::Caller& caller,
                                                         capabilities::Link link) override;

 private:
  struct Minute {
    kj::TimePoint since;
    unsigned links = 0;
  };
  bool takeTurn(const std::string& label);

  const Parts m_parts;
  std::map<std::string, Minute> m_minutes;  // by label, so as many as the app declares
};

}  // namespace sallyport::daemon
