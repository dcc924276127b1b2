// A control group for one window, from the user's own service manager: a transient scope that
// bounds memory, processes and threads together and at once, and weighs CPU. The manager is asked
// by a program of its own (busctl) in the child between fork and exec, so the group has all that
// the window will ever start, and no byte of D-Bus is read by a process of ours. An extra layer:
// where no manager is, or it does not answer, the window starts without, and the spawner's look
// each second is what bounds it. Runs in the spawner and its child.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sandbox-policies/cage-usage.h"

namespace sallyport::spawn {

struct ScopePlan {
  std::filesystem::path program;       // busctl
  std::vector<std::string> arguments;  // argv[1] and on, without the unit's name and the process
  std::size_t unitAt = 0;              // where in arguments those two go
  std::size_t processAt = 0;
  std::string environment;  // one variable
  std::string unit;         // all but its number and ".scope"
};

// From asking the manager to being in the group; then the window starts without.
inline constexpr int SCOPE_PATIENCE_MS = 2000;
// After a manager that did not do it, it is not asked again for so long.
inline constexpr int SCOPE_PAUSE_S = 60;

// runtime: the user's, where the manager listens; absolute, or empty. Has no program when there is
// no manager to ask.
ScopePlan planScope(const std::filesystem::path& hostPrograms,
                    const std::filesystem::path& runtime,
                    const std::string& appId,
                    const std::string& label,
                    const sandbox::CageBounds& bounds);

// The unit of this process, as it is in its path among the control groups.
std::string scopeName(const ScopePlan& plan, pid_t pid);

// In the child, which has one thread. Puts this process into a scope of its own, or gives up in
// SCOPE_PATIENCE_MS; whether it did is seen from outside (sandbox-policies/window-group.h). Leaves
// no process and no descriptor behind.
void enterScope(const ScopePlan& plan);

}  // namespace sallyport::spawn
