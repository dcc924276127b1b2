// Reading the cage of a running process from outside, at its start and again and again: how often,
// how a doubt is settled, what the journal says. Runs in the broker; the spawner does the reading.
#pragma once

#include <functional>
#include <string>

#include "broker/daemon/service.h"

namespace sallyport::daemon {

constexpr kj::Duration VERIFY_PERIOD = 1 * kj::MINUTES;
// A process at work opens and closes while it is looked at. What does not hold is looked at again
// so often, after this pause each time; what came from outside is still there then.
constexpr unsigned SECOND_LOOKS = 2;
constexpr kj::Duration SECOND_LOOK_PAUSE = 1 * kj::SECONDS;

struct CageSubject {
  std::string name;                                        // for the journal
  std::function<kj::Promise<sandbox::CageReport>()> read;  // asks the spawner; once for a look
  std::function<bool()> lives = [] { return true; };       // a dead one is judged by nobody
};

// False when it does not hold or cannot be read, look after look; each failed check of the last one
// is in the journal as an error.
kj::Promise<bool> verifyCage(Surroundings& around, CageSubject subject);

// The first minute from now at which it does not hold; else for ever.
kj::Promise<void> untilCageFails(Surroundings& around, CageSubject subject);

}  // namespace sallyport::daemon
