// The cages that vault, net, prompt, frame and broker put on themselves, tried from inside and read
// from outside.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sandbox-policies/inspect.h"
#include "sandbox-policies/landlock-policy.h"
#include "sandbox-policies/proc-facts.h"
#include "sandbox-policies/spawner-view.h"
#include "tests/sandbox/expectations.h"

namespace sallyport::test {
namespace {

struct Caged {
  SpawnerFixture fixture{testProgram("sandbox-probe")};
  StartedChild child;
  Report report;
  explicit Caged(spawn::ProcessKind kind, const std::string& label = "")
      : child(fixture.start(kind, label)), report(readReport(child.first.get())) {
    if (!report.complete)
      FAIL("the probe did not come to its end: ", readLog(child.process.log.get()));
  }
  sandbox::CageReport inspect(spawn::ProcessKind kind) {
    return fixture.link().inspect(child.process.pid, kind).wait(fixture.waitScope());
  }
};

bool hasLandlock() {
  if (sandbox::LandlockPolicy::kernelAbi() > 0) return true;
  MESSAGE("this kernel has no Landlock; its part is not tried");
  return false;
}

void expectNoProcesses(const Report& report) {
  expect(report, "EPERM", {"execve", "execveat", "clone a process"});
  expect(report, "no fork: EPERM", {"fork", "execute /bin/sh"});
  expect(report, "ok", {"thread"});
}

// Each family but those; the error of an unknown family.
void expectOnlyFamilies(const Report& report, std::initializer_list<int> allowed) {
  for (int family = 0; family <= 46; ++family) {
    const auto act = "socket " + std::to_string(family);
    INFO("act: ", act);
    const bool may = std::find(allowed.begin(), allowed.end(), family) != allowed.end();
    // A machine may lack a family that the policy lets through (IPv6).
    if (may) CHECK(report.acts.at(act) != "EPERM");
    if (!may) CHECK(report.acts.at(act) == "EAFNOSUPPORT");
  }
  expect(report, "EAFNOSUPPORT", {"socket inet, high bits", "socketpair tipc"});
}

void expectHolds(Caged& caged, spawn::ProcessKind kind) {
  const auto report = caged.inspect(kind);
  INFO(describe(report));
  CHECK(report.holds());
  CHECK(stateOf(report, "dumpable") == sandbox::CheckState::OK);
  CHECK(stateOf(report, "CapEff") == sandbox::CheckState::OK);
  CHECK(caged.report.limits.at("core") == "0");
}

}  // namespace

TEST_CASE("the vault makes no socket, starts nothing, and sees its state directory alone") {
  Caged vault(spawn::ProcessKind::VAULT);
  const auto& report = vault.report;
  expectAll(report, "EPERM", "socket");
  expect(report, "EPERM", {"connect", "bind", "listen", "accept4", "signal the parent"});
  expectKernelSurfaceClosed(report);
  expectNoProcesses(report);
  expect(report, "ok", {"create in scratch"});
  if (hasLandlock()) {
    expect(report,
           "EACCES",
           {"read /etc/passwd", "read /proc/1/environ", "read /bin/sh", "read /dev/tty"});
    for (const auto& [act, outcome] : report.acts) {
      INFO("act: ", act);
      if (act.compare(0, 8, "create /") == 0) CHECK(outcome != "ok");
    }
  }
  CHECK(report.descriptors.size() == 4);
  CHECK(report.environment.empty());
  CHECK(report.arguments ==
        std::vector<std::string>{"--state", vault.fixture.vaultDirectory().string()});
  expectHolds(vault, spawn::ProcessKind::VAULT);
}

TEST_CASE(
    "net makes streams and datagrams of IP alone, opens no file for writing and starts nothing") {
  Caged net(spawn::ProcessKind::NET);
  const auto& report = net.report;
  expectOnlyFamilies(report, {2, 10});
  expect(
      report,
      "EPERM",
      {"socket inet raw", "bind", "listen", "accept4", "signal the parent", "openat2 in scratch"});
  expect(report, "ok", {"socketpair unix"});
  expect(report, "EBADF", {"connect"});
  expectKernelSurfaceClosed(report);
  expectNoProcesses(report);
  expect(report,
         "EACCES",
         {"create in scratch",
          "300 MiB in scratch",
          "write /dev/full",
          "write /proc/self/oom_score_adj"});
  expectAll(report, "EACCES", "create /");
  if (hasLandlock())
    expect(report,
           "EACCES",
           {"read /bin/sh", "read /proc/1/environ", "read /root", "read /proc/version"});
  CHECK(report.descriptors.size() == 4);
  CHECK(report.environment.empty());
  CHECK(report.arguments.empty());
  expectHolds(net, spawn::ProcessKind::NET);
}

TEST_CASE(
    "the prompt makes local sockets alone, writes no file, starts nothing, and gets the display's "
    "variables alone") {
  Caged prompt(spawn::ProcessKind::PROMPT);
  const auto& report = prompt.report;
  expectOnlyFamilies(report, {1});
  expectKernelSurfaceClosed(report);
  expectNoProcesses(report);
  if (hasLandlock()) {
    expect(report, "EACCES", {"create in scratch", "read /proc/1/environ", "read /root"});
    for (const auto& [act, outcome] : report.acts) {
      INFO("act: ", act);
      if (act.compare(0, 8, "create /") == 0) CHECK(outcome != "ok");
    }
  }
  CHECK(report.descriptors.size() == 5);
  CHECK(report.environment == std::vector<std::string>{"DISPLAY=:7", "LANG=C.UTF-8"});
  CHECK(report.arguments == std::vector<std::string>{"--role", "prompt"});
  expectHolds(prompt, spawn::ProcessKind::PROMPT);
}

TEST_CASE("the chooser makes local sockets alone, starts nothing, and reaches the user's files") {
  Caged chooser(spawn::ProcessKind::CHOOSER);
  const auto& report = chooser.report;
  expectOnlyFamilies(report, {1});
  expectKernelSurfaceClosed(report);
  expectNoProcesses(report);
  CHECK(report.descriptors.size() == 4);
  CHECK(report.arguments == std::vector<std::string>{"--role", "chooser"});
  expectHolds(chooser, spawn::ProcessKind::CHOOSER);
}

TEST_CASE("a sealed frame makes no socket any more") {
  Caged frame(spawn::ProcessKind::FRAME, "main");
  expectAll(frame.report, "EPERM", "socket 1");
  expect(frame.report, "EPERM", {"connect", "bind", "listen"});
  expectNoProcesses(frame.report);
  CHECK(frame.report.descriptors.size() == 4);
  CHECK(frame.report.arguments == std::vector<std::string>{"--role", "frame", "--label", "main"});
  expectHolds(frame, spawn::ProcessKind::FRAME);
}

TEST_CASE("the broker makes local sockets alone, starts nothing, and sees its own directories") {
  TemporaryDirectory directory;
  const auto program = directory.path() / "sallyportd";
  std::filesystem::create_symlink(testProgram("sandbox-probe"), program);
  const auto scratch = directory.path() / "state";
  std::filesystem::create_directory(scratch);
  auto pair = makePair();
  const pid_t broker = fork();
  if (broker == 0) {
    dup2(pair.theirs.get(), 3);
    execl(program.c_str(), program.c_str(), "--state", scratch.c_str(), nullptr);
    _exit(127);
  }
  pair.theirs = nullptr;
  const auto report = readReport(pair.ours.get());
  const auto seen = sandbox::inspectSelfCaged(broker, sandbox::CagedAs::BROKER, nullptr);
  pair.ours = nullptr;
  waitpid(broker, nullptr, 0);
  REQUIRE(report.complete);
  expectOnlyFamilies(report, {1});
  expectKernelSurfaceClosed(report);
  expectNoProcesses(report);
  expect(report, "ok", {"create in scratch", "socketpair unix"});
  if (hasLandlock()) {
    expect(report,
           "EACCES",
           {"read /bin/sh", "read /proc/1/environ", "read /root", "read /etc/shadow"});
    expect(report, "EACCES", {"create /usr/probe", "create /etc/probe", "create /probe"});
  }
  // The limit and the umask are set by entering too.
  INFO(describe(seen));
  CHECK(seen.holds());
}

TEST_CASE("a vault that aborts leaves no core file") {
  Caged vault(spawn::ProcessKind::VAULT);
  const std::string order = "abort\n";
  REQUIRE(write(vault.child.first.get(), order.data(), order.size()) ==
          static_cast<ssize_t>(order.size()));
  const auto exit =
      vault.fixture.link().exited(vault.child.process.pid).wait(vault.fixture.waitScope());
  CHECK(exit.signal == SIGABRT);
  // A child's working directory is the root; the kernel's pattern may also name the pid.
  CHECK(std::filesystem::is_empty(vault.fixture.vaultDirectory()));
  CHECK(!std::filesystem::exists("/core"));
  CHECK(!std::filesystem::exists("/core." + std::to_string(exit.pid)));
}

TEST_CASE("the inspection of a process that did not cage itself fails") {
  SpawnerFixture fixture(testProgram("sandbox-idle"));
  const auto child = fixture.start(spawn::ProcessKind::NET);
  REQUIRE(readReport(child.first.get()).complete);
  const auto report =
      fixture.link().inspect(child.process.pid, spawn::ProcessKind::NET).wait(fixture.waitScope());
  CHECK(!report.holds());
  // It has the spawner's, as everything that the spawner starts.
  CHECK(stateOf(report, "Seccomp_filters") == sandbox::CheckState::FAILED);
  CHECK(sandbox::proc::statusField(child.process.pid, "Seccomp_filters") ==
        sandbox::proc::statusField(fixture.spawner(), "Seccomp_filters"));
  // Root's children keep root's capabilities; then the look inside cannot tell, and the
  // capabilities are what fails.
  CHECK((stateOf(report, "dumpable") == sandbox::CheckState::FAILED ||
         stateOf(report, "CapEff") == sandbox::CheckState::FAILED));
}

TEST_CASE("the spawner's cage holds, as seen from outside") {
  SpawnerFixture fixture(testProgram("sandbox-idle"));
  const auto report = fixture.link().inspectSpawner().wait(fixture.waitScope());
  INFO(describe(report));
  CHECK(report.pid == fixture.spawner());
  CHECK(report.holds());
}

TEST_CASE("a spawner that did not cage itself is found out, and so is one that is gone") {
  int gate[2];
  REQUIRE(pipe2(gate, O_CLOEXEC) == 0);
  const pid_t uncaged = fork();
  if (uncaged == 0) {
    close(gate[1]);
    char byte = 0;
    _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
  }
  close(gate[0]);
  const sandbox::SpawnerView view(uncaged);
  const auto report = view.inspect();
  // What this test was started with, in a container perhaps, its child has too.
  rlimit core{};
  REQUIRE(getrlimit(RLIMIT_CORE, &core) == 0);
  const bool isFiltered = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0;
  const std::vector<std::pair<std::string, bool>> layers{
      {"NoNewPrivs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0},
      {"Seccomp", isFiltered},
      {"Seccomp_filters", isFiltered},
      {"core limit", core.rlim_cur == 0 && core.rlim_max == 0}};
  for (const auto& [layer, isInherited] : layers) {
    CAPTURE(layer);
    if (isInherited)
      MESSAGE("not looked at: it comes from outside");
    else
      CHECK(stateOf(report, layer) == sandbox::CheckState::FAILED);
  }
  close(gate[1]);
  REQUIRE(waitpid(uncaged, nullptr, 0) == uncaged);
  CHECK(stateOf(view.inspect(), "NoNewPrivs") == sandbox::CheckState::FAILED);
}

}  // namespace sallyport::test
