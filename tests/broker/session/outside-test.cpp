// What lies outside of a session's origin class: leaving it, and the connections of a remote page;
// allowed, refused, over each limit, before attach, after the end.
#include <doctest/doctest.h>

#include <string>

#include "tests/broker/session/window-fixture.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;

namespace {

struct Attached : WindowFixture {
  Attached() { renderer.attach(); }
  Renderer renderer{*this};

  kj::Promise<void> navigate(const std::string& url) {
    auto request = renderer.session.navigateRequest();
    request.setUrl(url.c_str());
    return request.send().ignoreResult();
  }
  bool connect(std::uint32_t id, const std::string& host = "host.example") {
    auto request = renderer.session.connectRequest();
    request.setConnection(id);
    request.setHost(host.c_str());
    request.setPort(443);
    return request.send().wait(io.waitScope).getConnected();
  }
  kj::Promise<void> send(std::uint32_t id, const std::string& bytes) {
    auto request = renderer.session.sendRequest();
    request.setConnection(id);
    request.setBytes(kj::arrayPtr(bytes.data(), bytes.size()).asBytes());
    return request.send().ignoreResult();
  }
  kj::Promise<std::string> receive(std::uint32_t id) {
    auto request = renderer.session.receiveRequest();
    request.setConnection(id);
    return request.send().then([](auto&& answer) {
      const auto bytes = answer.getBytes().asChars();
      return std::string(bytes.begin(), bytes.size());
    });
  }
  void disconnect(std::uint32_t id) {
    auto request = renderer.session.disconnectRequest();
    request.setConnection(id);
    request.send().ignoreResult().wait(io.waitScope);
  }
};

}  // namespace

TEST_CASE("a navigation that is refused costs the session nothing") {
  Attached f;
  f.navigate("https://stay.example/").wait(f.io.waitScope);
  CHECK(f.outside.asked == std::vector<std::string>{"https://stay.example/"});
  CHECK(f.renderer.invoke("cmd_echo", "{\"text\":\"a\"}").value == "\"a\"");
  f.navigate(std::string(proto::MAX_ADDRESS_BYTES + 1, 'x')).wait(f.io.waitScope);
  CHECK(f.outside.asked.size() == 1);
  CHECK_FALSE(f.reason());
}

TEST_CASE("with a navigation to another origin class every right is gone, in the same turn") {
  Attached f;
  auto running = f.renderer.start("cmd_wait", "{}", 1);
  CHECK_FALSE(running.poll(f.io.waitScope));
  const int before = f.handlers.calls;
  auto left = f.navigate("https://go.example/")
                  .then([] { return false; }, [](kj::Exception&&) { return true; });
  auto single = f.renderer.start("cmd_echo", "{\"text\":\"a\"}", 2);
  auto batch = f.renderer.startMany({{"cmd_echo", "{\"text\":\"b\"}"}, {"cmd_finish", "{}"}}, 10);
  CHECK(f.reason() == EndReason::REVOKED);
  CHECK(f.handlers.calls == before);
  CHECK(f.handlers.dropped == 1);
  CHECK(left.wait(f.io.waitScope));
  CHECK(single.wait(f.io.waitScope).broken != "");
  CHECK(batch.wait(f.io.waitScope) != "");
}

TEST_CASE("a host that the class does not name is not connected, and the number is free again") {
  Attached f;
  CHECK_FALSE(f.connect(1, "other.example"));
  CHECK_FALSE(f.connect(1, std::string(proto::MAX_HOST_NAME_BYTES + 1, 'x')));
  CHECK(f.outside.asked.back() == ":443");
  CHECK(f.connect(1));
  CHECK_FALSE(f.reason());
}

TEST_CASE("bytes go both ways, in pieces, to the end") {
  Attached f;
  REQUIRE(f.connect(7));
  auto& server = *f.outside.servers.at(0);
  const std::string sent(proto::MAX_CONNECTION_BYTES, 'u');
  auto written = f.send(7, sent);
  std::string heard(sent.size(), ' ');
  server.read(heard.data(), heard.size()).wait(f.io.waitScope);
  written.wait(f.io.waitScope);
  CHECK(heard == sent);

  auto waiting = f.receive(7);
  CHECK_FALSE(waiting.poll(f.io.waitScope));
  server.write("down", 4).wait(f.io.waitScope);
  CHECK(waiting.wait(f.io.waitScope) == "down");
  const std::string large(3 * proto::MAX_CONNECTION_BYTES, 'd');
  auto pushed = server.write(large.data(), large.size());
  std::string all;
  while (all.size() < large.size()) {
    const auto piece = f.receive(7).wait(f.io.waitScope);
    REQUIRE(!piece.empty());
    REQUIRE(piece.size() <= proto::MAX_CONNECTION_BYTES);
    all += piece;
  }
  pushed.wait(f.io.waitScope);
  CHECK(all == large);
  f.outside.servers.clear();
  CHECK(f.receive(7).wait(f.io.waitScope).empty());
  CHECK_FALSE(f.reason());
}

