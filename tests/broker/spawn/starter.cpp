// What the starter starts, with real processes: what is the user's, and the app's next start.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "broker/spawn/wire.h"
#include "sandbox-policies/proc-facts.h"
#include "tests/broker/spawn/spawner-fixture.h"

namespace sallyport::test {
namespace {

namespace proc = sandbox::proc;
using spawn::ProcessKind;

}  // namespace

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
