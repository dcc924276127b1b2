// invokeMany, cancel and settle over a real socket: allowed, denied, malformed, over each limit,
// after revoke; every call settles once.
#include <capnp/any.h>
#include <doctest/doctest.h>
#include <kj/debug.h>

#include <algorithm>

#include "tests/broker/session/window-fixture.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;

namespace {

using Calls = std::vector<Renderer::Call>;

struct Attached : WindowFixture {
  Attached() { renderer.attach(); }
  Renderer renderer{*this};
  Settlements& settled = renderer.settlements;

  // Every id from first to last settled exactly once.
  bool once(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t id = first; id <= last; ++id) {
      if (settled.count(id) != 1) return false;
    }
    return true;
  }
  void fulfillAll() {
    auto all = kj::mv(handlers.waiting);
    handlers.waiting.clear();
    for (auto& one : all) one->fulfill();
  }
  // Sends batches until so many calls are open at the broker; returns the last id.
  std::uint64_t open(std::size_t count, const Renderer::Call& call) {
    std::uint64_t next = 1;
    while (next <= count) {
      const std::size_t size = std::min<std::size_t>(proto::MAX_CALLS_PER_BATCH, count - next + 1);
      CHECK(renderer.invokeMany(Calls(size, call), next) == "");
      next += size;
    }
    return next - 1;
  }
};

const Renderer::Call ECHO{"cmd_echo", "{\"text\":\"a\"}"};
const Renderer::Call WAIT{"cmd_wait", "{}"};

}  // namespace

TEST_CASE("what a batch settles at once comes with its answer, in order") {
  Attached f;
  CHECK(f.renderer.invokeMany({{"cmd_echo", "{\"text\":\"a\"}"},
                               {"cmd_echo", "{\"text\":\"b\"}"},
                               {"cmd_echo", "{\"text\":\"c\"}"}},
                              7) == "");
  REQUIRE(f.settled.all.size() == 3);
  CHECK(f.settled.all[0].first == 7);
  CHECK(f.settled.all[2].first == 9);
  CHECK(f.settled.of(7).value == "\"a\"");
  CHECK(f.settled.of(9).value == "\"c\"");
  CHECK(f.settled.messages == 0);
  CHECK(f.connection->batches().open() == 0);
}

TEST_CASE("each refusal inside a batch has its type and touches no other call") {
  Attached f;
  f.renderer.invokeMany({{"cmd_forbidden"},
                         {"cmd_denied"},
                         {"cmd_nothing"},
                         {"cmd_echo", "{\"text\":"},
                         {"cmd_echo", "{\"no\":1}"},
                         {"cmd_missing"},
                         {"cmd_throw"},
                         {"cmd_echo", "{\"text\":\"a\"}"}},
                        1);
  f.poll();
  REQUIRE(f.once(1, 8));
  const char* codes[] = {"denied",
                         "denied",
                         "unknown-command",
                         "invalid-argument",
                         "invalid-argument",
                         "not-found",
                         "internal",
                         ""};
  for (std::uint64_t id = 1; id <= 8; ++id) {
    INFO(id);
    CHECK(f.settled.of(id).code == codes[id - 1]);
    if (id < 8) CHECK(f.settled.of(id).id == id);
  }
  CHECK(f.settled.of(7).message.find(f.handlers.canary) == std::string::npos);
  CHECK(f.settled.of(8).value == "\"a\"");
  CHECK(f.handlers.calls == 1);  // the echo; nothing that was refused ran
  CHECK_FALSE(f.reason());
}

TEST_CASE("a batch may have as many calls as its limit; one more or none ends the session") {
  Attached f;
  SUBCASE("at the limit") {
    CHECK(f.renderer.invokeMany(Calls(proto::MAX_CALLS_PER_BATCH, ECHO), 1) == "");
    CHECK(f.once(1, proto::MAX_CALLS_PER_BATCH));
    CHECK_FALSE(f.reason());
  }
  SUBCASE("over it") {
    CHECK(f.renderer.invokeMany(Calls(proto::MAX_CALLS_PER_BATCH + 1, ECHO), 1) != "");
    CHECK(f.reason() == EndReason::BATCH_SIZE);
    CHECK(f.handlers.calls == 0);
  }
  SUBCASE("none") {
    CHECK(f.renderer.invokeMany({}, 1) != "");
    CHECK(f.reason() == EndReason::BATCH_SIZE);
  }
}

