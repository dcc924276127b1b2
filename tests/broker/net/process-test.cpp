// The real sallyport-net in its cage, over descriptor 3, as the broker has it.
#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>

#include "proto/net.capnp.h"
#include "tests/broker/net/server-fake.h"

namespace sallyport::net {
namespace {

struct NetProcess {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  pid_t pid = -1;
  kj::Own<kj::AsyncIoStream> stream;
  kj::Own<capnp::TwoPartyClient> client;

  NetProcess() {
    int ends[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    pid = fork();
    if (pid == 0) {
      dup2(ends[1], 3);
      fcntl(3, F_SETFD, 0);
      char name[] = "sallyport-net";
      char* argv[] = {name, nullptr};
      char* environment[] = {nullptr};
      execve(SALLYPORT_BINARY_DIR "/bin/sallyport-net", argv, environment);
      _exit(127);
    }
    close(ends[1]);
    stream = io.lowLevelProvider->wrapSocketFd(
        ends[0],
        kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP | kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC);
    client = kj::heap<capnp::TwoPartyClient>(*stream);
  }
  ~NetProcess() {
    if (pid <= 0) return;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }

  proto::Net::Client net() { return client->bootstrap().castAs<proto::Net>(); }

  capnp::Response<proto::Net::HttpResults> fetch(const std::string& url,
                                                 std::uint32_t maxBytes = 0) {
    auto call = net().httpRequest();
    call.initRequest().setUrl(url.c_str());
    call.getRequest().setMaxBytes(maxBytes);
    return call.send().wait(io.waitScope);
  }

  std::string status(const std::string& field) const {
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);)
      if (line.rfind(field + ":\t", 0) == 0) return line.substr(field.size() + 2);
    return "(none)";
  }
};

TEST_CASE_FIXTURE(NetProcess, "it answers a request from inside its cage") {
  ServerFake server([](const std::string&) { return httpAnswer("hello", "X-A: b\r\n"); });
  const auto results = fetch(server.url("/path"));
  REQUIRE(results.getOutcome().isResponse());
  const auto response = results.getOutcome().getResponse();
  CHECK(response.getStatus() == 200);
  const auto body = response.getBody().asChars();
  CHECK(std::string(body.begin(), body.size()) == "hello");
  CHECK(server.requests().at(0).rfind("GET /path ", 0) == 0);
  CHECK(status("Seccomp") == "2");
  CHECK(status("NoNewPrivs") == "1");
  CHECK(status("Threads") != "1");  // the one that transfers is inside too
}

TEST_CASE_FIXTURE(NetProcess, "names are looked up from inside the cage") {
  ServerFake server([](const std::string&) { return httpAnswer("hello"); });
  CHECK(fetch("http://localhost:" + std::to_string(server.port()) + "/").getOutcome().isResponse());
}

TEST_CASE_FIXTURE(NetProcess, "each failure comes back as what it is") {
  ServerFake server([](const std::string&) { return httpAnswer(std::string(100, 'x')); });
  ServerFake garbage([](const std::string&) { return std::string("garbage\r\n\r\n"); });
  const auto failure = [&](const std::string& url, std::uint32_t maxBytes = 0) {
    const auto results = fetch(url, maxBytes);
    REQUIRE(results.getOutcome().isFailure());
    return results.getOutcome().getFailure();
  };
  CHECK(failure("file:///etc/passwd") == proto::NetFailure::INVALID_REQUEST);
  CHECK(failure(server.url(), 99) == proto::NetFailure::TOO_LARGE);
  CHECK(failure(garbage.url()) == proto::NetFailure::PROTOCOL);
  CHECK(fetch(server.url(), 100).getOutcome().isResponse());
}

TEST_CASE_FIXTURE(NetProcess, "a dropped call ends its transfer, and the process goes on") {
  Gate gate;
  ServerFake server([&](const std::string&) {
    gate.wait();
    return httpAnswer("late");
  });
  {
    auto call = net().httpRequest();
    call.initRequest().setUrl(server.url().c_str());
    auto dropped = call.send();
    while (gate.waiting() == 0) net().pingRequest().send().wait(io.waitScope);
  }
  gate.open();
  CHECK(fetch(server.url()).getOutcome().isResponse());
}

TEST_CASE_FIXTURE(NetProcess, "it ends when the broker does") {
  net().pingRequest().send().wait(io.waitScope);
  client = nullptr;
  stream = nullptr;
  int code = -1;
  KJ_SYSCALL(waitpid(pid, &code, 0));
  pid = -1;
  CHECK(WIFEXITED(code));
  CHECK(WEXITSTATUS(code) == 0);
}

}  // namespace
}  // namespace sallyport::net
