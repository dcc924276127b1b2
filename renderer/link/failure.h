// Failures that a page learns: as the broker sent them, and those that are made on this side. Runs
// in the renderer.
#pragma once

#include <string_view>

#include "proto/session.capnp.h"
#include "renderer/link/types.h"

namespace sallyport::renderer {

Failure madeHere(CallId id, const char* code, const char* message);
Failure disconnected(CallId id);
Failure broken(CallId id);  // the broker answered with an exception
Failure cancelled(CallId id);
Failure tooLarge(CallId id);

// id: the page's own number, whatever is on the wire.
Failure readFailure(proto::CallFailure::Reader wire, CallId id);

// A message over the guard's limit would end the session; a page that asks too much gets tooLarge()
// instead.
bool tooLarge(std::string_view command, std::string_view arguments);

}  // namespace sallyport::renderer
