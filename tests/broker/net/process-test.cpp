// The real sallyport-net in its cage, over descriptor 3, as the broker has it.
#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "proto/fd.capnp.h"
#include "proto/net.capnp.h"
#include "tests/broker/net/server-fake.h"

namespace sallyport::net {
namespace {

struct Carrier final : public proto::Fd::Server {
  explicit Carrier(kj::AutoCloseFd given) : fd(kj::mv(given)) {}
  kj::Maybe<int> getFd() override { return fd.get(); }
  kj::AutoCloseFd fd;
};

std::string readToEnd(kj::AsyncIoStream& stream, kj::WaitScope& scope) {
  return stream.readAllText().wait(scope).cStr();
}

struct NetProcess {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  pid_t pid = -1;
  kj::Own<kj::AsyncCapabilityStream> stream;
  kj::Own<capnp::TwoPartyClient> client;

  NetProcess() {
    int ends[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    pid = fork();
    if (pid == 0) {
      dup2(ends[1], 3);
      fcntl(3, F_SETFD, 0);
      close_range(4, ~0U, 0);  // as the spawner does it: nothing else comes along
      char name[] = "sallyport-net";
      char* argv[] = {name, nullptr};
      char* environment[] = {nullptr};
      execve(SALLYPORT_BINARY_DIR "/bin/sallyport-net", argv, environment);
      _exit(127);
    }
    close(ends[1]);
    stream = io.lowLevelProvider->wrapUnixSocketFd(kj::AutoCloseFd(ends[0]),
                                                   kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC);
    client = kj::heap<capnp::TwoPartyClient>(*stream, 1U);
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

  // The page's end of a connection that net makes; what it says is in outcome.
  kj::Own<kj::AsyncIoStream> connect(const std::string& host,
                                     std::uint16_t port,
                                     proto::AddressRange addresses) {
    int ends[2];
    KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    auto request = net().connectRequest();
    request.setHost(host.c_str());
    request.setPort(port);
    request.setAddresses(addresses);
    request.setSocket(kj::heap<Carrier>(kj::AutoCloseFd(ends[1])));
    auto page = io.lowLevelProvider->wrapSocketFd(kj::AutoCloseFd(ends[0]),
                                                  kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC);
    outcome = request.send().wait(io.waitScope).getOutcome();
    return page;
  }
  proto::ConnectOutcome outcome = proto::ConnectOutcome::CONNECTED;

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

TEST_CASE_FIXTURE(NetProcess, "a connection passes bytes both ways, and its end") {
  ServerFake server([](const std::string& request) { return "heard: " + request; });
  auto page = connect("localhost", server.port(), proto::AddressRange::LOOPBACK);
  REQUIRE(outcome == proto::ConnectOutcome::CONNECTED);
  const std::string sent = "GET / HTTP/1.1\r\n\r\n";
  page->write(sent.data(), sent.size()).wait(io.waitScope);
  CHECK(readToEnd(*page, io.waitScope) == "heard: " + sent);
  CHECK(server.requests() == std::vector<std::string>{sent});
}

TEST_CASE_FIXTURE(NetProcess,
                  "an address out of range is not connected, whatever name leads there") {
  ServerFake server([](const std::string&) { return std::string("reached"); });
  for (const auto range : {proto::AddressRange::PUBLIC, proto::AddressRange::PRIVATE}) {
    for (const auto* host : {"localhost",
                             "127.0.0.1",
                             "[::1]",
                             "[::ffff:127.0.0.1]",
                             "127.1",
                             "2130706433",
                             "0x7f000001"}) {
      CAPTURE(host);
      connect(host, server.port(), range);
      CHECK(outcome != proto::ConnectOutcome::CONNECTED);
    }
  }
  connect("169.254.169.254", 80, proto::AddressRange::LOOPBACK);
  CHECK(outcome == proto::ConnectOutcome::REFUSED);
  for (const auto* host : {"",
                           "a b",
                           "user@localhost",
                           "localhost/x",
                           "localhost?x",
                           "localhost#",
                           "%6cocalhost",
                           "LOCALHOST"}) {
    CAPTURE(host);
    connect(host, server.port(), proto::AddressRange::LOOPBACK);
    CHECK(outcome == proto::ConnectOutcome::REFUSED);
  }
  connect("localhost", 0, proto::AddressRange::LOOPBACK);
  CHECK(outcome == proto::ConnectOutcome::REFUSED);
  CHECK(server.requests().empty());
}

TEST_CASE_FIXTURE(NetProcess, "where nobody listens the page learns so") {
  std::uint16_t port = 0;
  {
    ServerFake gone([](const std::string&) { return std::string(); });
    port = gone.port();
  }
  auto page = connect("127.0.0.1", port, proto::AddressRange::LOOPBACK);
  CHECK(outcome == proto::ConnectOutcome::UNREACHABLE);
  CHECK(readToEnd(*page, io.waitScope).empty());
}

TEST_CASE_FIXTURE(NetProcess, "connections are bounded, and one that is closed makes room") {
  ServerFake server([](const std::string&) { return std::string("x"); });
  std::vector<kj::Own<kj::AsyncIoStream>> open;
  for (std::uint32_t i = 0; i < proto::MAX_CONNECTIONS; ++i) {
    open.push_back(connect("127.0.0.1", server.port(), proto::AddressRange::LOOPBACK));
    REQUIRE(outcome == proto::ConnectOutcome::CONNECTED);
  }
  connect("127.0.0.1", server.port(), proto::AddressRange::LOOPBACK);
  CHECK(outcome == proto::ConnectOutcome::TOO_MANY);
  open.pop_back();
  for (int i = 0; i < 1000 && outcome != proto::ConnectOutcome::CONNECTED; ++i)
    open.push_back(connect("127.0.0.1", server.port(), proto::AddressRange::LOOPBACK));
  CHECK(outcome == proto::ConnectOutcome::CONNECTED);
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
