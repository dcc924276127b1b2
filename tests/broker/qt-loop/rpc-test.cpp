// Cap'n Proto over the stream, against KJ's own event loop in another thread, as the real peers
// are.
#include <capnp/rpc-twoparty.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/async-io.h>
#include <kj/thread.h>
#include <unistd.h>

#include <string>

#include "proto/frame.capnp.h"
#include "proto/session.capnp.h"
#include "tests/broker/qt-loop/fixture.h"

namespace sallyport::qt_loop {

namespace {

class EchoServer final : public proto::Session::Server {
  kj::Promise<void> invoke(InvokeContext context) override {
    auto call = context.getParams().getCall();
    context.getResults().initOutcome().setValue(call.getArguments());
    return kj::READY_NOW;
  }
};

// Writes a word into the descriptor it got, so that the test sees which one arrived.
class FrameServer final : public proto::Frame::Server {
 public:
  kj::Promise<void> prepareRenderer(PrepareRendererContext context) override {
    return context.getParams().getWayland().getFd().then([](kj::Maybe<int> fd) {
      KJ_IF_MAYBE (number, fd) {
        KJ_SYSCALL(::write(*number, "seen", 4));
      } else {
        KJ_FAIL_REQUIRE("no descriptor");
      }
    });
  }
};

class FdServer final : public proto::Fd::Server {
 public:
  explicit FdServer(kj::AutoCloseFd fd) : m_fd(kj::mv(fd)) {}
  kj::Maybe<int> getFd() override { return m_fd.get(); }

 private:
  kj::AutoCloseFd m_fd;
};

// A peer on KJ's own loop in a thread; it ends when the connection does.
class Peer {
 public:
  Peer(kj::AutoCloseFd socket, kj::Function<capnp::Capability::Client()> bootstrap)
      : m_thread([socket = kj::mv(socket), bootstrap = kj::mv(bootstrap)]() mutable {
          auto io = kj::setupAsyncIo();
          auto stream = io.lowLevelProvider->wrapUnixSocketFd(kj::mv(socket));
          capnp::TwoPartyClient rpc(*stream, 1, bootstrap(), capnp::rpc::twoparty::Side::SERVER);
          rpc.onDisconnect().wait(io.waitScope);
        }) {}

 private:
  kj::Thread m_thread;
};

kj::Promise<std::string> echo(proto::Session::Client& session, const std::string& text) {
  auto request = session.invokeRequest();
  request.initCall().setArguments(text);
  return request.send().then(
      [](auto&& response) { return std::string(response.getOutcome().getValue().cStr()); });
}

}  // namespace

TEST_CASE("ten thousand pipelined calls come back in order through Qt's loop") {
  Fixture f;
  SocketPair pair;
  Peer peer(kj::mv(pair.theirs), [] { return kj::heap<EchoServer>(); });
  QtSocketStream stream(f.loop.port(), kj::mv(pair.ours), Descriptors::IGNORED);
  capnp::TwoPartyClient rpc(stream);
  auto session = rpc.bootstrap().castAs<proto::Session>();
  int next = 0;
  auto calls = kj::heapArrayBuilder<kj::Promise<void>>(10000);
  for (int i = 0; i < 10000; ++i) {
    calls.add(echo(session, std::to_string(i)).then([&next, i](std::string text) {
      KJ_REQUIRE(next++ == i);
      KJ_REQUIRE(text == std::to_string(i));
    }));
  }
  f.exec(kj::joinPromises(calls.finish()));
  CHECK(next == 10000);
}

TEST_CASE("a message of megabytes makes the round trip") {
  Fixture f;
  SocketPair pair;
  Peer peer(kj::mv(pair.theirs), [] { return kj::heap<EchoServer>(); });
  QtSocketStream stream(f.loop.port(), kj::mv(pair.ours), Descriptors::IGNORED);
  capnp::TwoPartyClient rpc(stream);
  auto session = rpc.bootstrap().castAs<proto::Session>();
  const std::string big(5 * 1024 * 1024, 'x');
  std::string got;
  f.exec(echo(session, big).then([&](std::string text) { got = std::move(text); }));
  CHECK((got == big));
}

TEST_CASE("a descriptor goes to a peer on KJ's loop") {
  Fixture f;
  SocketPair pair;
  Peer peer(kj::mv(pair.theirs), [] { return kj::heap<FrameServer>(); });
  QtSocketStream stream(f.loop.port(), kj::mv(pair.ours), Descriptors::ACCEPTED);
  capnp::TwoPartyClient rpc(stream, 1);
  SocketPair gift;
  auto request = rpc.bootstrap().castAs<proto::Frame>().prepareRendererRequest();
  request.setWayland(kj::heap<FdServer>(kj::mv(gift.theirs)));
  f.exec(request.send().ignoreResult());
  char buffer[4];
  CHECK(::read(gift.ours.get(), buffer, 4) == 4);
  CHECK(std::string(buffer, 4) == "seen");
}

TEST_CASE("a descriptor comes from a peer on KJ's loop to a server on Qt's") {
  Fixture f;
  SocketPair pair;
  SocketPair gift;
  QtSocketStream stream(f.loop.port(), kj::mv(pair.ours), Descriptors::ACCEPTED);
  capnp::TwoPartyClient rpc(stream, 1, kj::heap<FrameServer>(), capnp::rpc::twoparty::Side::SERVER);
  kj::Thread peer([socket = kj::mv(pair.theirs), &gift]() mutable {
    auto io = kj::setupAsyncIo();
    auto remote = io.lowLevelProvider->wrapUnixSocketFd(kj::mv(socket));
    capnp::TwoPartyClient client(*remote, 1);
    auto request = client.bootstrap().castAs<proto::Frame>().prepareRendererRequest();
    request.setWayland(kj::heap<FdServer>(kj::mv(gift.theirs)));
    request.send().wait(io.waitScope);
  });
  f.exec(rpc.onDisconnect());
  char buffer[4];
  CHECK(::read(gift.ours.get(), buffer, 4) == 4);
}

TEST_CASE("when the peer goes, open calls are rejected and the disconnect is told") {
  Fixture f;
  SocketPair pair;
  QtSocketStream stream(f.loop.port(), kj::mv(pair.ours), Descriptors::IGNORED);
  capnp::TwoPartyClient rpc(stream);
  auto session = rpc.bootstrap().castAs<proto::Session>();
  auto open = echo(session, "never answered");
  pair.theirs = nullptr;
  f.exec(rpc.onDisconnect());
  CHECK_THROWS_AS(open.wait(f.loop.waitScope()), kj::Exception);
}

}  // namespace sallyport::qt_loop
