// What spawner and starter are born as: forks of a program, with what they need of it and no more.
// Neither has exec'd, so what the program held is let go of here.
#pragma once

#include <signal.h>

#include <functional>

#include "broker/spawn/owned-descriptor.h"

namespace sallyport::spawn {

// Only 0-2 and this socket stay, and the socket moves out of the way of the children's descriptors,
// whose numbers are taken from here on. Throws std::system_error.
OwnedDescriptor keepOnly(int control);

// Tells of ended children; the signal itself is blocked. Throws std::system_error.
OwnedDescriptor childSignals();

// Waits for every child that has ended by now, as childSignals() tells, and says what became of it.
void reapChildren(const OwnedDescriptor& signals,
                  const std::function<void(const siginfo_t&)>& ended);

// A session and a name of its own (at most 15 bytes). When its parent ends it goes on if it was
// stopped, so that it sees the end of its socket. Throws std::system_error.
void becomeOwnProcess(const char* name);

}  // namespace sallyport::spawn