TEST_CASE("what waits on a connection that is closed ends, and an unknown number is no fault") {
  Attached f;
  REQUIRE(f.connect(1));
  auto waiting = f.receive(1);
  CHECK_FALSE(waiting.poll(f.io.waitScope));
  f.disconnect(1);
  CHECK(waiting.wait(f.io.waitScope).empty());
  char byte = 0;
  CHECK(f.outside.servers.at(0)->tryRead(&byte, 1, 1).wait(f.io.waitScope) == 0);
  f.disconnect(1);
  f.send(1, "x").wait(f.io.waitScope);
  CHECK(f.receive(1).wait(f.io.waitScope).empty());
  CHECK_FALSE(f.reason());
}

TEST_CASE("more connections, bytes or readers than there may be end the session") {
  Attached f;
  EndReason expected = EndReason::TOO_MANY_CONNECTIONS;
  SUBCASE("connections") {
    f.outside.waits = true;
    for (std::uint32_t id = 0; id <= proto::MAX_CONNECTIONS_OF_PAGE; ++id) {
      CHECK_FALSE(f.reason());
      auto request = f.renderer.session.connectRequest();
      request.setConnection(id);
      request.setHost("host.example");
      request.send().ignoreResult().detach([](kj::Exception&&) {});
    }
  }
  SUBCASE("one number twice") {
    REQUIRE(f.connect(1));
    auto request = f.renderer.session.connectRequest();
    request.setConnection(1);
    request.send().ignoreResult().detach([](kj::Exception&&) {});
    expected = EndReason::CONNECTION_REUSED;
  }
  SUBCASE("bytes") {
    REQUIRE(f.connect(1));
    f.send(1, std::string(proto::MAX_CONNECTION_BYTES + 1, 'x')).detach([](kj::Exception&&) {});
    expected = EndReason::BATCH_SIZE;
  }
  SUBCASE("readers") {
    REQUIRE(f.connect(1));
    f.receive(1).ignoreResult().detach([](kj::Exception&&) {});
    f.receive(1).ignoreResult().detach([](kj::Exception&&) {});
    expected = EndReason::CONNECTION_REUSED;
  }
  SUBCASE("writers") {
    REQUIRE(f.connect(1));
    // More than the pipe's buffers take, and nobody reads.
    f.send(1, std::string(proto::MAX_CONNECTION_BYTES, 'x')).detach([](kj::Exception&&) {});
    for (int i = 0; i < 200 && !f.reason(); ++i)
      f.send(1, std::string(1024, 'x')).detach([](kj::Exception&&) {});
    expected = EndReason::CONNECTION_REUSED;
  }
  CHECK(f.reason() == expected);
}

TEST_CASE("before attach there is nothing outside") {
  for (const int method : {0, 1, 2, 3, 4}) {
    WindowFixture f;
    Renderer renderer(f);
    CAPTURE(method);
    const auto ignore = [](kj::Exception&&) {};
    if (method == 0) renderer.session.navigateRequest().send().ignoreResult().detach(ignore);
    if (method == 1) renderer.session.connectRequest().send().ignoreResult().detach(ignore);
    if (method == 2) renderer.session.sendRequest().send().ignoreResult().detach(ignore);
    if (method == 3) renderer.session.receiveRequest().send().ignoreResult().detach(ignore);
    if (method == 4) renderer.session.disconnectRequest().send().ignoreResult().detach(ignore);
    CHECK(f.reason() == EndReason::NOT_ATTACHED);
    CHECK(f.outside.asked.empty());
  }
}

TEST_CASE("the end of the session closes its connections") {
  Attached f;
  REQUIRE(f.connect(1));
  f.receive(1).ignoreResult().detach([](kj::Exception&&) {});
  f.connection->revoke();
  CHECK(f.reason() == EndReason::REVOKED);
  char byte = 0;
  CHECK(f.outside.servers.at(0)->tryRead(&byte, 1, 1).wait(f.io.waitScope) == 0);
}
