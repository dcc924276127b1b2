// The renderer's cage as data: what bubblewrap is told, the outer seccomp filter, what the cage
// stage adds inside, and what the inspection expects to see. The renderer is hostile; nothing here
// is derived from anything it says.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sandbox-policies/cage-usage.h"
#include "sandbox-policies/landlock-policy.h"
#include "sandbox-policies/syscall-policy.h"

namespace sallyport::sandbox::renderer {

inline constexpr std::string_view BUBBLEWRAP = "/usr/bin/bwrap";
inline constexpr std::string_view PROGRAM = "/app/bin/sallyport-renderer";
inline constexpr std::string_view STAGE = "/app/bin/sallyport-cage";

// The descriptors of the renderer, and of bubblewrap (which closes its own before it starts the
// stage).
inline constexpr int SESSION = 3;
inline constexpr int WAYLAND = 4;
inline constexpr int ARGUMENTS = 5;
inline constexpr int SYSCALL_TABLE = 6;
inline constexpr int SYSCALL_ARGUMENTS = 7;
inline constexpr int PROGRAM_FILE = 8;
inline constexpr int STAGE_FILE = 9;

// All that the renderer's environment holds; the stage sets it, bubblewrap's own is empty.
using Variable = std::pair<std::string_view, std::string_view>;
extern const std::array<Variable, 5> ENVIRONMENT;

// Arguments of bubblewrap: fixed, so that nothing can be read from or smuggled into it.
std::vector<std::string> commandLine();

// What is written to ARGUMENTS, zero-separated. hostName: what the renderer sees as this machine's
// name.
std::vector<std::string> bubblewrapArguments(std::string_view hostName);

SyscallPolicy syscalls();
LandlockPolicy files();

// Resource limits, of bubblewrap and everything below it.
struct Limit {
  int resource;
  unsigned long value;
  std::string_view reason;
};
std::vector<Limit> outerLimits();
// Those that only mean something inside: the kernel counts processes for each user namespace.
std::vector<Limit> innerLimits();

// Of all processes of a window together, looked at every WATCH_PERIOD_MS; one that is over is
// ended. Its shared memory and files are bounded by the sizes of its four tmpfs.
inline constexpr CageBounds WINDOW_BOUNDS{std::uint64_t{4096} * 1024 * 1024, 64};
inline constexpr int WATCH_PERIOD_MS = 1000;
// Of the window's control group, where there is one (broker/spawn/window-scope.h); its memory is
// that of WINDOW_BOUNDS, and none of it is swapped.
inline constexpr unsigned WINDOW_TASKS = 528;      // RLIMIT_NPROC inside, and what is around it
inline constexpr unsigned WINDOW_CPU_WEIGHT = 50;  // the broker and other programs have 100

}  // namespace sallyport::sandbox::renderer
