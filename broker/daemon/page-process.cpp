#include "broker/daemon/page-process.h"

#include <utility>

namespace sallyport::daemon {

using commands::Code;
using commands::Error;
using commands::Null;
using commands::Result;

kj::Promise<Result<Null>> PageProcess::relaunch(const commands::Caller& caller) {
  return m_parts.takeGesture(caller.window)
      .then([this, window = caller.window](Result<bool> given) -> Result<Null> {
        if (given.has_error()) return given.error();
        if (!*given)
          return Error{Code::DENIED, "The app may be started again right after a click or a key."};
        m_parts.startAgain("window " + window + " asked for it, and to start again");
        return Null{};
      });
}

}  // namespace sallyport::daemon
