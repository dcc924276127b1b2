// The control group that a window's processes are in, read from outside: what the service manager
// said is not believed, what the kernel shows is. Runs in the spawner.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "sandbox-policies/report.h"

namespace sallyport::sandbox {

// For doctor. unit: the name that this window's group has to have. DEGRADED when the process is in
// another one, or when a bound is not there: then the look of each second is what is left.
CageCheck checkWindowGroup(pid_t pid, const std::string& unit);

bool isInWindowGroup(pid_t pid, const std::string& unit);

// As checkWindowGroup, over text of /proc/PID/cgroup and a folder in the place of /sys/fs/cgroup.
CageCheck checkWindowGroup(std::string_view groups,
                           const std::string& unit,
                           const std::filesystem::path& root);

}  // namespace sallyport::sandbox
