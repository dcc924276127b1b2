#include "tests/bench/baselines.h"

#include <capnp/rpc-twoparty.h>
#include <kj/debug.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <sstream>

#include "proto/session.capnp.h"

namespace sallyport::bench {

namespace {

using Clock = std::chrono::steady_clock;

// What the page's call carries, so that every variant moves about the same bytes.
constexpr const char* COMMAND = "cmd_echo";
constexpr const char* ARGUMENTS = "{\"text\":\"0123456789\"}";
constexpr std::size_t RAW_BYTES = 32;

double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

class EchoServer final : public proto::Session::Server {
  kj::Promise<void> invoke(InvokeContext context) override {
    context.getResults().initOutcome().setValue(context.getParams().getCall().getArguments());
    return kj::READY_NOW;
  }
};

}  // namespace

ChannelEcho::ChannelEcho()
    : m_process(SALLYPORT_BINARY_DIR "/tests-bin/bench-channel-echo"),
      m_socket(m_process.takeSocket()) {
  ask("");  // the page says when it is ready
}

std::string ChannelEcho::ask(const std::string& line) {
  KJ_SYSCALL(::write(m_socket.get(), line.data(), line.size()));
  std::string answer;
  while (answer.empty() || answer.back() != '\n') {
    std::array<char, 4096> buffer{};
    ssize_t count = 0;
    KJ_SYSCALL(count = ::read(m_socket.get(), buffer.data(), buffer.size()));
    KJ_REQUIRE(count > 0, "the QWebChannel page ended");
    answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return answer;
}

std::vector<double> ChannelEcho::serial(int count, Way way) {
  std::istringstream words(
      ask((way == Way::RAW ? std::string("raw-serial ") : std::string("serial ")) +
          std::to_string(count) + "\n"));
  double value = 0;
  words >> value;
  std::vector<double> result;
  while (words >> value) {
    result.push_back(value / 1000);
  }
  return result;
}

double ChannelEcho::flood(int count, Way way) {
  std::istringstream words(
      ask((way == Way::RAW ? std::string("raw-flood ") : std::string("flood ")) +
          std::to_string(count) + "\n"));
  double value = 0;
  words >> value;
  return value;
}

ForkedPeer::ForkedPeer(void (*serve)(int fd)) {
  std::array<int, 2> pair{};
  KJ_SYSCALL(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()));
  socket = kj::AutoCloseFd(pair[0]);
  kj::AutoCloseFd theirs(pair[1]);
  KJ_SYSCALL(m_pid = ::fork());
  if (m_pid == 0) {
    ::close(pair[0]);
    serve(theirs.release());
    ::_exit(0);
  }
}

ForkedPeer::~ForkedPeer() {
  socket = nullptr;
  ::waitpid(m_pid, nullptr, 0);
}

void serveCapnp(int fd) {
  auto io = kj::setupAsyncIo();
  auto stream = io.lowLevelProvider->wrapSocketFd(fd);
  capnp::TwoPartyClient rpc(*stream, kj::heap<EchoServer>(), capnp::rpc::twoparty::Side::SERVER);
  rpc.onDisconnect().wait(io.waitScope);
}

void serveRaw(int fd) {
  std::array<char, RAW_BYTES> buffer{};
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count <= 0 || ::write(fd, buffer.data(), static_cast<std::size_t>(count)) != count) {
      return;
    }
  }
}

std::vector<double> serialCapnp(kj::AsyncIoContext& io,
                                proto::Session::Client& session,
                                int count) {
  std::vector<double> result;
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    auto request = session.invokeRequest();
    auto call = request.initCall();
    call.setCommand(COMMAND);
    call.setArguments(ARGUMENTS);
    auto response = request.send().wait(io.waitScope);
    KJ_REQUIRE(response.getOutcome().isValue());
    result.push_back(microseconds(Clock::now() - start));
  }
  return result;
}

std::vector<double> serialRaw(int fd, int count) {
  std::array<char, RAW_BYTES> buffer{};
  std::vector<double> result;
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    KJ_SYSCALL(::write(fd, buffer.data(), buffer.size()));
    ssize_t got = 0;
    KJ_SYSCALL(got = ::read(fd, buffer.data(), buffer.size()));
    KJ_REQUIRE(got == static_cast<ssize_t>(buffer.size()));
    result.push_back(microseconds(Clock::now() - start));
  }
  return result;
}

}  // namespace sallyport::bench
