// The cages as seen from outside: reads /proc, compares with the policies, answers line by line.
// Runs in the spawner, which is outside of every cage and not behind Landlock. A fact that cannot
// be read is a FAILED check, never a guess.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sandbox-policies/report.h"

namespace sallyport::sandbox {

// What was given to a renderer, by inode: the only sockets and pipes from outside that it may hold.
struct RendererDescriptors {
  std::uint64_t session;
  std::uint64_t wayland;
  std::uint64_t log;
};

// spawned: the process that was forked, whose only child is bubblewrap. Every process of the cage
// behind it, and the first one's descriptors and environment. unit: of its control group, or empty.
CageReport inspectRenderer(pid_t spawned,
                           const RendererDescriptors& given,
                           const std::string& unit);

enum class CagedAs : std::uint8_t { VAULT, BROKER, NET, DISPLAY, CHOOSER };

// What a process that caged itself was given at its start.
struct GivenToTrusted {
  std::uint64_t log = 0;                 // inode of the pipe at 1 and 2
  std::vector<std::string> environment;  // "NAME=VALUE", all of it
};

// A process that caged itself: vault, net, prompt, frame, chooser; and the broker, which nobody
// gave anything (null). Its descriptors and environment are read where the kernel shows them, which
// is to root alone, since the process is not dumpable; else it has seen to them itself before it
// read the first byte (requireDescriptors), and the check says so.
CageReport inspectSelfCaged(pid_t pid, CagedAs as, const GivenToTrusted* given);

}  // namespace sallyport::sandbox
