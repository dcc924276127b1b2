// Every method of Session and every call on RendererControl over a real socket: allowed, denied,
// malformed, over its limit, after revoke.
#include <doctest/doctest.h>
#include <kj/debug.h>

#include "tests/broker/session/window-fixture.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;

namespace {

// An attached window with an honest renderer.
struct Attached : WindowFixture {
  Attached() { renderer.attach(); }
  Renderer renderer{*this};
};

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

TEST_CASE("an allowed call is answered with its value") {
  Attached f;
  const auto outcome = f.renderer.invoke("cmd_echo", "{\"text\":\"hello \\u00e9\"}");
  CHECK(outcome.value == "\"hello \xc3\xa9\"");
  CHECK(outcome.code == "");
}

TEST_CASE("each refusal has its type, names the call, and the session lives on") {
  Attached f;
  Renderer::Outcome got;
  const auto refused = [&](const char* command, std::string arguments, const char* code) {
    got = f.renderer.invoke(command, std::move(arguments), 77);
    CHECK(got.code == code);
    CHECK(got.window == "main");
    CHECK(got.id == 77);
    CHECK(got.broken == "");
  };
  SUBCASE("unknown command") {
    refused("cmd_nothing", "{}", "unknown-command");
    CHECK(got.command == "");
  }
  SUBCASE("a name that is too long is not even looked for") {
    refused(std::string(65, 'a').c_str(), "{}", "unknown-command");
  }
  SUBCASE("not granted") {
    refused("cmd_forbidden", "{}", "denied");
    CHECK(got.command == "cmd_forbidden");
    CHECK(f.journal.last("refused").text == "denied");
  }
  SUBCASE("denied beats allowed") { refused("cmd_denied", "{}", "denied"); }
  SUBCASE("denied before the arguments are looked at") { refused("cmd_denied", "{{{", "denied"); }
  SUBCASE("not JSON") { refused("cmd_echo", "{\"text\":", "invalid-argument"); }
  SUBCASE("not an object") { refused("cmd_echo", "[1]", "invalid-argument"); }
  SUBCASE("missing field") {
    refused("cmd_echo", "{}", "invalid-argument");
    CHECK(got.message.find("text") != std::string::npos);
  }
  SUBCASE("wrong type") { refused("cmd_echo", "{\"text\":5}", "invalid-argument"); }
  SUBCASE("unknown field") { refused("cmd_echo", "{\"text\":\"a\",\"x\":1}", "invalid-argument"); }
  SUBCASE("duplicate field") {
    refused("cmd_echo", "{\"text\":\"a\",\"text\":\"b\"}", "invalid-argument");
  }
  SUBCASE("bad UTF-8") { refused("cmd_echo", "{\"text\":\"\xff\"}", "invalid-argument"); }
  SUBCASE("the handler's own refusal") {
    refused("cmd_missing", "{}", "not-found");
    CHECK(got.message == "Nothing here.");
    CHECK(got.command == "cmd_missing");
  }
  CHECK(f.handlers.calls == 0);
  CHECK(f.renderer.invoke("cmd_echo", "{\"text\":\"a\"}").value == "\"a\"");
  CHECK_FALSE(f.reason());
}

TEST_CASE("arguments may be as large as their limit and not larger") {
  Attached f;
  const std::string frame = "{\"text\":\"\"}";
  const auto sized = [&](std::size_t bytes) {
    return "{\"text\":\"" + std::string(bytes - frame.size(), 'a') + "\"}";
  };
  CHECK(f.renderer.invoke("cmd_echo", sized(proto::MAX_ARGUMENT_BYTES)).code == "");
  CHECK(f.renderer.invoke("cmd_echo", sized(proto::MAX_ARGUMENT_BYTES + 1)).code == "too-large");
  CHECK_FALSE(f.reason());
}

TEST_CASE("a result may be as large as its limit and not larger") {
  Attached f;
  const auto large = [&](std::size_t json) {
    return f.renderer.invoke("cmd_large", "{\"bytes\":" + std::to_string(json - 2) + "}");
  };
  CHECK(large(proto::MAX_RESULT_BYTES).value.size() == proto::MAX_RESULT_BYTES);
  CHECK(large(proto::MAX_RESULT_BYTES + 1).code == "too-large");
  CHECK_FALSE(f.reason());
}

TEST_CASE("many large results at once wait for each other instead of ending the session") {
  Attached f;
  std::vector<kj::Promise<Renderer::Outcome>> calls;
  for (int i = 0; i < 12; ++i) {
    calls.push_back(f.renderer.start("cmd_large", "{\"bytes\":300000}"));
  }
  for (auto& call : calls) CHECK(call.wait(f.io.waitScope).value.size() == 300'002);
  CHECK_FALSE(f.reason());
}

TEST_CASE("what a handler throws becomes an incident and nothing of its text leaves") {
  Attached f;
  for (const char* command : {"cmd_throw", "cmd_throw_later", "cmd_internal"}) {
    CAPTURE(command);
    const auto got = f.renderer.invoke(command);
    CHECK(got.code == "internal");
    CHECK(got.command == command);
    CHECK(got.incident.size() == 16);
    CHECK(got.message.find("canary") == std::string::npos);
    CHECK(f.journal.last("incident").text == got.incident);
    CHECK(f.journal.last("incident").detail.find("canary") != std::string::npos);
  }
  CHECK(f.renderer.invoke("cmd_echo", "{\"text\":\"a\"}").value == "\"a\"");
}

TEST_CASE("a command past its deadline settles once, as a deadline, and is dropped") {
  Attached f;
  auto call = f.renderer.start("cmd_wait", "{}");
  f.advance(999 * kj::MILLISECONDS);
  CHECK_FALSE(call.poll(f.io.waitScope));
  f.advance(1 * kj::MILLISECONDS);
  CHECK(call.wait(f.io.waitScope).code == "deadline");
  CHECK(f.handlers.dropped == 1);
  CHECK(f.renderer.invoke("cmd_echo", "{\"text\":\"a\"}").value == "\"a\"");
}

TEST_CASE("a command that runs to its end does so past its deadline") {
  Attached f;
  auto call = f.renderer.start("cmd_finish", "{}");
  f.advance(1 * kj::SECONDS);
  CHECK(call.wait(f.io.waitScope).code == "deadline");
  CHECK(f.handlers.dropped == 0);
  f.handlers.waiting[0]->fulfill();
  f.poll();
  CHECK(f.handlers.finished == 1);
}

TEST_CASE("dropping the promise cancels a command that may be cancelled") {
  Attached f;
  {
    auto call = f.renderer.start("cmd_wait", "{}");
    CHECK_FALSE(call.poll(f.io.waitScope));
    CHECK(f.handlers.calls == 1);
  }
  f.poll();
  CHECK(f.handlers.dropped == 1);
  CHECK(f.renderer.invoke("cmd_echo", "{\"text\":\"a\"}").value == "\"a\"");
}

TEST_CASE("dropping the promise leaves a command alone that runs to its end") {
  Attached f;
  {
    auto call = f.renderer.start("cmd_finish", "{}");
    CHECK_FALSE(call.poll(f.io.waitScope));
  }
  f.poll();
  CHECK(f.handlers.dropped == 0);
  f.handlers.waiting[0]->fulfill();
  f.poll();
  CHECK(f.handlers.finished == 1);
}

TEST_CASE("the limits of a grant hold") {
  Attached f;
  auto grants = f.grants();
  SUBCASE("perMinute") {
    f.row(*grants, "cmd_echo").limits.perMinute = 2;
    f.connection->setGrants(grants);
    const auto call = [&] { return f.renderer.invoke("cmd_echo", "{\"text\":\"a\"}").code; };
    CHECK(call() == "");
    CHECK(call() == "");
    CHECK(call() == "rate-limited");
    f.advance(59 * kj::SECONDS);
    CHECK(call() == "rate-limited");
    f.advance(1 * kj::SECONDS);
    CHECK(call() == "");
  }
  SUBCASE("concurrent") {
    f.row(*grants, "cmd_wait").limits.concurrent = 1;
    f.connection->setGrants(grants);
    auto first = f.renderer.start("cmd_wait", "{}");
    CHECK_FALSE(first.poll(f.io.waitScope));
    CHECK(f.renderer.invoke("cmd_wait").code == "rate-limited");
    f.handlers.waiting[0]->fulfill();
    CHECK(first.wait(f.io.waitScope).value == "\"waited\"");
    auto second = f.renderer.start("cmd_wait", "{}");
    CHECK_FALSE(second.poll(f.io.waitScope));
  }
  SUBCASE("concurrent counts a command that outlived its call") {
    f.row(*grants, "cmd_finish").limits.concurrent = 1;
    f.connection->setGrants(grants);
    auto first = f.renderer.start("cmd_finish", "{}");
    f.advance(1 * kj::SECONDS);
    CHECK(first.wait(f.io.waitScope).code == "deadline");
    CHECK(f.renderer.invoke("cmd_finish").code == "rate-limited");
  }
  SUBCASE("maxBytes") {
    f.row(*grants, "cmd_echo").limits.maxBytes = 12;
    f.connection->setGrants(grants);
    CHECK(f.renderer.invoke("cmd_echo", "{\"text\":\"a\"}").code == "");
    CHECK(f.renderer.invoke("cmd_echo", "{\"text\":\"ab\"}").code == "too-large");
  }
  SUBCASE("taken away while the window lives") {
    f.row(*grants, "cmd_echo").allowed = false;
    f.connection->setGrants(grants);
    CHECK(f.renderer.invoke("cmd_echo", "{\"text\":\"a\"}").code == "denied");
  }
}

TEST_CASE(
    "a running command whose permission is taken away is cancelled and settles once, as denied") {
  Attached f;
  const auto grants = f.grants();
  auto first = f.renderer.start("cmd_wait", "{}");
  auto second = f.renderer.start("cmd_wait", "{}");
  CHECK_FALSE(first.poll(f.io.waitScope));
  CHECK_FALSE(second.poll(f.io.waitScope));
  REQUIRE(f.handlers.calls == 2);

  SUBCASE("nobody else's: other grants may change") {
    f.row(*grants, "cmd_echo").allowed = false;
    f.connection->setGrants(grants);
    CHECK_FALSE(first.poll(f.io.waitScope));
    CHECK(f.handlers.dropped == 0);
    f.handlers.waiting[0]->fulfill();
    CHECK(first.wait(f.io.waitScope).value == "\"waited\"");
  }
  SUBCASE("each of them") {
    f.row(*grants, "cmd_wait").allowed = false;
    f.connection->setGrants(grants);
    f.connection->setGrants(grants);
    const CallOutcome outcome = first.wait(f.io.waitScope);
    CHECK(outcome.code == "denied");
    CHECK(outcome.message == "This window may not use this command any longer.");
    CHECK(outcome.command == "cmd_wait");
    CHECK(outcome.incident == "");
    CHECK(second.wait(f.io.waitScope).code == "denied");
    CHECK(f.handlers.dropped == 2);
    CHECK(f.handlers.finished == 0);
    CHECK(f.journal.count("refused") == 2);
    CHECK_FALSE(f.reason());
    f.handlers.waiting[0]->fulfill();  // too late: nobody is there
    f.poll();
    CHECK(f.handlers.finished == 0);
  }
  SUBCASE("what was done before it was taken away is answered") {
    f.handlers.waiting[0]->fulfill();
    f.row(*grants, "cmd_wait").allowed = false;
    f.connection->setGrants(grants);
    CHECK(first.wait(f.io.waitScope).value == "\"waited\"");
    CHECK(second.wait(f.io.waitScope).code == "denied");
  }
  SUBCASE("given back, it can be called again") {
    f.row(*grants, "cmd_wait").allowed = false;
    f.connection->setGrants(grants);
    CHECK(first.wait(f.io.waitScope).code == "denied");
    f.connection->setGrants(f.grants());
    auto third = f.renderer.start("cmd_wait", "{}");
    CHECK_FALSE(third.poll(f.io.waitScope));
    f.handlers.waiting[2]->fulfill();
    CHECK(third.wait(f.io.waitScope).value == "\"waited\"");
  }
}

TEST_CASE(
    "a mutating command whose permission is taken away runs to its end and says its outcome") {
  Attached f;
  const auto grants = f.grants();
  auto call = f.renderer.start("cmd_finish", "{}");
  CHECK_FALSE(call.poll(f.io.waitScope));
  f.row(*grants, "cmd_finish").allowed = false;
  f.connection->setGrants(grants);
  CHECK_FALSE(call.poll(f.io.waitScope));
  CHECK(f.renderer.invoke("cmd_finish").code == "denied");
  f.handlers.waiting[0]->fulfill();
  CHECK(call.wait(f.io.waitScope).value == "\"waited\"");
  CHECK(f.handlers.finished == 1);
}

TEST_CASE("an asset comes in pieces with its headers") {
  Attached f;
  const auto piece = [&](const char* path, std::uint64_t offset) {
    auto request = f.renderer.session.assetRequest();
    request.setPath(path);
    request.setOffset(offset);
    return request.send().wait(f.io.waitScope);
  };
  const auto small = piece("/index.html", 0);
  REQUIRE(small.getAsset().isFound());
  CHECK(small.getAsset().getFound().getMime() == "text/html");
  CHECK(small.getAsset().getFound().getTotalBytes() == 15);
  CHECK(small.getAsset().getFound().getHeaders()[0].getName() == "Content-Security-Policy");
  CHECK(piece("/big.bin", 0).getAsset().getFound().getBody().size() == proto::ASSET_CHUNK_BYTES);
  CHECK(piece("/big.bin", 524'288).getAsset().getFound().getBody().size() == 600 * 1024 - 524'288);
  CHECK(piece("/big.bin", ~std::uint64_t{0}).getAsset().getFound().getBody().size() == 0);
}

TEST_CASE("what is not in the list is not found") {
  Attached f;
  for (const std::string path : {"",
                                 "/",
                                 "/../etc/passwd",
                                 "//index.html",
                                 "/index.html/",
                                 "index.html",
                                 "/INDEX.HTML",
                                 "/%69ndex.html",
                                 "/a\\b"}) {
    CAPTURE(path);
    auto request = f.renderer.session.assetRequest();
    request.setPath(path);
    CHECK(request.send().wait(f.io.waitScope).getAsset().isNotFound());
  }
  CHECK_FALSE(f.reason());
}

TEST_CASE("an asset path may be as long as its limit, and a longer one is not looked up") {
  Attached f;
  const auto ask = [&](std::size_t bytes) {
    auto request = f.renderer.session.assetRequest();
    request.setPath(std::string(bytes, 'a'));
    CHECK(request.send().wait(f.io.waitScope).getAsset().isNotFound());
    return f.assets.asked.size();
  };
  CHECK(ask(proto::MAX_ASSET_PATH_BYTES) == 1);
  CHECK(ask(proto::MAX_ASSET_PATH_BYTES + 1) == 1);
}

TEST_CASE("forty large assets at once all arrive") {
  Attached f;
  std::vector<kj::Promise<std::size_t>> calls;
  for (int i = 0; i < 40; ++i) {
    auto request = f.renderer.session.assetRequest();
    request.setPath("/big.bin");
    calls.push_back(request.send().then(
        [](auto&& response) { return response.getAsset().getFound().getBody().size(); }));
  }
  for (auto& call : calls) {
    CHECK(call.wait(f.io.waitScope) == proto::ASSET_CHUNK_BYTES);
  }
  CHECK_FALSE(f.reason());
}

TEST_CASE(
    "a renderer that reads its large replies and never finishes them is ended while they are "
    "kept") {
  // From Cap'n Proto 1.0 on an answer without capabilities is forgotten when it was written.
  constexpr bool KEPT_UNTIL_FINISH = CAPNP_VERSION_MAJOR < 1;
  Attached f;
  std::vector<capnp::RemotePromise<proto::Session::AssetResults>> held;
  for (int i = 0; i < 40; ++i) {
    auto request = f.renderer.session.assetRequest();
    request.setPath("/big.bin");
    held.push_back(request.send());  // with its pipeline, so no Finish is sent
  }
  CHECK_FALSE(f.reason());
  f.advance((proto::UNREAD_REPLY_MS - 1) * kj::MILLISECONDS);
  CHECK_FALSE(f.reason());
  f.advance(1 * kj::MILLISECONDS);
  if (KEPT_UNTIL_FINISH) {
    CHECK(f.reason() == EndReason::UNFINISHED_RESULTS);
  } else {
    CHECK_FALSE(f.reason());
    for (auto& response : held) CHECK(response.poll(f.io.waitScope));
  }
}

#if CAPNP_VERSION_MAJOR < 1
TEST_CASE("a Finish lets the next large reply go") {
  Attached f;
  using Response = capnp::RemotePromise<proto::Session::AssetResults>;
  const auto ask = [&] {
    auto request = f.renderer.session.assetRequest();
    request.setPath("/big.bin");
    return request.send();
  };
  std::vector<kj::Own<Response>> held;
  while (held.empty() || held.back()->poll(f.io.waitScope)) {
    REQUIRE(held.size() < 40);
    held.push_back(kj::heap(ask()));
  }
  CHECK(held.size() > 8);
  CHECK_FALSE(held.back()->poll(f.io.waitScope));
  held.erase(held.begin());
  CHECK(held.back()->poll(f.io.waitScope));
}
#endif

TEST_CASE("log lines are cut, escaped and limited, with one summary") {
  Attached f;
  const auto log = [&](std::string text) {
    auto request = f.renderer.session.logRequest();
    request.setText(text);
    request.send().wait(f.io.waitScope);
  };
  log("a\n\x1b[31mred\\\xe2\x80\xae");
  CHECK(f.journal.last("page").text == "a\\x0a\\x1b[31mred\\x5c\\xe2\\x80\\xae");
  log(std::string(proto::MAX_LOG_TEXT_BYTES + 1, 'a'));
  CHECK(f.journal.last("page").text.size() == proto::MAX_LOG_TEXT_BYTES);
  for (std::uint32_t i = 2; i < proto::LOG_LINES_PER_MINUTE + 30; ++i) log("x");
  CHECK(f.journal.count("page") == proto::LOG_LINES_PER_MINUTE);
  f.advance(1 * kj::MINUTES);
  CHECK(f.journal.count("page") == proto::LOG_LINES_PER_MINUTE + 1);
  CHECK(f.journal.last("page").text == "30 more lines were dropped");
  CHECK_FALSE(f.reason());
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
  auto made = kj::heap<WindowSession>(
      WindowSession::Parts{
          guard, dispatcher, f.registry, *f.events["main"], f.assets, f.journal, f.timer, nullptr},
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
