// Compares what /proc shows with the policies. See the header.
#include "sandbox-policies/inspect.h"

#include <sys/sysmacros.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sandbox-policies/landlock-policy.h"
#include "sandbox-policies/proc-facts.h"
#include "sandbox-policies/process-policies.h"
#include "sandbox-policies/reach.h"
#include "sandbox-policies/renderer-policy.h"
#include "sandbox-policies/syscall-policy.h"
#include "sandbox-policies/window-group.h"

namespace sallyport::sandbox {
namespace {

using Checks = std::vector<CageCheck>;

void add(Checks& checks, std::string name, std::string value, bool holds) {
  checks.push_back(
      {std::move(name), std::move(value), holds ? CheckState::OK : CheckState::FAILED});
}

bool isZeroMask(const std::string& mask) {
  return mask.find_first_not_of('0') == std::string::npos;
}

// The same line of every process: the value when all agree, else the first that does not hold.
template <typename Holds>
void addStatus(Checks& checks,
               const std::vector<pid_t>& pids,
               const std::string& line,
               Holds holds) {
  std::string value = "unreadable";
  bool all = !pids.empty();
  for (const pid_t pid : pids) {
    const auto field = proc::statusField(pid, line);
    if (!field && !proc::parentOf(pid)) continue;  // ended meanwhile
    value = field.value_or("unreadable");
    if (!field || !holds(*field)) {
      all = false;
      value += " in process " + std::to_string(pid);
      break;
    }
  }
  add(checks, line, value, all);
}

void addPrivileges(Checks& checks, const std::vector<pid_t>& pids, unsigned filters) {
  addStatus(checks, pids, "NoNewPrivs", [](const std::string& value) { return value == "1"; });
  addStatus(checks, pids, "Seccomp", [](const std::string& value) { return value == "2"; });
  addStatus(checks, pids, "Seccomp_filters", [filters](const std::string& value) {
    return std::strtoul(value.c_str(), nullptr, 10) >= filters;
  });
  for (const auto* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
    addStatus(checks, pids, set, isZeroMask);
}

// A child of this process is under its filters too.
unsigned filtersOfChild() { return proc::ownFilters() + SyscallPolicy::PROGRAMS; }

void addCoreLimit(Checks& checks, pid_t pid) {
  const auto limit = proc::limitOf(pid, "Max core file size");
  add(checks, "core limit", limit.value_or("unreadable"), limit == "0 0");
}

void addNamespaces(Checks& checks, pid_t pid) {
  for (const auto* name : {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"}) {
    const auto theirs = proc::namespaceOf(pid, name);
    const auto ours = proc::namespaceOf(0, name);
    add(checks,
        std::string(name) + " namespace",
        theirs.value_or("unreadable"),
        theirs.has_value() && ours.has_value() && *theirs != *ours);
  }
}

bool startsWith(const std::string& text, std::string_view start) {
  return text.compare(0, start.size(), start) == 0;
}

bool endsWith(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// What one descriptor may be. A pipe or an event counter made outside looks like one made inside:
// that none came along is the cage stage's check, made before the renderer's first instruction.
class DescriptorRules {
 public:
  DescriptorRules(pid_t pid, const RendererDescriptors& given)
      : m_given(given), m_sockets(proc::unixSocketsOf(pid)), m_mounts(proc::mountsOf(pid)) {}

  // The renderer's first process: its standard descriptors and the two sockets where they belong.
  bool allowFirst(const proc::Descriptor& descriptor) const {
    switch (descriptor.number) {
      case 0:
        return descriptor.device == makedev(1, 3);
      case 1:
      case 2:
        return startsWith(descriptor.target, "pipe:") && descriptor.inode == m_given.log;
      case renderer::SESSION:
        return isSocket(descriptor) && descriptor.inode == m_given.session;
      case renderer::WAYLAND:
        return isSocket(descriptor) && descriptor.inode == m_given.wayland;
      default:
        return allow(descriptor);
    }
  }

  bool allow(const proc::Descriptor& descriptor) const {
    return isSocket(descriptor) ? allowSocket(descriptor) : allowOther(descriptor);
  }

 private:
  static bool isSocket(const proc::Descriptor& descriptor) {
    return startsWith(descriptor.target, "socket:");
  }

  bool allowSocket(const proc::Descriptor& descriptor) const {
    if (descriptor.inode == m_given.session || descriptor.inode == m_given.wayland) return true;
    // Made in the cage's own network namespace, which holds pairs only.
    const auto own = m_sockets.find(descriptor.inode);
    return own != m_sockets.end() && !own->second.listening && !own->second.onDisk;
  }

  bool allowOther(const proc::Descriptor& descriptor) const {
    const auto& target = descriptor.target;
    if (descriptor.device == makedev(1, 3)) return true;  // /dev/null, inherited
    if (startsWith(target, "pipe:") || startsWith(target, "anon_inode:")) return true;
    if (m_mounts.count(descriptor.mount) != 0) return true;
    // Shared memory that the frame hands over, such as the keyboard's map: without a name it leads
    // nowhere.
    return endsWith(target, " (deleted)");
  }

  RendererDescriptors m_given;
  std::map<std::uint64_t, proc::UnixSocket> m_sockets;
  std::set<int> m_mounts;
};

// Descriptors of one process that break the rules, each as " NUMBER=TARGET"; nothing when
// unreadable.
std::optional<std::string> foreignDescriptors(pid_t pid,
                                              bool first,
                                              const RendererDescriptors& given) {
  const auto descriptors = proc::descriptorsOf(pid);
  if (!descriptors) return std::nullopt;
  const DescriptorRules rules(pid, given);
  std::string foreign;
  for (const auto& descriptor : *descriptors) {
    if (first ? rules.allowFirst(descriptor) : rules.allow(descriptor)) continue;
    foreign += " " + std::to_string(pid) + "/" + std::to_string(descriptor.number) + "=" +
               descriptor.target;
  }
  return foreign;
}

// The list of descriptors and the list of sockets are read one after the other, and an engine at
// work closes what was in the first before the second is read. What came from outside stays; so a
// mismatch counts when it is there every time.
constexpr int LOOKS = 5;

void addDescriptors(Checks& checks,
                    const std::vector<pid_t>& pids,
                    pid_t first,
                    const RendererDescriptors& given) {
  std::string foreign;
  bool readable = false;
  for (const pid_t pid : pids) {
    auto seen = foreignDescriptors(pid, pid == first, given);
    for (int look = 1; look < LOOKS && seen && !seen->empty(); ++look) {
      seen = foreignDescriptors(pid, pid == first, given);
    }
    if (pid == first) readable = seen.has_value();
    // Another process may have ended meanwhile, or it is bubblewrap's, which is none of ours to
    // read.
    if (seen) foreign += *seen;
  }
  const auto value = !readable ? "unreadable" : foreign.empty() ? "as given" : "foreign:" + foreign;
  add(checks, "descriptors", value, readable && foreign.empty());
}

// The block is in the process's own memory: a guard against our mistakes, not against a process
// that rewrites it.
void addEnvironment(Checks& checks, pid_t pid) {
  const auto variables = proc::environmentOf(pid);
  if (!variables) return add(checks, "environment", "unreadable", false);
  std::string foreign;
  for (const auto& variable : *variables) {
    const bool known = std::any_of(
        renderer::ENVIRONMENT.begin(), renderer::ENVIRONMENT.end(), [&](const auto& one) {
          return variable == std::string(one.first) + "=" + std::string(one.second);
        });
    if (!known) foreign += " " + variable.substr(0, variable.find('='));
  }
  const auto value = std::to_string(variables->size()) + " variables" +
                     (foreign.empty() ? "" : ", foreign:" + foreign);
  add(checks, "environment", value, foreign.empty());
}

std::vector<pid_t> processesIn(const std::string& pidNamespace) {
  std::vector<pid_t> processes;
  for (const pid_t pid : proc::allProcesses()) {
    if (proc::namespaceOf(pid, "pid") == pidNamespace) processes.push_back(pid);
  }
  return processes;
}

// bubblewrap's own process inside puts the filters on itself only after it started ours, so on a
// busy machine it may be seen a moment too early. The kernel has no event for it; it is judged
// after this in any case.
void awaitFilters(pid_t pid, unsigned wanted) {
  constexpr int LOOKS_AT_FILTERS = 100;
  constexpr timespec PAUSE{0, 5'000'000};
  for (int look = 0; look < LOOKS_AT_FILTERS; ++look) {
    const auto filters = proc::statusField(pid, "Seccomp_filters");
    if (!filters || std::strtoul(filters->c_str(), nullptr, 10) >= wanted) return;
    nanosleep(&PAUSE, nullptr);
  }
}

SyscallPolicy policyOf(CagedAs as) {
  switch (as) {
    case CagedAs::VAULT:
      return vaultSyscalls();
    case CagedAs::BROKER:
      return brokerSyscalls();
    case CagedAs::NET:
      return netSyscalls();
    case CagedAs::DISPLAY:
    case CagedAs::CHOOSER:
      break;
  }
  return displaySyscalls();
}

// For people, who compare it with the count of filters above it: what the filters of this kind let
// through, not a fact about the process.
void addReach(Checks& checks, const std::string& reach) {
  checks.push_back({"system calls", reach + " reachable", CheckState::OK});
}

const std::string& reachOf(CagedAs as) {
  static std::map<CagedAs, std::string> known;  // it takes milliseconds
  auto& reach = known[as];
  if (reach.empty()) reach = describeReach(policyOf(as).compile());
  return reach;
}

// What a descriptor of a process that caged itself may be.
class TrustedRules {
 public:
  TrustedRules(pid_t pid, CagedAs as, const GivenToTrusted* given)
      : m_as(as), m_given(given), m_local(proc::unixSocketsOf(pid)), m_ip(proc::ipSocketsOf(pid)) {}

  bool allow(const proc::Descriptor& descriptor) const {
    if (m_given != nullptr) {
      if (descriptor.number == 0) return descriptor.device == makedev(1, 3);
      if (descriptor.number <= 2)
        return startsWith(descriptor.target, "pipe:") && descriptor.inode == m_given->log;
    }
    if (startsWith(descriptor.target, "socket:")) return allowSocket(descriptor.inode);
    // The others write beneath the folders that Landlock leaves them.
    if (descriptor.isFile && descriptor.isWritable && m_as == CagedAs::NET) return false;
    // No device but /dev/null and /dev/urandom; the broker has the terminal that it was started in.
    return descriptor.device == 0 || descriptor.device == makedev(1, 3) ||
           descriptor.device == makedev(1, 9) || m_given == nullptr;
  }

 private:
  bool allowSocket(std::uint64_t inode) const {
    if (const auto local = m_local.find(inode); local != m_local.end())
      // The broker's admin socket, a frame's private compositor.
      return !local->second.listening || m_as == CagedAs::BROKER || m_as == CagedAs::DISPLAY;
    const auto ip = m_ip.find(inode);
    return m_as == CagedAs::NET && ip != m_ip.end() && !ip->second;
  }

  CagedAs m_as;
  const GivenToTrusted* m_given;
  std::map<std::uint64_t, proc::UnixSocket> m_local;
  std::map<std::uint64_t, bool> m_ip;
};

void addTrustedDescriptors(
    Checks& checks, pid_t pid, CagedAs as, const GivenToTrusted* given, bool hidden) {
  std::string foreign;
  for (int look = 0; look < LOOKS; ++look) {
    const auto descriptors = proc::descriptorsOf(pid);
    if (!descriptors)
      return add(checks,
                 "descriptors",
                 !hidden            ? "unreadable"
                 : given == nullptr ? "not shown"
                                    : "not shown; exact at its start",
                 hidden);
    const TrustedRules rules(pid, as, given);
    foreign.clear();
    for (const auto& descriptor : *descriptors)
      if (!rules.allow(descriptor))
        foreign += " " + std::to_string(descriptor.number) + "=" + descriptor.target;
    if (foreign.empty()) break;
  }
  add(checks, "descriptors", foreign.empty() ? "as given" : "foreign:" + foreign, foreign.empty());
}

void addTrustedEnvironment(Checks& checks, pid_t pid, const GivenToTrusted& given, bool hidden) {
  const auto variables = proc::environmentOf(pid);
  if (!variables) return add(checks, "environment", hidden ? "not shown" : "unreadable", hidden);
  std::string foreign;
  for (const auto& variable : *variables)
    if (std::find(given.environment.begin(), given.environment.end(), variable) ==
        given.environment.end())
      foreign += " " + variable.substr(0, variable.find('='));
  add(checks,
      "environment",
      std::to_string(variables->size()) + " variables" +
          (foreign.empty() ? "" : ", foreign:" + foreign),
      foreign.empty());
}

}  // namespace

CageReport inspectRenderer(pid_t spawned,
                           const RendererDescriptors& given,
                           const std::string& unit) {
  CageReport report;
  const auto outers = proc::childrenOf(spawned);  // bubblewrap, first of a process namespace
  const auto inits = outers.size() == 1 ? proc::childrenOf(outers.front()) : std::vector<pid_t>{};
  const auto firsts = inits.size() == 1 ? proc::childrenOf(inits.front()) : std::vector<pid_t>{};
  const auto pidNamespace =
      firsts.empty() ? std::nullopt : proc::namespaceOf(firsts.front(), "pid");
  if (!pidNamespace || pidNamespace == proc::namespaceOf(0, "pid") ||
      pidNamespace == proc::namespaceOf(outers.front(), "pid")) {
    add(report.checks, "cage", "no process behind bubblewrap in a pid namespace of its own", false);
    return report;
  }
  report.pid = firsts.front();
  awaitFilters(inits.front(), filtersOfChild());
  const auto processes = processesIn(*pidNamespace);
  add(report.checks,
      "cage",
      std::to_string(processes.size()) + " processes",
      processes.size() >= 2);
  const auto program = proc::executableOf(report.pid);
  add(report.checks, "program", program.value_or("unreadable"), program == renderer::PROGRAM);
  addNamespaces(report.checks, report.pid);
  addPrivileges(report.checks, processes, filtersOfChild());
  addStatus(report.checks, processes, "CapBnd", isZeroMask);
  addCoreLimit(report.checks, report.pid);
  addDescriptors(report.checks, processes, report.pid, given);
  addEnvironment(report.checks, report.pid);
  static const std::string reach = describeReach(renderer::syscalls().compile());
  addReach(report.checks, reach);
  // Not visible from outside: the stage does not start the renderer when the kernel has it and it
  // fails.
  report.checks.push_back(LandlockPolicy::describe(LandlockPolicy::kernelAbi()));
  report.checks.push_back(checkWindowGroup(report.pid, unit));
  return report;
}

CageReport inspectSelfCaged(pid_t pid, CagedAs as, const GivenToTrusted* given) {
  CageReport report;
  report.pid = pid;
  // The broker is no child of this process; both began with the same and put on as many.
  const auto filters =
      given != nullptr ? filtersOfChild() : std::max(proc::ownFilters(), SyscallPolicy::PROGRAMS);
  addPrivileges(report.checks, {pid}, filters);
  addReach(report.checks, reachOf(as));
  const auto dumpable = proc::isDumpable(pid);
  add(report.checks,
      "dumpable",
      dumpable ? (*dumpable ? "yes" : "no") : "unreadable",
      dumpable == false);
  addCoreLimit(report.checks, pid);
  addTrustedDescriptors(report.checks, pid, as, given, dumpable == false);
  if (given != nullptr) addTrustedEnvironment(report.checks, pid, *given, dumpable == false);
  report.checks.push_back(LandlockPolicy::describe(LandlockPolicy::kernelAbi()));
  return report;
}

}  // namespace sallyport::sandbox
