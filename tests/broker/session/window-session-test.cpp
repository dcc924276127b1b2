// The life of a session over a real socket: attach, revoke, the end from either side, and the
// broker's own calls on RendererControl.
#include <doctest/doctest.h>
#include <kj/debug.h>

#include "tests/broker/session/attached.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;

namespace {

// What the renderer learns when a call itself fails.
template <typename T>
std::string failure(kj::Promise<T> promise, kj::WaitScope& scope) {
  std::string text;
  promise.ignoreResult()
      .then([] {}, [&](kj::Exception&& e) { text = e.getDescription().cStr(); })
      .wait(scope);
  return text;
}

}  // namespace

TEST_CASE("attach answers with the window's own things once the cage was verified") {
  WindowFixture f;
  Renderer renderer(f);
  const auto start = renderer.attach();
  CHECK(start.getWindow() == "main");
  CHECK(start.getUrl() == "app://wallet/index.html");
  CHECK(start.getTitle() == "Wallet");
  CHECK(start.getPageState() == "{\"tab\":1}");
  CHECK(start.getContentSecurityPolicy() == "default-src 'none'");
  CHECK(f.journal.last("attached").text == "engine 1");
  CHECK(f.connection->isAttached());
}

TEST_CASE("attach waits for the cage, and a cage that does not hold gets no session") {
  WindowFixture f;
  f.holdCage = true;
  Renderer renderer(f);
  auto request = renderer.session.attachRequest();
  request.setControl(kj::heap<ControlFake>(renderer.controlCalls));
  request.setProtocol(proto::PROTOCOL_VERSION);
  auto sent = request.send();
  CHECK_FALSE(sent.poll(f.io.waitScope));
  SUBCASE("holds") {
    KJ_ASSERT_NONNULL(f.cage)->fulfill(true);
    CHECK(sent.poll(f.io.waitScope));
    CHECK_FALSE(f.reason());
  }
  SUBCASE("does not hold") {
    KJ_ASSERT_NONNULL(f.cage)->fulfill(false);
    CHECK(f.reason() == EndReason::CAGE_NOT_VERIFIED);
    CHECK_FALSE(f.connection->isAttached());
  }
  SUBCASE("could not be read") {
    KJ_ASSERT_NONNULL(f.cage)->reject(KJ_EXCEPTION(FAILED, "no /proc"));
    CHECK(f.reason() == EndReason::CAGE_NOT_VERIFIED);
    CHECK(f.journal.last("incident").detail.find("no /proc") != std::string::npos);
  }
  SUBCASE("a call while it is being verified is a breach") {
    renderer.start("cmd_echo", "{\"text\":\"a\"}").poll(f.io.waitScope);
    CHECK(f.reason() == EndReason::NOT_ATTACHED);
    CHECK(f.handlers.calls == 0);
  }
  SUBCASE("revoked meanwhile") {
    f.connection->revoke();
    CHECK(f.reason() == EndReason::REVOKED);
    CHECK_FALSE(f.connection->isAttached());
  }
}

TEST_CASE("a second attach, another protocol and a missing control each end the session") {
  WindowFixture f;
  Renderer renderer(f);
  auto request = renderer.session.attachRequest();
  request.setProtocol(proto::PROTOCOL_VERSION);
  SUBCASE("second") {
    renderer.attach();
    request.setControl(kj::heap<ControlFake>(renderer.controlCalls));
    auto sent = request.send();
    sent.poll(f.io.waitScope);
    CHECK(f.reason() == EndReason::ATTACHED_TWICE);
  }
  SUBCASE("protocol") {
    request.setControl(kj::heap<ControlFake>(renderer.controlCalls));
    request.setProtocol(proto::PROTOCOL_VERSION + 1);
    auto sent = request.send();
    sent.poll(f.io.waitScope);
    CHECK(f.reason() == EndReason::WRONG_PROTOCOL);
  }
  SUBCASE("control") {
    auto sent = request.send();
    sent.poll(f.io.waitScope);
    CHECK(f.reason() == EndReason::NO_CONTROL);
  }
}

