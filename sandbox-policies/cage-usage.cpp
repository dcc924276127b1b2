#include "sandbox-policies/cage-usage.h"

#include <cstdlib>
#include <map>
#include <vector>

#include "sandbox-policies/proc-facts.h"

namespace sallyport::sandbox {
namespace {

constexpr std::uint64_t KIB = 1024;
constexpr std::uint64_t MIB = 1024 * KIB;

std::uint64_t bytesOf(pid_t pid, const char* line) {
  const auto field = proc::statusField(pid, line);  // "1234 kB"
  return field ? std::strtoull(field->c_str(), nullptr, 10) * KIB : 0;
}

}  // namespace

CageUsage usageOf(pid_t pid) {
  std::multimap<pid_t, pid_t> children;
  for (const pid_t other : proc::allProcesses())
    if (const auto parent = proc::parentOf(other)) children.emplace(*parent, other);
  CageUsage usage;
  std::vector<pid_t> open{pid};
  while (!open.empty()) {
    const pid_t next = open.back();
    open.pop_back();
    ++usage.processes;
    usage.memory += bytesOf(next, "RssAnon") + bytesOf(next, "VmSwap");
    const auto [from, to] = children.equal_range(next);
    for (auto child = from; child != to; ++child) open.push_back(child->second);
  }
  return usage;
}

std::string overBounds(const CageUsage& usage, const CageBounds& bounds) {
  if (usage.memory > bounds.memory)
    return std::to_string(usage.memory / MIB) + " MiB of memory, at most " +
           std::to_string(bounds.memory / MIB);
  if (usage.processes > bounds.processes)
    return std::to_string(usage.processes) + " processes, at most " +
           std::to_string(bounds.processes);
  return "";
}

}  // namespace sallyport::sandbox
