#include "sandbox-policies/window-group.h"

#include <array>
#include <fstream>
#include <iterator>
#include <optional>

#include "sandbox-policies/renderer-policy.h"

namespace sallyport::sandbox {
namespace {

// Path of the one hierarchy that a manager bounds (version 2).
std::optional<std::string> pathOf(std::string_view groups) {
  constexpr std::string_view MARK = "0::";
  while (!groups.empty()) {
    const auto end = groups.find('\n');
    const auto line = groups.substr(0, end);
    if (line.substr(0, MARK.size()) == MARK) return std::string(line.substr(MARK.size()));
    if (end == std::string_view::npos) break;
    groups.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::string groupsOf(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/cgroup");
  return {std::istreambuf_iterator<char>(in), {}};
}

// The engine makes no group below it; its processes are in the window's own.
bool isIn(const std::optional<std::string>& path, const std::string& unit) {
  return path && !unit.empty() && path->ends_with("/" + unit);
}

std::string firstLine(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

struct Bound {
  const char* file;
  const char* name;  // for people
};
constexpr std::array<Bound, 4> BOUNDS{{{"memory.max", "memory"},
                                       {"memory.swap.max", "swap"},
                                       {"pids.max", "tasks"},
                                       {"cpu.weight", "CPU weight"}}};

}  // namespace

CageCheck checkWindowGroup(std::string_view groups,
                           const std::string& unit,
                           const std::filesystem::path& root) {
  CageCheck check{"control group",
                  "none of its own; its bounds are looked at each second, CPU is not weighed",
                  CheckState::DEGRADED};
  const auto path = pathOf(groups);
  if (!isIn(path, unit)) return check;
  check.state = CheckState::OK;
  std::string missing;
  check.value = unit + ":";
  for (const auto& bound : BOUNDS) {
    const auto value = firstLine(root / path->substr(1) / bound.file);
    // "max": there is no bound.
    if (value.empty() || value == "max")
      missing += std::string(missing.empty() ? "" : ", ") + bound.name;
    else
      check.value += std::string(check.value.back() == ':' ? " " : ", ") + bound.name + " " + value;
  }
  if (missing.empty()) return check;
  check.state = CheckState::DEGRADED;
  check.value += " not bounded: " + missing;
  return check;
}

CageCheck checkWindowGroup(pid_t pid, const std::string& unit) {
  return checkWindowGroup(groupsOf(pid), unit, "/sys/fs/cgroup");
}

bool isInWindowGroup(pid_t pid, const std::string& unit) {
  return isIn(pathOf(groupsOf(pid)), unit);
}

}  // namespace sallyport::sandbox