TEST_CASE("an id that does not grow ends the session before any call of its batch ran") {
  Attached f;
  f.renderer.invokeMany({ECHO, ECHO}, 5);
  SUBCASE("again") { f.renderer.invokeMany({ECHO}, 6); }
  SUBCASE("smaller") { f.renderer.invokeMany({ECHO, ECHO}, 1); }
  SUBCASE("twice in one batch") {
    auto request = f.renderer.session.invokeManyRequest();
    auto list = request.initCalls(2);
    for (auto call : list) {
      call.setCommand("cmd_echo");
      call.setArguments(ECHO.arguments);
      call.setId(9);
    }
    auto sent = request.send();
    sent.poll(f.io.waitScope);
  }
  CHECK(f.reason() == EndReason::CALL_ID_REUSED);
  CHECK(f.handlers.calls == 2);
}

TEST_CASE("a list that is not one of calls, or of ids, ends the session") {
  Attached f;
  SUBCASE("calls") {
    auto request = f.renderer.session.invokeManyRequest();
    capnp::toAny(proto::Session::InvokeManyParams::Builder(request))
        .getPointerSection()[0]
        .initAs<capnp::List<bool>>(64);
    request.send().ignoreResult().then([] {}, [](kj::Exception&&) {}).wait(f.io.waitScope);
  }
  SUBCASE("ids") {
    auto request = f.renderer.session.cancelRequest();
    capnp::toAny(proto::Session::CancelParams::Builder(request))
        .getPointerSection()[0]
        .initAs<capnp::List<bool>>(64);
    request.send().ignoreResult().then([] {}, [](kj::Exception&&) {}).wait(f.io.waitScope);
  }
  CHECK(f.reason() == EndReason::MALFORMED);
}

TEST_CASE("what settles later comes by settle, a turn's worth in one message") {
  Attached f;
  f.renderer.invokeMany({WAIT, ECHO, WAIT, WAIT}, 1);
  CHECK(f.settled.all.size() == 1);
  CHECK(f.connection->batches().open() == 3);
  f.fulfillAll();
  f.poll();
  CHECK(f.once(1, 4));
  CHECK(f.settled.messages == 1);
  CHECK(f.settled.of(4).value == "\"waited\"");
  CHECK(f.connection->batches().open() == 0);
}

TEST_CASE("one settle is under way at a time, and the rest goes with the next") {
  Attached f;
  f.renderer.invokeMany({WAIT, WAIT, WAIT}, 1);
  f.renderer.hangs = true;
  for (auto& one : f.handlers.waiting) {
    one->fulfill();
    f.poll();
  }
  CHECK(f.settled.messages == 1);
  CHECK(f.settled.all.size() == 1);
  SUBCASE("an answer of another batch takes them along") {
    f.renderer.invokeMany({ECHO}, 4);
    CHECK(f.once(1, 4));
  }
  SUBCASE("a renderer that never answers is ended at the deadline") {
    f.advance((CallBatches::SETTLE_DEADLINE_MS - 1) * kj::MILLISECONDS);
    CHECK_FALSE(f.reason());
    f.advance(1 * kj::MILLISECONDS);
    CHECK(f.reason() == EndReason::CONTROL_UNANSWERED);
  }
  SUBCASE("one that hangs, and is asked whether it does, is not") {
    auto ping = f.connection->ping();
    CHECK_FALSE(ping.poll(f.io.waitScope));
    f.advance(5 * CallBatches::SETTLE_DEADLINE_MS * kj::MILLISECONDS);
    CHECK_FALSE(f.reason());
  }
}

TEST_CASE("a bounded number of handlers runs at a time, and the others get their turn") {
  Attached f;
  f.open(200, WAIT);
  f.poll();
  CHECK(f.handlers.calls == proto::MAX_STARTED_CALLS);
  f.fulfillAll();
  f.poll();
  CHECK(f.handlers.calls == 200);
  f.fulfillAll();
  f.poll();
  CHECK(f.once(1, 200));
}

