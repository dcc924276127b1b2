// From a kind to exactly what is started: program, arguments, environment, descriptors, limits.
// Decided by the spawner's configuration alone; the label is the only thing that comes from the
// broker, and it is checked.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "broker/spawn/owned-descriptor.h"
#include "broker/spawn/process-kind.h"
#include "broker/spawn/spawner.h"
#include "broker/spawn/window-scope.h"

namespace sallyport::spawn {

struct ResourceLimit {
  int resource;
  unsigned long value;
};

struct ChildPlan {
  std::filesystem::path program;
  std::vector<std::string> arguments;        // argv[1] and on
  std::vector<std::string> environment;      // NAME=value
  std::vector<OwnedDescriptor> descriptors;  // become 3, 4, …
  std::vector<ResourceLimit> limits;
  bool enclosed = false;  // in a process namespace, see enclosure.h
  ScopePlan scope;        // without a program: in no control group of its own
};

// How many descriptors the broker gives for a kind.
std::size_t descriptorsOf(ProcessKind kind);
// Whether a kind carries a window label.
bool hasLabel(ProcessKind kind);

// Throws std::exception when the configuration does not allow it or a file is missing.
ChildPlan planChild(const SpawnerConfig& config,
                    ProcessKind kind,
                    const std::string& label,
                    std::vector<OwnedDescriptor> given);

}  // namespace sallyport::spawn
