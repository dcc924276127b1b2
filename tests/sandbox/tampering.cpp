// Cages with one layer taken away or one thing added, started like the real one: each must be seen
// from outside.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "broker/spawn/child-plan.h"
#include "broker/spawn/child-start.h"
#include "sandbox-policies/inspect.h"
#include "sandbox-policies/renderer-policy.h"
#include "tests/sandbox/expectations.h"

namespace sallyport::test {
namespace {

namespace renderer = sandbox::renderer;
using spawn::OwnedDescriptor;
using Arguments = std::vector<std::string>;

OwnedDescriptor raised(int fd) {
  return OwnedDescriptor(fcntl(fd, F_DUPFD_CLOEXEC, spawn::LOWEST_OWN));
}

OwnedDescriptor memoryFile(const Arguments& arguments) {
  OwnedDescriptor file = raised(OwnedDescriptor(memfd_create("arguments", MFD_CLOEXEC)).get());
  std::string text;
  for (const auto& argument : arguments) text += argument + '\0';
  REQUIRE(pwrite(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  return file;
}

std::uint64_t inodeOf(int fd) {
  struct stat status {};
  REQUIRE(fstat(fd, &status) == 0);
  return status.st_ino;
}

void removeAt(Arguments& arguments, const std::string& option, std::size_t count) {
  const auto at = std::find(arguments.begin(), arguments.end(), option);
  REQUIRE(at != arguments.end());
  arguments.erase(at, at + static_cast<std::ptrdiff_t>(count));
}

void replaceValue(Arguments& arguments,
                  const std::string& option,
                  const std::string& from,
                  const std::string& to) {
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == option && arguments[i + 1] == from) arguments[i + 1] = to;
  }
}

// A renderer by the real plan after a change to it, with what it was given.
class ChangedRenderer {
 public:
  using Change = std::function<void(spawn::ChildPlan&, Arguments&)>;

  explicit ChangedRenderer(const Change& change, const char* program = "sandbox-idle") {
    // startChild() wants these numbers taken.
    while (true) {
      const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (fd >= spawn::LOWEST_OWN) {
        close(fd);
        break;
      }
      m_taken.emplace_back(fd);
    }
    std::filesystem::create_symlink(testProgram(program), m_binaries.path() / "sallyport-renderer");
    std::filesystem::create_symlink(
        std::filesystem::path(SALLYPORT_BINARY_DIR) / "bin/sallyport-cage",
        m_binaries.path() / "sallyport-cage");
    auto session = makePair();
    auto wayland = makePair();
    m_session = kj::mv(session.ours);
    m_given.session = inodeOf(session.theirs.get());
    m_given.wayland = inodeOf(wayland.theirs.get());
    std::vector<OwnedDescriptor> given;
    given.push_back(raised(session.theirs.get()));
    given.push_back(raised(wayland.theirs.get()));
    spawn::SpawnerConfig config;
    config.binaries = config.stateDirectory = m_binaries.path();
    config.appId = "test-app";
    auto plan = spawn::planChild(config, spawn::ProcessKind::RENDERER, "main", std::move(given));
    auto arguments = renderer::bubblewrapArguments("test-app");
    change(plan, arguments);
    plan.descriptors[renderer::ARGUMENTS - renderer::SESSION] = memoryFile(arguments);
    m_child = spawn::startChild(plan);
    m_given.log = m_child.logInode;
  }
  ~ChangedRenderer() {
    kill(m_child.pid, SIGKILL);
    waitpid(m_child.pid, nullptr, 0);
  }

  Report report() const { return readReport(m_session.get()); }
  bool runs() const { return readReport(m_session.get()).complete; }
  std::string log() const { return readLog(m_child.log.get()); }
  sandbox::CageReport inspect() const { return sandbox::inspectRenderer(m_child.pid, m_given, ""); }
  int exitCode() const {
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(m_child.pid), &info, WEXITED | WNOWAIT);
    return info.si_status;
  }

 private:
  std::vector<OwnedDescriptor> m_taken;
  TemporaryDirectory m_binaries;
  kj::AutoCloseFd m_session;
  sandbox::RendererDescriptors m_given{};
  spawn::StartedChild m_child{};
};

void useCarelessStage(spawn::ChildPlan& plan) {
  const auto path = testProgram("sandbox-careless-stage");
  plan.descriptors[renderer::STAGE_FILE - renderer::SESSION] =
      raised(OwnedDescriptor(open(path.c_str(), O_RDONLY)).get());
}

void removeFilters(spawn::ChildPlan& plan, Arguments& arguments) {
  removeAt(arguments, "--add-seccomp-fd", 4);
  replaceValue(arguments, "--file", "8", "6");
  replaceValue(arguments, "--file", "9", "7");
  plan.descriptors.erase(plan.descriptors.begin() + 3, plan.descriptors.begin() + 5);
}

// Only the named checks fail, so that each test speaks of its own layer.
void expectFailed(const ChangedRenderer& changed, std::vector<std::string> names) {
  REQUIRE(changed.runs());
  const auto report = changed.inspect();
  std::vector<std::string> failed;
  for (const auto& check : report.checks) {
    if (check.state == sandbox::CheckState::FAILED) failed.push_back(check.name);
  }
  std::sort(failed.begin(), failed.end());
  std::sort(names.begin(), names.end());
  INFO(describe(report));
  CHECK(failed == names);
  CHECK(!report.holds());
}

}  // namespace

