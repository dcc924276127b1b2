// The cages as seen from outside: reads /proc, compares with the policies, answers line by line.
// Runs in the spawner, which is outside of every cage and not behind Landlock. A fact that cannot
// be read is a FAILED check, never a guess.
#pragma once

#include <cstdint>
#include <set>

#include "sandbox-policies/report.h"

namespace sallyport::sandbox {

// What was given to a renderer, by inode: the only sockets and pipes from outside that it may hold.
struct RendererDescriptors {
  std::uint64_t session;
  std::uint64_t wayland;
  std::uint64_t log;
};

// spawned: the process that was forked, whose only child is bubblewrap. Every process of the cage
// behind it, and the first one's descriptors and environment.
CageReport inspectRenderer(pid_t spawned, const RendererDescriptors& given);

// A process that caged itself: vault, net, prompt, frame. Also right for the broker.
CageReport inspectSelfCaged(pid_t pid);

}  // namespace sallyport::sandbox
