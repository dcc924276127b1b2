// Trusted processes that were given too much or did not cage themselves: the programs see to their
// descriptors at the start, and the inspection sees the rest. And the filters as the kernel has
// them, against those that the figures in doctor are made of.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <vector>

#include "broker/spawn/child-plan.h"
#include "broker/spawn/child-start.h"
#include "sandbox-policies/inspect.h"
#include "sandbox-policies/process-policies.h"
#include "sandbox-policies/reach.h"
#include "tests/sandbox/expectations.h"

namespace sallyport::test {
namespace {

using spawn::OwnedDescriptor;
using spawn::ProcessKind;

OwnedDescriptor raised(int fd) {
  return OwnedDescriptor(fcntl(fd, F_DUPFD_CLOEXEC, spawn::LOWEST_OWN));
}

// A process by the spawner's own plan after a change to it.
class Changed {
 public:
  using Change = std::function<void(spawn::ChildPlan&)>;

  Changed(ProcessKind kind, const std::filesystem::path& program, const Change& change) {
    // startChild() wants these numbers taken.
    for (int fd = -1; fd < spawn::LOWEST_OWN;) {
      fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
      m_taken.emplace_back(fd);
    }
    const auto name = kind == ProcessKind::VAULT ? "sallyport-vault" : "sallyport-net";
    std::filesystem::create_symlink(program, m_folder.path() / name);
    std::filesystem::create_directory(m_folder.path() / "vault");
    spawn::SpawnerConfig config;
    config.binaries = config.stateDirectory = m_folder.path();
    config.appId = "test-app";
    auto pair = makePair();
    m_ours = kj::mv(pair.ours);
    std::vector<OwnedDescriptor> given;
    given.push_back(raised(pair.theirs.get()));
    auto plan = spawn::planChild(config, kind, "", std::move(given));
    m_given.environment = plan.environment;
    change(plan);
    m_child = spawn::startChild(plan);
    m_given.log = m_child.logInode;
    m_as = kind == ProcessKind::VAULT ? sandbox::CagedAs::VAULT : sandbox::CagedAs::NET;
  }
  ~Changed() {
    kill(m_child.pid, SIGKILL);
    waitpid(m_child.pid, nullptr, 0);
  }

  pid_t pid() const { return m_child.pid; }
  bool runs() const { return readReport(m_ours.get()).complete; }
  std::string log() const { return readLog(m_child.log.get()); }
  sandbox::CageReport inspect() const {
    return sandbox::inspectSelfCaged(m_child.pid, m_as, &m_given);
  }

