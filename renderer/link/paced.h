// Waiting for the guard's room. Runs in the renderer.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

#include <cstddef>

#include "renderer/link/pace.h"

namespace sallyport::renderer {

// Of a Call and its Finish, beside what they carry, roughly.
constexpr double MESSAGES_OF_CALL = 2;
constexpr std::size_t MESSAGE_OVERHEAD_BYTES = 256;

// Takes the cost, as soon as it can be taken. Both must outlive the promise.
kj::Promise<void> paced(Pace& pace, kj::Timer& timer, Pace::Cost cost);

}  // namespace sallyport::renderer
