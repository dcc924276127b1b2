#include "sandbox-policies/spawner-view.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>

#include "sandbox-policies/proc-facts.h"
#include "sandbox-policies/process-policies.h"
#include "sandbox-policies/reach.h"

namespace sallyport::sandbox {
namespace {

int openFact(pid_t pid, const char* name) {
  const auto path = "/proc/" + std::to_string(pid) + "/" + name;
  return open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

// As it is now; empty when it is gone.
std::string contentOf(int fd) {
  std::string content;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t size = pread(fd, part.data(), part.size(), static_cast<off_t>(content.size()));
    if (size <= 0) break;
    content.append(part.data(), static_cast<std::size_t>(size));
  }
  return content;
}

}  // namespace

SpawnerView::SpawnerView(pid_t spawner)
    : m_pid(spawner),
      m_status(openFact(spawner, "status")),
      m_limits(openFact(spawner, "limits")),
      m_reach(describeReach(spawnerSyscalls().compile())) {}

SpawnerView::~SpawnerView() {
  close(m_status);
  close(m_limits);
}

CageReport SpawnerView::inspect() const {
  CageReport report;
  report.pid = m_pid;
  const auto add = [&](const char* name, const std::optional<std::string>& value, bool holds) {
    report.checks.push_back(
        {name, value.value_or("unreadable"), value && holds ? CheckState::OK : CheckState::FAILED});
  };
  const auto status = contentOf(m_status);
  const auto privileges = proc::fieldIn(status, "NoNewPrivs");
  add("NoNewPrivs", privileges, privileges == "1");
  const auto mode = proc::fieldIn(status, "Seccomp");
  add("Seccomp", mode, mode == "2");
  const auto filters = proc::fieldIn(status, "Seccomp_filters");
  // Both began with those that the app was started under, if any, and put on as many.
  const auto wanted = std::max(proc::ownFilters(), SyscallPolicy::PROGRAMS);
  add("Seccomp_filters", filters, filters && std::strtoul(filters->c_str(), nullptr, 10) >= wanted);
  add("system calls", m_reach + " reachable", true);
  const auto core = proc::limitIn(contentOf(m_limits), "Max core file size");
  add("core limit", core, core == "0 0");
  return report;
}

}  // namespace sallyport::sandbox