TEST_CASE("as many calls as the limit may be open, one more is refused with its type") {
  Attached f;
  const auto last = f.open(proto::MAX_OPEN_CALLS, WAIT);
  CHECK(f.settled.all.empty());
  f.renderer.invokeMany({ECHO, ECHO}, last + 1);
  CHECK(f.settled.of(last + 1).code == "rate-limited");
  CHECK(f.settled.of(last + 2).code == "rate-limited");
  CHECK(f.journal.count("refused") == 1);  // a line a message
  CHECK_FALSE(f.reason());
  f.renderer.startCancel({1}).wait(f.io.waitScope);
  f.renderer.invokeMany({WAIT, WAIT}, last + 3);
  CHECK(f.settled.count(last + 3) == 0);
  CHECK(f.settled.of(last + 4).code == "rate-limited");
}

TEST_CASE("what waits for its turn is bounded in bytes too") {
  Attached f;
  std::uint64_t id = f.open(proto::MAX_STARTED_CALLS, WAIT);
  const Renderer::Call large{"cmd_echo", "{\"text\":\"" + std::string(500 * 1024, 'x') + "\"}"};
  for (int i = 0; i < 10; ++i) {
    CHECK(f.renderer.invokeMany({large}, ++id) == "");
  }
  // 8 of 500 KiB fit into 4 MiB.
  CHECK(f.settled.all.size() == 2);
  CHECK(f.settled.of(id).code == "rate-limited");
  CHECK_FALSE(f.reason());
}

TEST_CASE("calls have a rate of their own, over which nothing more is read") {
  Attached f;
  const Calls batch(250, {"cmd_nothing"});
  std::uint64_t id = 1;
  for (unsigned i = 0; i < proto::CALLS_PER_SECOND / 250; ++i, id += 250) {
    CHECK(f.renderer.invokeMany(batch, id) == "");
  }
  CHECK(f.renderer.invokeMany(batch, id) == "");  // the debt
  auto late = f.renderer.startMany(batch, id + 250);
  CHECK_FALSE(late.poll(f.io.waitScope));
  f.advance(12 * kj::MILLISECONDS);
  CHECK_FALSE(late.poll(f.io.waitScope));
  f.advance(2 * kj::MILLISECONDS);
  CHECK(late.poll(f.io.waitScope));
  CHECK(late.wait(f.io.waitScope) == "");
  f.advance(1 * kj::SECONDS);
  CHECK(f.once(1, id + 499));
}

TEST_CASE("cancel stops what may be stopped, and no outcome follows") {
  Attached f;
  f.renderer.invokeMany({WAIT, {"cmd_finish"}, WAIT, WAIT}, 1);
  f.poll();
  CHECK(f.renderer.startCancel({1, 2, 77}).wait(f.io.waitScope) == "");
  CHECK(f.handlers.dropped == 1);
  CHECK(f.connection->batches().open() == 2);
  f.fulfillAll();
  f.poll();
  CHECK(f.handlers.finished == 3);  // with the one that runs to its end
  CHECK(f.settled.count(1) == 0);
  CHECK(f.settled.count(2) == 0);
  CHECK(f.once(3, 4));
  CHECK_FALSE(f.reason());
}

TEST_CASE("a call that waits for its turn is cancelled without ever running") {
  Attached f;
  const auto last = f.open(proto::MAX_STARTED_CALLS + 2, WAIT);
  f.poll();
  f.renderer.startCancel({last}).wait(f.io.waitScope);
  f.fulfillAll();
  f.poll();
  CHECK(f.handlers.calls == proto::MAX_STARTED_CALLS + 1);
  CHECK(f.settled.count(last) == 0);
}

TEST_CASE("cancel may name as many ids as may be open, one more ends the session") {
  Attached f;
  std::vector<std::uint64_t> ids(proto::MAX_OPEN_CALLS, 5);
  CHECK(f.renderer.startCancel(ids).wait(f.io.waitScope) == "");
  ids.push_back(5);
  CHECK(f.renderer.startCancel(ids).wait(f.io.waitScope) != "");
  CHECK(f.reason() == EndReason::BATCH_SIZE);
}