TEST_CASE("our own session handed back as the control is never obeyed") {
  WindowFixture f;
  Renderer renderer(f);
  auto request = renderer.session.attachRequest();
  request.setProtocol(proto::PROTOCOL_VERSION);
  request.setControl(renderer.session.castAs<proto::RendererControl>());
  request.send().wait(f.io.waitScope);
  CHECK(f.connection->ping().wait(f.io.waitScope) == WindowConnection::Answer::GONE);
  CHECK(f.reason() == EndReason::UNKNOWN_METHOD);
}

TEST_CASE("nothing but attach is answered before attach") {
  WindowFixture f;
  Renderer renderer(f);
  SUBCASE("invoke") { CHECK(renderer.invoke("cmd_echo", "{\"text\":\"a\"}").broken != ""); }
  SUBCASE("asset") {
    auto request = renderer.session.assetRequest();
    request.setPath("/index.html");
    CHECK(failure(request.send(), f.io.waitScope) != "");
    CHECK(f.assets.asked.empty());
  }
  SUBCASE("log") {
    CHECK(failure(renderer.session.logRequest().send(), f.io.waitScope) != "");
    CHECK(f.journal.count("page") == 0);
  }
  CHECK(f.reason() == EndReason::NOT_ATTACHED);
  CHECK(f.handlers.calls == 0);
}

TEST_CASE("after revoke every method is refused with the same words and the connection is over") {
  Attached f;
  auto running = f.renderer.start("cmd_wait", "{}");
  auto lasting = f.renderer.start("cmd_finish", "{}");
  CHECK_FALSE(running.poll(f.io.waitScope));
  f.connection->revoke();
  CHECK(f.reason() == EndReason::REVOKED);
  CHECK(f.handlers.dropped == 1);
  CHECK(running.wait(f.io.waitScope).broken != "");
  CHECK(f.journal.last("ended").text == "revoked");

  const int before = f.handlers.calls;
  CHECK(f.renderer.invoke("cmd_echo", "{\"text\":\"a\"}").broken != "");
  CHECK(failure(f.renderer.session.assetRequest().send(), f.io.waitScope) != "");
  CHECK(failure(f.renderer.session.logRequest().send(), f.io.waitScope) != "");
  CHECK(failure(f.renderer.session.attachRequest().send(), f.io.waitScope) != "");
  CHECK(f.handlers.calls == before);
  CHECK(f.connection->ping().wait(f.io.waitScope) == WindowConnection::Answer::GONE);

  SUBCASE("and a command that runs to its end still does") {
    f.connection = nullptr;
    f.handlers.waiting[1]->fulfill();
    f.poll();
    CHECK(f.handlers.finished == 1);
  }
}

TEST_CASE("a call that arrives with the revocation is not run") {
  Attached f;
  auto call = f.renderer.start("cmd_echo", "{\"text\":\"a\"}");
  f.connection->revoke();
  CHECK(call.wait(f.io.waitScope).broken != "");
  CHECK(f.handlers.calls == 0);
}

TEST_CASE(
    "a call that was queued before the revocation and is dispatched after it touches nothing") {
  WindowFixture f;
  Dispatcher dispatcher(f.registry, {"w", "app"}, f.grants(), f.timer, f.journal, f.running);
  auto pipe = f.io.provider->newCapabilityPipe();
  Guard guard(*pipe.ends[0], f.timer);
  Patience patience(f.timer);
  auto made = kj::heap<WindowSession>(
      WindowSession::Parts{guard,
                           dispatcher,
                           f.registry,
                           *f.events["main"],
                           f.assets,
                           f.journal,
                           f.timer,
                           patience,
                           nullptr},
      WindowStart{"w", "app://w/", "", "", ""},
      []() -> kj::Promise<bool> { return true; },
      [](proto::RendererControl::Client) {});
  WindowSession& session = *made;
  proto::Session::Client client = kj::mv(made);
  auto call = client.invokeRequest().send();
  session.revoke();
  CHECK(failure(kj::mv(call), f.io.waitScope) == "refused");
  CHECK_FALSE(guard.hasEnded());
  CHECK(f.journal.lines.empty());
}

