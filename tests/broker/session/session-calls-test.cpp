// Calls of a page: allowed, refused, at their limits, late, dropped, and after a change of the
// grants.
#include <doctest/doctest.h>

#include "tests/broker/session/attached.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;

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

TEST_CASE("a command that fails on its way to its end is an incident, its window there or not") {
  Attached f;
  auto call = f.renderer.start("cmd_finish", "{}");
  CHECK_FALSE(call.poll(f.io.waitScope));
  const auto fail = [&] {
    f.handlers.waiting[0]->reject(KJ_EXCEPTION(FAILED, "broken inside", f.handlers.canary.c_str()));
    f.poll();
  };
  SUBCASE("there") {
    fail();
    const auto got = call.wait(f.io.waitScope);
    CHECK(got.code == "internal");
    CHECK(got.message.find("canary") == std::string::npos);
    CHECK(f.journal.last("incident").command == "cmd_finish");
  }
  SUBCASE("gone") {
    call = nullptr;
    f.poll();
    CHECK(f.journal.count("incident") == 0);
    fail();
    CHECK(f.journal.last("incident").window.empty());
  }
  CHECK(f.journal.count("incident") == 1);
  CHECK(f.journal.last("incident").detail.find("canary") != std::string::npos);
  CHECK(f.renderer.invoke("cmd_echo", "{\"text\":\"a\"}").value == "\"a\"");
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