 private:
  std::vector<OwnedDescriptor> m_taken;
  TemporaryDirectory m_folder;
  kj::AutoCloseFd m_ours;
  sandbox::GivenToTrusted m_given;
  spawn::StartedChild m_child{};
  sandbox::CagedAs m_as{};
};

std::filesystem::path product(const char* name) {
  return std::filesystem::path(SALLYPORT_BINARY_DIR) / "bin" / name;
}

void expectState(const Changed& process, const char* check, sandbox::CheckState state) {
  REQUIRE(process.runs());
  const auto report = process.inspect();
  INFO(describe(report));
  CHECK(stateOf(report, check) == state);
}

// What only root is shown; a user's own processes are closed to the user too.
bool isShown() {
  if (geteuid() == 0) return true;
  MESSAGE("not root: the kernel shows neither descriptors nor environment; not tried");
  return false;
}

}  // namespace

TEST_CASE("a trusted process by the plan passes") {
  for (const auto kind : {ProcessKind::VAULT, ProcessKind::NET}) {
    const Changed process(kind, testProgram("sandbox-probe"), [](spawn::ChildPlan&) {});
    REQUIRE(process.runs());
    const auto report = process.inspect();
    INFO(describe(report));
    CHECK(report.holds());
  }
}

TEST_CASE("vault and net do not go on with a descriptor too many or too few") {
  for (const auto& [kind, name] : {std::pair(ProcessKind::VAULT, "sallyport-vault"),
                                   std::pair(ProcessKind::NET, "sallyport-net")}) {
    INFO("program: ", name);
    const Changed more(kind, product(name), [](spawn::ChildPlan& plan) {
      plan.descriptors.push_back(raised(makePair().ours.get()));
    });
    CHECK(more.log().find("a descriptor leaked in") != std::string::npos);
    const Changed less(
        kind, product(name), [](spawn::ChildPlan& plan) { plan.descriptors.clear(); });
    CHECK(less.log().find("a descriptor is missing") != std::string::npos);
  }
}

TEST_CASE("a trusted process with a variable too many is found out") {
  if (!isShown()) return;
  const Changed process(ProcessKind::NET, testProgram("sandbox-probe"), [](spawn::ChildPlan& plan) {
    plan.environment.emplace_back("HTTPS_PROXY=http://elsewhere");
  });
  expectState(process, "environment", sandbox::CheckState::FAILED);
}

TEST_CASE(
    "a trusted process with a file, a device or a socket that is not of its kind is found out") {
  if (!isShown()) return;
  TemporaryDirectory folder;
  const auto file = folder.path() / "file";
  const auto extra = [](int fd) {
    return [fd](spawn::ChildPlan& plan) { plan.descriptors.push_back(raised(fd)); };
  };
  const OwnedDescriptor writable(open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const OwnedDescriptor device(open("/dev/full", O_RDWR | O_CLOEXEC));
  const OwnedDescriptor server(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(listen(server.get(), 1) == 0);
  const OwnedDescriptor kernels(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
  for (const int fd : {writable.get(), device.get(), server.get(), kernels.get()}) {
    const Changed net(ProcessKind::NET, testProgram("sandbox-probe"), extra(fd));
    expectState(net, "descriptors", sandbox::CheckState::FAILED);
  }
  for (const int fd : {device.get(), server.get(), kernels.get()}) {
    const Changed vault(ProcessKind::VAULT, testProgram("sandbox-probe"), extra(fd));
    expectState(vault, "descriptors", sandbox::CheckState::FAILED);
  }
}

TEST_CASE("a trusted process without its filters is found out") {
  const Changed process(ProcessKind::VAULT, testProgram("sandbox-idle"), [](spawn::ChildPlan&) {});
  expectState(process, "Seccomp", sandbox::CheckState::FAILED);
  CHECK_FALSE(process.inspect().holds());
}

TEST_CASE("the figures are of the filters that the kernel has") {
  for (const auto& [kind, policy] : {std::pair(ProcessKind::VAULT, sandbox::vaultSyscalls()),
                                     std::pair(ProcessKind::NET, sandbox::netSyscalls())}) {
    const Changed process(kind, testProgram("sandbox-probe"), [](spawn::ChildPlan&) {});
    REQUIRE(process.runs());
    const pid_t pid = process.pid();
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) {
      MESSAGE("may not trace here; not compared");
      return;
    }
    REQUIRE(ptrace(PTRACE_INTERRUPT, pid, 0, 0) == 0);
    REQUIRE(waitpid(pid, nullptr, __WALL) == pid);
    std::vector<sandbox::SyscallPolicy::Program> programs;
    for (long index = 0;; ++index) {
      const long size = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, nullptr);
      if (size <= 0) break;
      programs.emplace_back(static_cast<std::size_t>(size));
      REQUIRE(ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, programs.back().data()) == size);
    }
    if (programs.empty() && errno != ENOENT) {
      MESSAGE("the kernel does not show filters here; not compared");
      return;
    }
    CHECK(programs.size() == sandbox::SyscallPolicy::PROGRAMS);
    CHECK(sandbox::reachableCalls(programs) == sandbox::reachableCalls(policy.compile()));
  }
}

}  // namespace sallyport::test
