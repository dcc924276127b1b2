// A frame that is away or breaks off is no bug of ours: what the commands that ask one say then.
// Runs in the broker.
#pragma once

#include <kj/async.h>

#include "broker/commands/error.h"

namespace sallyport::daemon {

inline commands::Error frameAway() {
  return {commands::Code::UNAVAILABLE, "The window's frame does not answer."};
}

template <typename Value>
kj::Promise<commands::Result<Value>> orFrameAway(kj::Promise<commands::Result<Value>> promise) {
  return promise.catch_([](kj::Exception&& failure) -> commands::Result<Value> {
    if (failure.getType() != kj::Exception::Type::DISCONNECTED)
      kj::throwFatalException(kj::mv(failure));
    return frameAway();
  });
}

}  // namespace sallyport::daemon
