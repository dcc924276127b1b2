// What a window's processes use of the machine together, read from /proc: the kernel bounds each of
// them, nobody but a control group their sum. Runs in the spawner, which ends a window that is over
// a bound.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace sallyport::sandbox {

struct CageUsage {
  std::uint64_t memory = 0;  // bytes of their own, in memory or swapped; not shared, not files
  unsigned processes = 0;
};

// Of this process and everything below it.
CageUsage usageOf(pid_t pid);

struct CageBounds {
  std::uint64_t memory;
  unsigned processes;
};

// What is over its bound, for the log; empty when nothing is.
std::string overBounds(const CageUsage& usage, const CageBounds& bounds);

}  // namespace sallyport::sandbox
