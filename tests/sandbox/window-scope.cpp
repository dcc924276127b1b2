// The control group of a window: what the user's service manager is asked for, and what happens
// where there is none, it refuses, or it never answers. With a real manager, where one runs.
#include "broker/spawn/window-scope.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "sandbox-policies/renderer-policy.h"
#include "tests/sandbox/expectations.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;
using sandbox::CheckState;

constexpr const char* CHECK_NAME = "control group";

class Listening {
 public:
  explicit Listening(const fs::path& path) : m_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(bind(m_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~Listening() { close(m_fd); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  int m_fd;
};

// A user's runtime folder as a manager makes it, and a program that stands for busctl.
struct Manager {
  TemporaryDirectory folder;
  std::unique_ptr<Listening> bus, direct;
  Manager() {
    fs::create_directory(runtime() / "systemd");
    bus = std::make_unique<Listening>(runtime() / "bus");
    direct = std::make_unique<Listening>(runtime() / "systemd/private");
  }
  const fs::path& runtime() const { return folder.path(); }
  fs::path note(const char* name) const { return runtime() / name; }
  std::string read(const char* name) const {
    std::ifstream in(note(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t asked() const {
    const auto text = read("asked");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '!'));
  }
  void answer(const SpawnerFixture& fixture, const std::string& script) const {
    const auto program = fixture.hostPrograms() / "busctl";
    std::ofstream(program) << "#!/bin/sh\necho '!' >> " << note("asked").string() << "\n"
                           << script << "\n";
    fs::permissions(program, fs::perms(0755));
  }
};

struct Scoped {
  Manager manager;
  SpawnerFixture fixture{
      testProgram("sandbox-idle"), sandbox::renderer::WINDOW_BOUNDS, manager.runtime()};

  StartedChild start() {
    auto child = fixture.start(spawn::ProcessKind::RENDERER, "main");
    REQUIRE(readReport(child.first.get()).complete);
    return child;
  }
  sandbox::CageReport look(const StartedChild& child) {
    return fixture.link()
        .inspect(child.process.pid, spawn::ProcessKind::RENDERER)
        .wait(fixture.waitScope());
  }
};

}  // namespace

TEST_CASE_FIXTURE(Scoped,
                  "the manager is asked for a scope with the window's bounds, and no more") {
  const auto at = [this](const char* name) { return manager.note(name).string(); };
  manager.answer(fixture,
                 "printf '%s\\n' \"$@\" > " + at("arguments") +
                     "\ntr '\\0' '\\n' < /proc/$$/environ > " + at("environment") +
                     "\nreadlink /proc/$$/fd/* > " + at("descriptors") + "\nexit 1");
  const auto child = start();
  std::ostringstream expected;
  const auto pid = child.process.pid;
  expected << "--user\n--quiet\n--allow-interactive-authorization=no\ncall\n"
              "org.freedesktop.systemd1\n/org/freedesktop/systemd1\n"
              "org.freedesktop.systemd1.Manager\nStartTransientUnit\nssa(sv)a(sa(sv))\n"
              "app-sallyport-test-app-main-"
           << pid << ".scope\nfail\n7\nDescription\ns\nA window of a Sallyport app\nPIDs\nau\n1\n"
           << pid
           << "\nCollectMode\ns\ninactive-or-failed\nMemoryMax\nt\n4294967296\n"
              "MemorySwapMax\nt\n0\nTasksMax\nt\n528\nCPUWeight\nt\n50\n0\n";
  CHECK(manager.read("arguments") == expected.str());
  CHECK(manager.read("environment") == "XDG_RUNTIME_DIR=" + manager.runtime().string() + "\n");
  const auto descriptors = manager.read("descriptors");
  CHECK(descriptors.find("/dev/null\n") == 0);
  CHECK(descriptors.find("socket:") == std::string::npos);
  CHECK(descriptors.find("memfd:") == std::string::npos);
}

TEST_CASE_FIXTURE(Scoped, "a manager that refuses costs a window nothing but its group") {
  manager.answer(fixture, "exit 1");
  const auto child = start();
  const auto report = look(child);
  INFO(describe(report));
  CHECK(report.holds());
  CHECK(stateOf(report, CHECK_NAME) == CheckState::DEGRADED);
}

TEST_CASE_FIXTURE(Scoped, "a manager that says yes and does nothing is not believed") {
  manager.answer(fixture, "exit 0");
  const auto child = start();
  const auto report = look(child);
  CHECK(report.holds());
  CHECK(stateOf(report, CHECK_NAME) == CheckState::DEGRADED);
}

TEST_CASE_FIXTURE(Scoped, "a manager that never answers is waited for once, and left with nobody") {
  manager.answer(fixture, "echo $$ > " + manager.note("pid").string() + "\nexec sleep 1000");
  const auto first = start();
  CHECK(stateOf(look(first), CHECK_NAME) == CheckState::DEGRADED);
  const auto asking = static_cast<pid_t>(std::stol(manager.read("pid")));
  CHECK(kill(asking, 0) != 0);
  const auto second = start();
  CHECK(look(second).holds());
  CHECK(manager.asked() == 1);
}

TEST_CASE("without a manager nobody is asked, and the group is named as missing") {
  TemporaryDirectory runtime;
  SpawnerFixture fixture(
      testProgram("sandbox-idle"), sandbox::renderer::WINDOW_BOUNDS, runtime.path());
  const auto child = fixture.start(spawn::ProcessKind::RENDERER, "main");
  REQUIRE(readReport(child.first.get()).complete);
  const auto report = fixture.link()
                          .inspect(child.process.pid, spawn::ProcessKind::RENDERER)
                          .wait(fixture.waitScope());
  CHECK(report.holds());
  CHECK(stateOf(report, CHECK_NAME) == CheckState::DEGRADED);
  CHECK(spawn::planScope("/usr/bin", runtime.path(), "a", "main", {}).program.empty());
  CHECK(spawn::planScope("/usr/bin", "", "a", "main", {}).program.empty());
  CHECK(spawn::planScope("/usr/bin", "run/user/7", "a", "main", {}).program.empty());
}

namespace {

// The session's own manager; where there is none, nothing of this can be tried.
struct Real {
  fs::path runtime =
      std::getenv("XDG_RUNTIME_DIR") != nullptr ? std::getenv("XDG_RUNTIME_DIR") : "";
  bool runs = !spawn::planScope("/usr/bin", runtime, "a", "main", {}).program.empty() &&
              access("/usr/bin/busctl", X_OK) == 0;

  std::string groupOf(SpawnerFixture& fixture, const StartedChild& child) const {
    for (const auto& check : fixture.link()
                                 .inspect(child.process.pid, spawn::ProcessKind::RENDERER)
                                 .wait(fixture.waitScope())
                                 .checks)
      if (check.name == CHECK_NAME) return check.value;
    return "";
  }
  static void use(const SpawnerFixture& fixture) {
    fs::create_symlink("/usr/bin/busctl", fixture.hostPrograms() / "busctl");
  }
};

}  // namespace

TEST_CASE_FIXTURE(Real, "the session's manager puts each window into a group of its own") {
  if (!runs) {
    MESSAGE("skipped: no service manager of this user");
    return;
  }
  SpawnerFixture fixture(testProgram("sandbox-idle"), sandbox::renderer::WINDOW_BOUNDS, runtime);
  use(fixture);
  for (const char* label : {"main", "side"}) {
    const auto child = fixture.start(spawn::ProcessKind::RENDERER, label);
    REQUIRE(readReport(child.first.get()).complete);
    const auto group = groupOf(fixture, child);
    CAPTURE(group);
    CHECK(group.find("app-sallyport-test-app-" + std::string(label) + "-" +
                     std::to_string(child.process.pid) + ".scope:") == 0);
    MESSAGE(group);
  }
}

TEST_CASE_FIXTURE(Real, "the kernel ends a window that takes too much at once, and no other") {
  if (!runs) {
    MESSAGE("skipped: no service manager of this user");
    return;
  }
  constexpr std::uint64_t MIB = 1024 * 1024;
  // The look of each second does not count files in memory; the group does.
  SpawnerFixture fixture(testProgram("sandbox-glutton"), {160 * MIB, 500}, runtime);
  use(fixture);
  const auto honest = fixture.start(spawn::ProcessKind::RENDERER, "main");
  const auto greedy = fixture.start(spawn::ProcessKind::RENDERER, "greedy");
  REQUIRE(write(greedy.first.get(), "files\n", 6) == 6);
  const auto report = readReport(greedy.first.get());
  const auto group = groupOf(fixture, honest);
  MESSAGE(group);
  if (group.find("memory 167772160") == std::string::npos) {
    MESSAGE("skipped: this kernel gives the manager no control over memory");
    return;
  }
  CHECK_FALSE(report.complete);
  CHECK(endsSoon(greedy.process.pidfd));
  CHECK(group.find("app-sallyport-test-app-main-") == 0);
}

}  // namespace sallyport::test