TEST_CASE("a deadline settles a call of a batch once") {
  Attached f;
  f.renderer.invokeMany({WAIT, {"cmd_finish"}}, 1);
  f.advance(1000 * kj::MILLISECONDS);
  CHECK(f.settled.of(1).code == "deadline");
  CHECK(f.settled.of(2).code == "deadline");
  CHECK(f.handlers.dropped == 1);
  f.fulfillAll();
  f.poll();
  CHECK(f.handlers.finished == 1);
  CHECK(f.once(1, 2));
}

TEST_CASE("many large results of one batch all arrive, a few in memory at a time") {
  Attached f;
  const Renderer::Call large{"cmd_large", "{\"bytes\":200000}"};
  SUBCASE("to a renderer that takes them") {
    f.renderer.invokeMany(Calls(100, large), 1);
    std::size_t most = 0;
    while (f.settled.all.size() < 100 && !f.reason()) {
      most = std::max(most, f.connection->batches().outcomeBytes());
      const auto before = f.settled.all.size();
      f.advance(1 * kj::MILLISECONDS);
      if (f.settled.all.size() == before) break;
    }
    CHECK(f.once(1, 100));
    CHECK(most < 3 * 1024 * 1024);
  }
  SUBCASE("to one that does not: few are even made") {
    f.renderer.hangs = true;
    f.renderer.invokeMany(Calls(100, large), 1);
    f.poll();
    CHECK(f.connection->batches().outcomeBytes() < 3 * 1024 * 1024);
    CHECK(f.connection->batches().open() > 80);
  }
  CHECK_FALSE(f.reason());
}

TEST_CASE("the limits of a grant hold inside a batch") {
  Attached f;
  auto grants = f.grants();
  f.row(*grants, "cmd_echo").limits.perMinute = 3;
  f.row(*grants, "cmd_wait").limits.concurrent = 2;
  f.connection->setGrants(grants);
  f.renderer.invokeMany({ECHO, ECHO, ECHO, ECHO, WAIT, WAIT, WAIT}, 1);
  f.poll();
  CHECK(f.settled.of(3).code == "");
  CHECK(f.settled.of(4).code == "rate-limited");
  CHECK(f.settled.of(7).code == "rate-limited");
  CHECK(f.settled.count(5) + f.settled.count(6) == 0);
}

TEST_CASE("a right that is taken away while a call waits for its turn is gone for that call") {
  Attached f;
  const auto last = f.open(proto::MAX_STARTED_CALLS, WAIT);
  f.renderer.invokeMany({ECHO}, last + 1);
  auto grants = f.grants();
  f.row(*grants, "cmd_echo").denied = true;
  f.connection->setGrants(grants);
  f.fulfillAll();
  f.poll();
  CHECK(f.settled.of(last + 1).code == "denied");
}

TEST_CASE("after revoke and before attach nothing is taken") {
  SUBCASE("revoked") {
    Attached f;
    f.renderer.invokeMany({WAIT, {"cmd_finish"}, WAIT}, 1);
    f.poll();
    f.connection->revoke();
    f.poll();
    CHECK(f.handlers.dropped == 2);
    CHECK(f.renderer.invokeMany({ECHO}, 9) != "");
    CHECK(f.renderer.startCancel({1}).wait(f.io.waitScope) != "");
    f.fulfillAll();
    f.poll();
    CHECK(f.handlers.finished == 1);  // the one that runs to its end
    CHECK(f.settled.all.empty());
  }
  SUBCASE("many") {
    WindowFixture f;
    Renderer renderer(f);
    CHECK(renderer.invokeMany({ECHO}, 1) != "");
    CHECK(f.reason() == EndReason::NOT_ATTACHED);
  }
  SUBCASE("cancel") {
    WindowFixture f;
    Renderer renderer(f);
    CHECK(renderer.startCancel({1}).wait(f.io.waitScope) != "");
    CHECK(f.reason() == EndReason::NOT_ATTACHED);
  }
}

TEST_CASE("dropping the promise of a batch cancels nothing and loses no outcome") {
  Attached f;
  { auto dropped = f.renderer.startMany({ECHO, WAIT}, 1); }
  f.poll();
  f.fulfillAll();
  f.poll();
  CHECK(f.handlers.calls == 2);
  CHECK(f.once(1, 2));
}