TEST_CASE("the same renderer without a change holds") {
  const ChangedRenderer unchanged([](spawn::ChildPlan&, Arguments&) {});
  REQUIRE(unchanged.runs());
  const auto report = unchanged.inspect();
  INFO(describe(report));
  CHECK(report.holds());
}

TEST_CASE("a renderer without the seccomp filters is found out") {
  expectFailed(ChangedRenderer(&removeFilters), {"Seccomp", "Seccomp_filters"});
}

TEST_CASE("even without the filters no second user namespace can be made in the cage") {
  const ChangedRenderer unfiltered(&removeFilters, "sandbox-nester");
  const auto outcome = unfiltered.report().acts.at("unshare user");
  CHECK((outcome == "ENOSPC" || outcome == "EPERM"));
  const ChangedRenderer open(
      [](spawn::ChildPlan& plan, Arguments& arguments) {
        removeFilters(plan, arguments);
        removeAt(arguments, "--disable-userns", 1);
      },
      "sandbox-nester");
  CHECK(open.report().acts.at("unshare user") == "ok");
}

TEST_CASE("a renderer with one filter less is found out") {
  expectFailed(ChangedRenderer([](spawn::ChildPlan& plan, Arguments& arguments) {
                 removeAt(arguments, "--add-seccomp-fd", 2);
                 replaceValue(arguments, "--add-seccomp-fd", "7", "6");
                 replaceValue(arguments, "--file", "8", "7");
                 replaceValue(arguments, "--file", "9", "8");
                 plan.descriptors.erase(plan.descriptors.begin() + 3);
               }),
               {"Seccomp_filters"});
}

TEST_CASE("a renderer that shares a namespace with the host is found out") {
  for (const std::string name : {"net", "ipc", "uts", "cgroup"}) {
    INFO("namespace: ", name);
    expectFailed(ChangedRenderer([&](spawn::ChildPlan&, Arguments& arguments) {
                   if (name == "uts") removeAt(arguments, "--hostname", 2);
                   removeAt(arguments, "--unshare-" + name, 1);
                 }),
                 {name + " namespace"});
  }
}

TEST_CASE("a renderer with a capability is found out") {
  expectFailed(ChangedRenderer([](spawn::ChildPlan&, Arguments& arguments) {
                 const auto at = std::find(arguments.begin(), arguments.end(), "ALL");
                 REQUIRE(at != arguments.end());
                 arguments.insert(at + 1, {"--cap-add", "CAP_SYS_CHROOT"});
               }),
               {"CapAmb", "CapBnd", "CapEff", "CapInh", "CapPrm"});
}

TEST_CASE("a renderer with a variable too many is found out") {
  expectFailed(ChangedRenderer([](spawn::ChildPlan& plan, Arguments&) { useCarelessStage(plan); }),
               {"environment"});
}

TEST_CASE("a renderer with a socket or a file from outside is found out") {
  expectFailed(ChangedRenderer([](spawn::ChildPlan& plan, Arguments&) {
                 useCarelessStage(plan);
                 plan.descriptors.push_back(raised(makePair().ours.get()));
               }),
               {"descriptors", "environment"});
  expectFailed(
      ChangedRenderer([](spawn::ChildPlan& plan, Arguments&) {
        useCarelessStage(plan);
        plan.descriptors.push_back(raised(OwnedDescriptor(open("/etc/passwd", O_RDONLY)).get()));
      }),
      {"descriptors", "environment"});
}

TEST_CASE("the cage stage starts no renderer when a descriptor came along, whatever it is") {
  const ChangedRenderer leaking([](spawn::ChildPlan& plan, Arguments&) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    plan.descriptors.push_back(raised(ends[0]));
    close(ends[0]);
    close(ends[1]);
  });
  CHECK(!leaking.runs());
  CHECK(leaking.log().find("descriptor 10 leaked in") != std::string::npos);
  CHECK(leaking.exitCode() == 71);
}

TEST_CASE("a renderer that holds other sockets than it was given is found out") {
  expectFailed(ChangedRenderer([](spawn::ChildPlan& plan, Arguments&) {
                 plan.descriptors[1] = raised(makePair().ours.get());
               }),
               {"descriptors"});
}

}  // namespace sallyport::test
