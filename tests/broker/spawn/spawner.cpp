// The spawner's life with real processes: what it starts, refuses, reports, and that it leaves
// nothing behind.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "broker/spawn/child-plan.h"
#include "broker/spawn/wire.h"
#include "sandbox-policies/proc-facts.h"
#include "tests/broker/spawn/spawner-fixture.h"
#include "tests/faults/no-descriptors.h"

namespace sallyport::test {
namespace {

namespace proc = sandbox::proc;
using spawn::ProcessKind;

std::filesystem::path idle() { return testProgram("sandbox-idle"); }

void order(const StartedChild& child, const std::string& text) {
  REQUIRE(write(child.first.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

bool isGone(pid_t pid) { return kill(pid, 0) != 0 && errno == ESRCH; }

spawn::SpawnerConfig configOf(const char* binaries, const char* state, const char* appId) {
  spawn::SpawnerConfig config;
  config.binaries = binaries;
  config.stateDirectory = state;
  config.appId = appId;
  return config;
}

std::string refusal(kj::Promise<spawn::Spawned> promise, kj::WaitScope& waitScope) {
  std::string text;
  auto caught = promise.then(
      [](spawn::Spawned&&) -> std::string { return "started"; },
      [](kj::Exception&& error) -> std::string { return error.getDescription().cStr(); });
  return caught.wait(waitScope);
}

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

TEST_CASE("a variable of the user's that a kind of child does not need does not come along") {
  SpawnerFixture fixture(idle());  // it has LD_PRELOAD and HTTPS_PROXY to give
  for (const auto kind :
       {ProcessKind::VAULT, ProcessKind::NET, ProcessKind::PROMPT, ProcessKind::FRAME}) {
    CAPTURE(static_cast<int>(kind));
    const auto child = fixture.start(kind, kind == ProcessKind::FRAME ? "main" : "");
    const auto environment = proc::environmentOf(child.process.pid);
    REQUIRE(environment);
    if (kind == ProcessKind::PROMPT || kind == ProcessKind::FRAME) {
      CHECK(*environment == std::vector<std::string>{"DISPLAY=:7", "LANG=C.UTF-8"});
    } else {
      CHECK(environment->empty());
    }
  }
  CHECK(fixture.end() == 0);
}

TEST_CASE("what a child writes comes out of its log pipe, and the read end does not block") {
  SpawnerFixture fixture(testProgram("sandbox-probe"));
  auto child = fixture.start(ProcessKind::NET);
  CHECK((fcntl(child.process.log.get(), F_GETFL) & O_NONBLOCK) != 0);
  REQUIRE(readReport(child.first.get()).complete);
  order(child, "print\n");
  order(child, "exit 0\n");
  CHECK(readLog(child.process.log.get()) == "printed out\nprinted err\n");
}

TEST_CASE("a missing program is refused with its error, and the next start works") {
  SpawnerFixture fixture("/nonexistent/program");
  auto pair = makePair();
  spawn::SpawnRequest request{ProcessKind::NET, "", {}};
  request.fds.push_back(kj::mv(pair.theirs));
  const auto why = refusal(fixture.link().spawn(kj::mv(request)), fixture.waitScope());
  CHECK(why.find("No such file") != std::string::npos);
  // The refused child's socket is not kept anywhere.
  char byte;
  CHECK(read(pair.ours.get(), &byte, 1) == 0);
}

TEST_CASE(
    "the wrong number of descriptors, a descriptor that is no socket and a bad label are refused") {
  SpawnerFixture fixture(idle());
  const auto attempt =
      [&](ProcessKind kind, const std::string& label, std::vector<kj::AutoCloseFd> fds) {
        return refusal(fixture.link().spawn({kind, label, kj::mv(fds)}), fixture.waitScope());
      };
  CHECK(attempt(ProcessKind::NET, "", {}).find("number of descriptors") != std::string::npos);
  std::vector<kj::AutoCloseFd> two;
  two.push_back(makePair().ours);
  two.push_back(makePair().ours);
  CHECK(attempt(ProcessKind::NET, "", kj::mv(two)).find("number of descriptors") !=
        std::string::npos);
  std::vector<kj::AutoCloseFd> file;
  file.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(attempt(ProcessKind::NET, "", kj::mv(file)).find("not a socket") != std::string::npos);
  std::vector<kj::AutoCloseFd> labelled;
  labelled.push_back(makePair().ours);
  CHECK(attempt(ProcessKind::NET, "main", kj::mv(labelled)).find("bad label") != std::string::npos);
  std::vector<kj::AutoCloseFd> unlabelled;
  unlabelled.push_back(makePair().ours);
  CHECK(attempt(ProcessKind::FRAME, "", kj::mv(unlabelled)).find("bad label") != std::string::npos);
  std::vector<kj::AutoCloseFd> strange;
  strange.push_back(makePair().ours);
  CHECK_THROWS(fixture.link()
                   .spawn({ProcessKind::FRAME, "../main", kj::mv(strange)})
                   .wait(fixture.waitScope()));
}

TEST_CASE("an inspection of a process that is no child of this kind is refused") {
  SpawnerFixture fixture(idle());
  auto child = fixture.start(ProcessKind::NET);
  CHECK_THROWS(fixture.link().inspect(getpid(), ProcessKind::NET).wait(fixture.waitScope()));
  CHECK_THROWS(
      fixture.link().inspect(child.process.pid, ProcessKind::VAULT).wait(fixture.waitScope()));
}

TEST_CASE("without descriptors a start is refused, on either side, and the next one works") {
  SpawnerFixture fixture(idle());
  const auto child = fixture.start(ProcessKind::NET);
  const auto before = proc::childrenOf(fixture.spawner());
  const auto attempt = [&] {
    auto pair = makePair();
    spawn::SpawnRequest request{ProcessKind::NET, "", {}};
    request.fds.push_back(kj::mv(pair.theirs));
    return request;
  };
  // Each one that a start needs is the one that is not there.
  unsigned free = 0;
  if (geteuid() != 0) MESSAGE("skipped: only root sees which descriptors the spawner has");
  for (std::string why; geteuid() == 0 && why != "started"; ++free) {
    REQUIRE(free < 40);
    auto request = attempt();
    const faults::NoDescriptors none(fixture.spawner(), free);
    why = refusal(fixture.link().spawn(kj::mv(request)), fixture.waitScope());
    CAPTURE(why);
    CHECK((why == "started" || why.find("Too many open files") != std::string::npos ||
           why.find("no descriptors are left") != std::string::npos));
  }
  CHECK((free > 3 || geteuid() != 0));
  {
    auto request = attempt();
    const faults::NoDescriptors none;
    CHECK(refusal(fixture.link().spawn(kj::mv(request)), fixture.waitScope())
              .find("no descriptors are left") != std::string::npos);
  }
  // It and the starter, and nothing that nobody has hold of.
  CHECK(before.size() == 2);
  const auto alone = [&] { return proc::childrenOf(fixture.spawner()) == before; };
  const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!alone() && std::chrono::steady_clock::now() < late) usleep(1000);
  CHECK(alone());
  CHECK(fixture.end() == 0);
}

TEST_CASE("a start that is dropped before its answer leaves no process") {
  SpawnerFixture fixture(idle());
  auto pair = makePair();
  {
    spawn::SpawnRequest request{ProcessKind::NET, "", {}};
    request.fds.push_back(kj::mv(pair.theirs));
    auto dropped = fixture.link().spawn(kj::mv(request));
    // Sent, not answered yet.
    CHECK(!dropped.poll(fixture.waitScope()));
  }
  // Its answer comes before this one's.
  fixture.start(ProcessKind::NET);
  // Only a dead child lets go of the other end.
  std::string rest;
  char buffer[64];
  for (ssize_t size; (size = read(pair.ours.get(), buffer, sizeof buffer)) > 0;)
    rest.append(buffer, static_cast<std::size_t>(size));
  CHECK((rest.empty() || rest == "done\n"));
}

TEST_CASE("the spawner keeps nothing of what it hands out") {
  SpawnerFixture fixture(idle());
  auto first = fixture.start(ProcessKind::PROMPT);
  // One answer more, so that what it held while it answered is done with.
  CHECK_THROWS(fixture.link().inspect(1, ProcessKind::NET).wait(fixture.waitScope()));
  const auto before = proc::descriptorsOf(fixture.spawner());
  if (!before) {
    MESSAGE("a spawner is not dumpable, so a normal user cannot list its descriptors");
    return;
  }
  for (int i = 0; i < 5; ++i) {
    auto child = fixture.start(ProcessKind::RENDERER, "main");
    kill(child.process.pid, SIGKILL);
    fixture.link().exited(child.process.pid).wait(fixture.waitScope());
  }
  CHECK_THROWS(fixture.link().inspect(1, ProcessKind::NET).wait(fixture.waitScope()));
  CHECK(proc::descriptorsOf(fixture.spawner())->size() == before->size());
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

TEST_CASE("a profile is another program in the strict cage, and one that is not known is refused") {
  const TemporaryDirectory folder;
  auto config = configOf(folder.path().c_str(), folder.path().c_str(), "test-app");
  for (const auto* name : {"sallyport-cage", "sallyport-renderer", "sallyport-renderer-devtools"})
    std::ofstream(folder.path() / name) << name;
  const auto plan = [&](std::string_view profile) {
    config.profile = profile;
    return spawn::planChild(config, ProcessKind::RENDERER, "main", {});
  };
  const auto textOf = [](const spawn::OwnedDescriptor& file) {
    std::string text(65536, '\0');
    text.resize(static_cast<std::size_t>(pread(file.get(), text.data(), text.size(), 0)));
    return text;
  };
  const auto strict = plan("strict");
  REQUIRE(strict.descriptors.size() == 5);  // arguments, two filters, program, stage
  for (const auto& profile : sandbox::profiles()) {
    INFO(std::string(profile.name));
    const auto other = plan(profile.name);
    CHECK(other.program == strict.program);
    CHECK(other.arguments == strict.arguments);
    CHECK(other.environment == strict.environment);
    REQUIRE(other.descriptors.size() == strict.descriptors.size());
    for (const std::size_t same : {0, 1, 2, 4})
      CHECK(textOf(other.descriptors[same]) == textOf(strict.descriptors[same]));
    CHECK(textOf(other.descriptors[3]) == profile.program);
  }
  CHECK(sandbox::profiles().front().name == sandbox::STRICT);
  CHECK_THROWS(plan("gpu"));
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

TEST_CASE("the spawner refuses a configuration with relative paths or a bad app id") {
  for (const auto& config : {configOf("bin", "/state", "app"),
                             configOf("/bin", "state", "app"),
                             configOf("/bin", "/state", "app\n--bind")}) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    const pid_t spawner = fork();
    if (spawner == 0) {
      const int nothing = open("/dev/null", O_WRONLY);
      dup2(nothing, 2);
      close(ends[0]);
      _exit(spawn::runSpawner(ends[1], config));
    }
    close(ends[1]);
    int status = 0;
    REQUIRE(waitpid(spawner, &status, 0) == spawner);
    CHECK(WEXITSTATUS(status) == 1);
    close(ends[0]);
  }
}

TEST_CASE("what the opener started is the user's: his environment, and no end with the broker's") {
  SpawnerFixture fixture(idle());
  const auto host = fixture.hostPrograms();
  const auto fifo = host / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  {
    std::ofstream script(host / "xdg-open");
    script << "#!/bin/sh\nenv >" << host.string() << "/env\ncat /proc/self/status >"
           << host.string() << "/status\ncat <" << fifo.string() << " >" << host.string()
           << "/heard &\nexit 0\n";
  }
  std::filesystem::permissions(host / "xdg-open", std::filesystem::perms::owner_all);
  auto child = fixture.start(ProcessKind::OPENER);
  order(child, std::string("\x12\0", 2) + "https://a.example/");
  char answer = 0;
  REQUIRE(read(child.first.get(), &answer, 1) == 1);
  CHECK(answer == 1);
  std::ofstream gate(fifo);  // opens when the program left behind listens
  pollfd end{child.process.pidfd.get(), POLLIN, 0};
  CHECK(poll(&end, 1, 0) == 0);
  CHECK(fixture.end() == 0);
  CHECK(poll(&end, 1, 0) == 0);
  gate << "still here\n";
  gate.close();
  REQUIRE(endsSoon(child.process.pidfd));
  const auto textOf = [&](const char* name) {
    std::ifstream in(host / name);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  CHECK(textOf("heard").ends_with("still here\n"));
  const auto environment = textOf("env");
  CHECK(environment.find("DISPLAY=:7\n") != std::string::npos);
  CHECK(environment.find("HTTPS_PROXY=p\n") != std::string::npos);
  CHECK(environment.find("LD_PRELOAD") == std::string::npos);
  // A browser is a sandbox itself, and at times a setuid one: it is under nothing of ours.
  const auto status = textOf("status");
  for (const auto* field : {"NoNewPrivs", "Seccomp", "Seccomp_filters"})
    CHECK(proc::fieldIn(status, field) == proc::statusField(0, field));
}

TEST_CASE("without its starter a spawner opens no link and does not start again, and goes on") {
  SpawnerFixture fixture(idle());
  fixture.link().inspectSpawner().wait(
      fixture.waitScope());  // it is there once the spawner answers
  const auto starter = proc::childrenOf(fixture.spawner());
  REQUIRE(starter.size() == 1);
  REQUIRE(kill(starter.front(), SIGKILL) == 0);
  auto pair = makePair();
  std::vector<kj::AutoCloseFd> given;
  given.push_back(kj::mv(pair.theirs));
  CHECK(refusal(fixture.link().spawn({ProcessKind::OPENER, "", kj::mv(given)}), fixture.waitScope())
            .find("the starter is gone") != std::string::npos);
  CHECK_THROWS(fixture.link().startAgain().wait(fixture.waitScope()));
  fixture.start(ProcessKind::NET);
  CHECK(fixture.end() == 0);
}

// A broker of the test's own: says this to its spawner, closes, waits for it, and stays until
// `stay` is closed. Answers the spawner's exit code, or 255 when an answer was another one.
[[noreturn]] void playBroker(const spawn::SpawnerConfig& config, bool asks, int stay) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) _exit(255);
  const pid_t spawner = fork();
  if (spawner == 0) {
    close(ends[0]);
    _exit(spawn::runSpawner(ends[1], config));
  }
  close(ends[1]);
  if (asks) {
    spawn::wire::Request request{};
    request.magic = spawn::wire::MAGIC;
    request.operation = spawn::wire::Operation::START_AGAIN;
    request.id = 7;
    spawn::wire::Reply reply{};
    if (spawn::wire::send(ends[0], &request, sizeof request, {}, 0) !=
            spawn::wire::Transfer::DONE ||
        spawn::wire::receive(ends[0], &reply, sizeof reply, 0).transfer !=
            spawn::wire::Transfer::DONE ||
        reply.operation != spawn::wire::Operation::START_AGAIN || reply.id != 7)
      _exit(255);
  }
  close(ends[0]);
  int status = 0;
  waitpid(spawner, &status, 0);
  char byte = 0;
  while (read(stay, &byte, 1) > 0) {
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 255);
}

TEST_CASE("an app starts again when its broker asked for it and has ended, and else never") {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const TemporaryDirectory folder;
  std::filesystem::create_directory(folder.path() / "bin");
  auto config = configOf((folder.path() / "bin").c_str(), folder.path().c_str(), "test-app");
  config.program = "/bin/sh";
  config.commandLine = {"sh", "-c", "echo \"$0\" \"$1\" >&2", "one two", "--three"};
  for (const bool asks : {false, true}) {
    CAPTURE(asks);
    int stay[2], output[2];
    REQUIRE(pipe2(stay, O_CLOEXEC) == 0);
    REQUIRE(pipe2(output, O_CLOEXEC) == 0);
    const pid_t broker = fork();
    REQUIRE(broker >= 0);
    if (broker == 0) {
      close(stay[1]);
      dup2(output[1], STDERR_FILENO);
      playBroker(config, asks, stay[0]);
    }
    close(stay[0]);
    close(output[1]);
    // As long as the broker lives, its locks are held, and nothing has started.
    pollfd started{output[0], POLLIN, 0};
    CHECK(poll(&started, 1, 200) == 0);
    close(stay[1]);
    int status = 0;
    REQUIRE(waitpid(broker, &status, 0) == broker);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    CHECK(readLog(output[0]) == (asks ? "one two --three\n" : ""));
    close(output[0]);
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
}

}  // namespace sallyport::test
