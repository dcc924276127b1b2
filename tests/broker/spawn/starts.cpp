// What the spawner starts, with real processes: what a child gets, what is refused, what is kept.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "broker/spawn/child-plan.h"
#include "sandbox-policies/proc-facts.h"
#include "tests/broker/spawn/spawner-fixture.h"
#include "tests/faults/no-descriptors.h"

namespace sallyport::test {
namespace {

namespace proc = sandbox::proc;
using spawn::ProcessKind;

}  // namespace

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

TEST_CASE("a profile is another program in the strict cage, and one that is not known is refused") {
  const TemporaryDirectory folder;
  auto config = configOf(folder.path().c_str(), folder.path().c_str(), "test-app");
  for (const auto* name : {"sallyport-cage",
                           "sallyport-renderer",
                           "sallyport-renderer-devtools",
                           "sallyport-renderer-gpu"})
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
  CHECK_THROWS(plan("wide"));
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

}  // namespace sallyport::test
