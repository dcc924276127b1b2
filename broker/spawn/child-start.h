// Starts one child by its plan. Needs a single-threaded process in which descriptors 0 to
// LOWEST_OWN - 1 are taken, so that no descriptor of our own stands where the child's will be.
#pragma once

#include <sys/types.h>

#include "broker/spawn/child-plan.h"

namespace sallyport::spawn {

inline constexpr int LOWEST_OWN = 32;

struct StartedChild {
  pid_t pid;
  OwnedDescriptor pidfd;
  OwnedDescriptor log;  // read end, non-blocking
  std::uint64_t logInode;
};

// Throws std::exception; then nothing runs.
StartedChild startChild(const ChildPlan& plan);

}  // namespace sallyport::spawn
