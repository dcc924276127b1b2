// What a call came to, as the wire has it. Runs in the broker.
#pragma once

#include <string_view>

#include "broker/session/dispatcher.h"
#include "proto/session.capnp.h"

namespace sallyport::session {

void writeOutcome(proto::Outcome::Builder to,
                  const Settled& settled,
                  std::string_view window,
                  std::uint64_t id);
void writeFailure(proto::CallFailure::Builder to,
                  const Refusal& refusal,
                  std::string_view window,
                  std::uint64_t id);

}  // namespace sallyport::session
