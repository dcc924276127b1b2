// What ends, with real processes, whoever goes first: a child, the broker, the spawner. Nothing is
// left behind.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>

#include "sandbox-policies/proc-facts.h"
#include "tests/broker/spawn/spawner-fixture.h"

namespace sallyport::test {
namespace {

namespace proc = sandbox::proc;
using spawn::ProcessKind;

bool isGone(pid_t pid) { return kill(pid, 0) != 0 && errno == ESRCH; }

}  // namespace

TEST_CASE(
    "a child's exit code and its signal are reported once, also when it ended before anyone "
    "asked") {
  SpawnerFixture fixture(testProgram("sandbox-probe"));
  auto exiting = fixture.start(ProcessKind::NET);
  REQUIRE(readReport(exiting.first.get()).complete);
  order(exiting, "exit 42\n");
  REQUIRE(endsSoon(exiting.process.pidfd));
  // The report of the end is on its way before the next answer.
  auto other = fixture.start(ProcessKind::NET);
  const auto first = fixture.link().exited(exiting.process.pid).wait(fixture.waitScope());
  CHECK(first.code == 42);
  CHECK(first.signal == 0);
  CHECK_THROWS(fixture.link().exited(exiting.process.pid).wait(fixture.waitScope()));
  auto waiting = fixture.link().exited(other.process.pid);
  CHECK(!waiting.poll(fixture.waitScope()));
  kill(other.process.pid, SIGTERM);
  const auto second = waiting.wait(fixture.waitScope());
  CHECK(second.code == -1);
  CHECK(second.signal == SIGTERM);
}

TEST_CASE(
    "when the broker lets go of the control socket the spawner ends every child, waits for them "
    "and exits") {
  std::vector<pid_t> pids;
  {
    SpawnerFixture fixture(idle());
    std::vector<StartedChild> children;
    for (const auto kind : {ProcessKind::VAULT, ProcessKind::NET, ProcessKind::PROMPT})
      children.push_back(fixture.start(kind));
    children.push_back(fixture.start(ProcessKind::FRAME, "main"));
    children.push_back(fixture.start(ProcessKind::RENDERER, "main"));
    for (const auto& child : children) {
      REQUIRE(readReport(child.first.get()).complete);
      pids.push_back(child.process.pid);
    }
    // Behind the renderer's: bubblewrap, its init, the program.
    for (int level = 0; level < 3; ++level) {
      const auto inside = proc::childrenOf(pids.back());
      REQUIRE(inside.size() == 1);
      pids.push_back(inside.front());
    }
    CHECK(fixture.end() == 0);
  }
  for (const pid_t pid : pids) {
    INFO("pid ", pid);
    CHECK(isGone(pid));
  }
}

TEST_CASE("a renderer killed at any moment of its start leaves nothing that holds its sockets") {
  SpawnerFixture fixture(idle());
  for (int i = 0; i < 60; ++i) {
    auto child = fixture.start(ProcessKind::RENDERER, "main");
    // No sleep: a busy wait of another length each time, through the few milliseconds of a start.
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(i * 100);
    while (std::chrono::steady_clock::now() < until) {
    }
    kill(child.process.pid, SIGKILL);
    const auto exit = fixture.link().exited(child.process.pid).wait(fixture.waitScope());
    CHECK(exit.signal == SIGKILL);
    pollfd end{child.first.get(), POLLHUP, 0};
    while (poll(&end, 1, 10000) == 1 && (end.revents & POLLHUP) == 0) {
      char byte;
      if (read(child.first.get(), &byte, 1) <= 0) break;
    }
    REQUIRE((end.revents & POLLHUP) != 0);
  }
  CHECK(fixture.end() == 0);
}

TEST_CASE("a spawner killed outright takes its children along, and the link says so") {
  SpawnerFixture fixture(idle());
  auto vault = fixture.start(ProcessKind::VAULT);
  auto renderer = fixture.start(ProcessKind::RENDERER, "main");
  for (const auto* child : {&vault, &renderer}) {
    REQUIRE(readReport(child->first.get()).complete);
    order(*child, "h");  // deaf to the end of its socket
  }
  auto exited = fixture.link().exited(vault.process.pid);
  kill(fixture.spawner(), SIGKILL);
  CHECK_THROWS(exited.wait(fixture.waitScope()));
  auto pair = makePair();
  CHECK_THROWS(
      fixture.link().inspect(vault.process.pid, ProcessKind::VAULT).wait(fixture.waitScope()));
  CHECK(endsSoon(vault.process.pidfd));
  CHECK(endsSoon(renderer.process.pidfd));
}

TEST_CASE("kill -9 of the broker leaves no process") {
  // A broker of its own, which tells what it started and is then killed without a chance to tidy
  // up.
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  // What the dead broker leaves becomes ours, so that its end can be awaited.
  REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
  const auto directory = std::make_unique<TemporaryDirectory>();
  setenv("TMPDIR", directory->path().c_str(), 1);
  const pid_t broker = fork();
  if (broker == 0) {
    SpawnerFixture fixture(idle());
    auto vault = fixture.start(ProcessKind::VAULT);
    auto renderer = fixture.start(ProcessKind::RENDERER, "main");
    for (const auto* child : {&vault, &renderer}) {
      readReport(child->first.get());
      if (write(child->first.get(), "h", 1) != 1) _exit(1);
    }
    const pid_t pids[3]{fixture.spawner(), vault.process.pid, renderer.process.pid};
    if (write(ends[1], pids, sizeof pids) != sizeof pids) _exit(1);
    for (;;) pause();
  }
  unsetenv("TMPDIR");
  close(ends[1]);
  pid_t pids[3];
  REQUIRE(read(ends[0], pids, sizeof pids) == sizeof pids);
  close(ends[0]);
  kill(broker, SIGKILL);
  // What is left of them is our orphan: when there is no child left, there is nothing left. The
  // spawner has waited for its own, so these are the broker and the spawner.
  int ended = 0;
  while (waitpid(-1, nullptr, 0) > 0) ++ended;
  CHECK(ended == 2);
  for (const pid_t pid : pids) CHECK(isGone(pid));
  prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

TEST_CASE("a peer that breaks the protocol ends the spawner") {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  TemporaryDirectory directory;
  const auto config = configOf(directory.path().c_str(), directory.path().c_str(), "test-app");
  const pid_t spawner = fork();
  if (spawner == 0) {
    close(ends[0]);
    _exit(spawn::runSpawner(ends[1], config));
  }
  close(ends[1]);
  REQUIRE(send(ends[0], "hello", 5, 0) == 5);
  int status = 0;
  REQUIRE(waitpid(spawner, &status, 0) == spawner);
  CHECK(WEXITSTATUS(status) == 1);
  close(ends[0]);
}

}  // namespace sallyport::test