TEST_CASE("destroying a connection drops its calls at once, before the loop turns") {
  Attached f;
  auto call = f.renderer.start("cmd_wait", "{}");
  CHECK_FALSE(call.poll(f.io.waitScope));
  f.connection = nullptr;
  CHECK(f.handlers.dropped == 1);
}

TEST_CASE("a renderer that goes away ends its session and cancels its calls") {
  WindowFixture f;
  {
    Renderer renderer(f);
    renderer.attach();
    auto call = renderer.start("cmd_wait", "{}");
    CHECK_FALSE(call.poll(f.io.waitScope));
  }
  f.peer = nullptr;
  CHECK(f.reason() == EndReason::PEER_CLOSED);
  CHECK(f.handlers.dropped == 1);
}

TEST_CASE("an exception out of the session's own code ends it without a word of its text") {
  // A source that breaks its contract: more than was asked for.
  struct Broken : AssetSource {
    std::optional<AssetPiece> read(std::string_view, std::uint64_t, std::size_t) override {
      KJ_FAIL_REQUIRE("/secret/canary");
    }
  } broken;
  WindowFixture g;
  auto pipe = g.io.provider->newCapabilityPipe();
  WindowEvents events(g.hub, {"other", "app", g.grants()});
  WindowConnection connection(kj::mv(pipe.ends[0]),
                              WindowConnection::Broker{g.timer, g.registry, g.journal, g.running},
                              WindowConnection::Window{{"other", "app"},
                                                       {"other", "app://a/", "", "", ""},
                                                       g.grants(),
                                                       events,
                                                       broken,
                                                       []() -> kj::Promise<bool> { return true; }});
  g.peer = kj::mv(pipe.ends[1]);
  Renderer renderer(g);
  renderer.attach();
  auto request = renderer.session.assetRequest();
  request.setPath("/index.html");
  const std::string learned = failure(request.send(), g.io.waitScope);
  CHECK(learned.find("canary") == std::string::npos);
  CHECK(connection.ended().wait(g.io.waitScope) == EndReason::INTERNAL);
  CHECK(g.journal.last("incident").detail.find("canary") != std::string::npos);
}

TEST_CASE("the broker's calls to the renderer are answered, late or gone") {
  WindowFixture f;
  using Answer = WindowConnection::Answer;
  CHECK(f.connection->ping().wait(f.io.waitScope) == Answer::GONE);  // not attached yet
  Renderer renderer(f);
  renderer.attach();
  CHECK(f.connection->ping().wait(f.io.waitScope) == Answer::YES);
  CHECK(f.connection->load("app://wallet/a.html").wait(f.io.waitScope) == Answer::YES);
  CHECK(f.connection->close().wait(f.io.waitScope) == Answer::YES);
  CHECK(renderer.controlCalls ==
        std::vector<std::string>{"ping", "load app://wallet/a.html", "close"});
  renderer.hangs = true;
  auto ping = f.connection->ping();
  CHECK_FALSE(ping.poll(f.io.waitScope));
  f.advance(WindowConnection::CONTROL_DEADLINE_MS * kj::MILLISECONDS);
  CHECK(ping.wait(f.io.waitScope) == Answer::LATE);
  CHECK_FALSE(f.reason());
}

TEST_CASE("a renderer that never answers its heartbeats is ended at a bound") {
  Attached f;
  f.renderer.hangs = true;
  std::vector<kj::Promise<WindowConnection::Answer>> pings;
  for (std::size_t i = 0; i < Ledger::MAX_CONTROL_CALLS; ++i) {
    pings.push_back(f.connection->ping());
    pings.back().poll(f.io.waitScope);
  }
  CHECK_FALSE(f.reason());
  pings.push_back(f.connection->ping());
  CHECK(f.reason() == EndReason::CONTROL_UNANSWERED);
}

TEST_CASE("a handler may revoke its own window") {
  Attached f;
  auto call = f.renderer.start("cmd_wait", "{}");
  CHECK_FALSE(call.poll(f.io.waitScope));
  // What runs inside the handler's continuation.
  auto inside = kj::evalLater([&] { f.connection->revoke(); }).eagerlyEvaluate(nullptr);
  CHECK(f.reason() == EndReason::REVOKED);
}
