// open, next and close over a real socket: order, back-pressure, ends of every kind, allowed,
// denied, malformed, over each limit, after revoke.
#include <doctest/doctest.h>
#include <kj/debug.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "tests/broker/session/window-fixture.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace capabilities = sallyport::capabilities;
namespace proto = sallyport::proto;

namespace {

struct Attached : WindowFixture {
  Attached() { renderer.attach(); }
  Renderer renderer{*this};

  // Everything up to the end; the last step's failure.
  std::vector<std::string> readAll(std::uint64_t channel, CallOutcome* failure = nullptr) {
    std::vector<std::string> all;
    while (true) {
      auto step = renderer.next(channel);
      all.insert(all.end(), step.items.begin(), step.items.end());
      if (failure != nullptr) *failure = step.failure;
      if (!step.more) return all;
      CHECK_FALSE(step.items.empty());
    }
  }
  void fulfillAll() {
    auto all = kj::mv(handlers.waiting);
    handlers.waiting.clear();
    for (auto& one : all) one->fulfill();
    poll();
  }
  std::size_t channels() { return connection->channels().open(); }
};

std::size_t residentKib() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind("VmRSS:", 0) == 0) return std::stoul(line.substr(6));
  }
  return 0;
}
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool MEASURES = false;
#else
constexpr bool MEASURES = true;
#endif

}  // namespace

TEST_CASE("the items of a channel come whole and in order, and then its end") {
  Attached f;
  CHECK(f.renderer.open(1, "cmd_count", "{\"to\":5000}").value == "null");
  const auto items = f.readAll(1);
  REQUIRE(items.size() == 5000);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i] != std::to_string(i + 1)) CHECK(items[i] == std::to_string(i + 1));
  }
  CHECK(f.channels() == 0);
  CHECK(f.handlers.streamsOver == 1);
  CHECK_FALSE(f.reason());
}

TEST_CASE("an empty channel ends with its first answer") {
  Attached f;
  f.renderer.open(1, "cmd_count", "{\"to\":0}");
  const auto step = f.renderer.next(1);
  CHECK(step.items.empty());
  CHECK_FALSE(step.more);
  CHECK(step.failure.code.empty());
}

TEST_CASE("nothing is made while a window of items waits for the page") {
  Attached f;
  SUBCASE("by their number") {
    f.renderer.open(1, "cmd_count", "{\"to\":1000000}");
    f.poll();
    CHECK(f.handlers.made == proto::CHANNEL_WINDOW_ITEMS);
    CHECK(f.renderer.next(1).items.size() == proto::CHANNEL_WINDOW_ITEMS);
    f.poll();
    CHECK(f.handlers.made == 2 * proto::CHANNEL_WINDOW_ITEMS);
  }
  SUBCASE("by their size") {
    f.renderer.open(1, "cmd_flood", "{\"bytes\":50000}");
    f.poll();
    CHECK(f.handlers.made == 3);  // the third fills 128 KiB
    CHECK(f.connection->channels().bufferedBytes() <
          proto::CHANNEL_WINDOW_BYTES + proto::MAX_CHANNEL_ITEM_BYTES);
    f.renderer.next(1);
    f.poll();
    CHECK(f.handlers.made == 6);
  }
}

TEST_CASE("a page that reads slowly costs the broker no memory") {
  Attached f;
  f.renderer.open(1, "cmd_flood", "{\"bytes\":200000}");
  for (int i = 0; i < 8; ++i) f.renderer.next(1);
  const std::size_t before = residentKib();
  std::size_t bytes = 0;
  while (bytes < 64 << 20) {
    f.poll();
    for (const auto& item : f.renderer.next(1).items) bytes += item.size();
    f.advance(10 * kj::MILLISECONDS);  // the guard's rates
  }
  const std::size_t growth = residentKib() - std::min(residentKib(), before);
  CAPTURE(growth);
  CHECK((!MEASURES || growth < 8 * 1024));
  CHECK_FALSE(f.reason());
}

TEST_CASE("a next that waits is answered by the first item, and one at a time is allowed") {
  Attached f;
  auto opening = f.renderer.startOpen(1, "cmd_listen");
  f.poll();
  f.fulfillAll();
  CHECK(opening.wait(f.io.waitScope).value == "null");
  auto waiting = f.renderer.startNext(1);
  CHECK_FALSE(waiting.poll(f.io.waitScope));
  SUBCASE("answered") {
    f.fulfillAll();
    auto step = waiting.wait(f.io.waitScope);
    REQUIRE(step.items.size() == 1);
    CHECK(step.items[0] == "\"heard\"");
    CHECK(step.more);
  }
  SUBCASE("a second one ends the session") {
    auto second = f.renderer.startNext(1);
    second.poll(f.io.waitScope);
    CHECK(f.reason() == EndReason::BAD_CHANNEL);
  }
  SUBCASE("a close answers it and drops the source") {
    f.renderer.close(1);
    CHECK(waiting.wait(f.io.waitScope).failure.code == "cancelled");
    CHECK(f.handlers.streamsOver == 1);
    CHECK(f.channels() == 0);
    CHECK_FALSE(f.reason());
  }
}

TEST_CASE("a failure comes after the items before it, and tells nothing from inside") {
  Attached f;
  CallOutcome failure;
  SUBCASE("foreseen") {
    f.renderer.open(1, "cmd_break", "{\"text\":\"\"}");
    CHECK(f.readAll(1, &failure) == std::vector<std::string>{"\"first\""});
    CHECK(failure.code == "locked");
    CHECK(failure.message == "Locked.");
  }
  SUBCASE("thrown") {
    f.renderer.open(1, "cmd_break", "{\"text\":\"throw\"}");
    CHECK(f.readAll(1, &failure) == std::vector<std::string>{"\"first\""});
    CHECK(failure.code == "internal");
    CHECK(failure.message.find(f.handlers.canary) == std::string::npos);
    CHECK(f.journal.last("incident").text == failure.incident);
    CHECK(f.journal.last("incident").detail.find(f.handlers.canary) != std::string::npos);
  }
  SUBCASE("an item over its limit") {
    f.renderer.open(1, "cmd_flood", "{\"bytes\":262143}");  // and two quotes
    CHECK(f.readAll(1, &failure).empty());
    CHECK(failure.code == "too-large");
  }
  CHECK(f.channels() == 0);
  CHECK(f.handlers.streamsOver == 1);
  CHECK_FALSE(f.reason());
}

TEST_CASE("an item at its limit passes") {
  Attached f;
  f.renderer.open(1, "cmd_flood", "{\"bytes\":262142}");
  CHECK(f.renderer.next(1).items.at(0).size() == proto::MAX_CHANNEL_ITEM_BYTES);
}

TEST_CASE("each refusal of an opening has its type and leaves no channel") {
  Attached f;
  CHECK(f.renderer.open(1, "cmd_forbidden").code == "denied");
  CHECK(f.renderer.open(2, "cmd_nothing").code == "unknown-command");
  CHECK(f.renderer.open(3, "cmd_count", "{\"to\":").code == "invalid-argument");
  CHECK(f.renderer.open(4, "cmd_count", "{}").code == "invalid-argument");
  CHECK(f.renderer.open(5, "cmd_echo", "{\"text\":\"a\"}").code == "invalid-argument");
  CHECK(f.renderer.invoke("cmd_count", "{\"to\":1}").code == "invalid-argument");
  CHECK(f.handlers.calls + f.handlers.streams == 0);
  CHECK(f.channels() == 0);
  CHECK(f.renderer.next(5).failure.code == "cancelled");  // was given, is not open
  CHECK_FALSE(f.reason());
}

TEST_CASE("a number that was never given, or is given again, ends the session") {
  Attached f;
  f.renderer.open(7, "cmd_count", "{\"to\":1}");
  SUBCASE("never") { CHECK_FALSE(f.renderer.next(8).failure.broken.empty()); }
  SUBCASE("zero") { CHECK_FALSE(f.renderer.next(0).failure.broken.empty()); }
  SUBCASE("again") { CHECK_FALSE(f.renderer.open(7, "cmd_count").broken.empty()); }
  SUBCASE("smaller") { CHECK_FALSE(f.renderer.open(6, "cmd_count").broken.empty()); }
  CHECK(f.reason() == EndReason::BAD_CHANNEL);
  CHECK(f.handlers.streamsOver == f.handlers.streams);
}

TEST_CASE("another window's channel cannot be read") {
  Attached f;
  f.renderer.open(1, "cmd_count", "{\"to\":3}");
  auto pipe = f.io.provider->newCapabilityPipe();
  auto other = f.connect(kj::mv(pipe.ends[0]), "other");
  Renderer foreign(f, *pipe.ends[1]);
  foreign.attach();
  CHECK_FALSE(foreign.next(1).failure.broken.empty());
  CHECK(f.readAll(1).size() == 3);
}

TEST_CASE("as many channels as the limit may be open, openings included") {
  Attached f;
  std::uint64_t number = 0;
  std::vector<kj::Promise<Renderer::Outcome>> opening;
  for (unsigned i = 0; i + 1 < proto::MAX_CHANNELS; ++i) {
    CHECK(f.renderer.open(++number, "cmd_count", "{\"to\":9}").code.empty());
  }
  auto last = f.renderer.startOpen(++number, "cmd_listen");
  CHECK_FALSE(last.poll(f.io.waitScope));
  CHECK(f.renderer.open(++number, "cmd_count", "{\"to\":9}").code == "rate-limited");
  f.renderer.close(1);
  CHECK(f.renderer.open(++number, "cmd_count", "{\"to\":9}").code.empty());
  CHECK_FALSE(f.reason());
}

TEST_CASE("a close names at most as many channels as may be open") {
  Attached f;
  auto request = f.renderer.session.closeRequest();
  request.initChannels(proto::MAX_CHANNELS + 1);
  request.send().ignoreResult().then([] {}, [](kj::Exception&&) {}).wait(f.io.waitScope);
  CHECK(f.reason() == EndReason::BATCH_SIZE);
}

TEST_CASE("a channel counts as a running call of its command as long as its source lives") {
  Attached f;
  auto table = f.grants();
  f.row(*table, "cmd_flood").limits.concurrent = 1;
  f.row(*table, "cmd_count").limits.concurrent = 1;
  f.connection->setGrants(table);
  CHECK(f.renderer.open(1, "cmd_flood", "{\"bytes\":9}").code.empty());
  CHECK(f.renderer.open(2, "cmd_flood", "{\"bytes\":9}").code == "rate-limited");
  f.renderer.close(1);
  CHECK(f.renderer.open(3, "cmd_flood", "{\"bytes\":9}").code.empty());
  CHECK(f.renderer.open(4, "cmd_count", "{\"to\":3}").code.empty());
  f.poll();  // it has ended, although nobody has read it
  CHECK(f.renderer.open(5, "cmd_count", "{\"to\":3}").code.empty());
}

TEST_CASE("a grant that is taken away ends the channel, and what it made is gone") {
  Attached f;
  f.renderer.open(1, "cmd_count", "{\"to\":100000}");
  f.renderer.open(2, "cmd_flood", "{\"bytes\":10}");
  auto opening = f.renderer.startOpen(3, "cmd_listen");
  f.poll();
  auto table = f.grants();
  f.row(*table, "cmd_count").allowed = false;
  f.row(*table, "cmd_listen").allowed = false;
  f.connection->setGrants(table);
  f.poll();
  CHECK(f.handlers.streamsOver == 1);
  const auto step = f.renderer.next(1);
  CHECK(step.items.empty());
  CHECK(step.failure.code == "denied");
  CHECK(f.renderer.next(2).more);
  CHECK(opening.wait(f.io.waitScope).code == "denied");
  CHECK(f.channels() == 1);
  CHECK_FALSE(f.reason());
}

TEST_CASE(
    "a channel ends with the scope that it was opened by, and not with the table it stood in") {
  Attached f;
  const auto table = [&](const char* extra, const char* denied) {
    auto made = f.grants();
    auto& scope = f.row(*made, "cmd_flood").scope;
    scope.allow.push_back({"$APPDATA/**", capabilities::PathPattern{}});
    for (const char* text : {extra, denied})
      if (*text != 0)
        (text == extra ? scope.allow : scope.deny).push_back({text, capabilities::PathPattern{}});
    return made;
  };
  f.connection->setGrants(table("", ""));
  f.renderer.open(1, "cmd_count", "{\"to\":100000}");
  f.renderer.open(2, "cmd_flood", "{\"bytes\":10}");
  CHECK(f.renderer.next(2).more);
  f.connection->setGrants(table("", ""));  // read again, and the same
  f.poll();
  CHECK(f.renderer.next(2).more);
  SUBCASE("a deny more") { f.connection->setGrants(table("", "$APPDATA/secret/**")); }
  SUBCASE("another allow") { f.connection->setGrants(table("$HOME/x", "")); }
  f.poll();
  const auto step = f.renderer.next(2);
  CHECK(step.items.empty());
  CHECK(step.failure.code == "denied");
  CHECK(f.renderer.next(1).more);
  CHECK(f.renderer.open(3, "cmd_flood", "{\"bytes\":10}").code.empty());
}

TEST_CASE("an opening has the command's deadline, an open channel has none") {
  Attached f;
  auto late = f.renderer.startOpen(1, "cmd_listen");
  f.poll();
  f.advance(1 * kj::SECONDS);
  CHECK(late.wait(f.io.waitScope).code == "deadline");
  CHECK(f.channels() == 0);
  auto opening = f.renderer.startOpen(2, "cmd_listen");
  f.poll();
  f.fulfillAll();
  CHECK(opening.wait(f.io.waitScope).value == "null");
  auto waiting = f.renderer.startNext(2);
  f.advance(1 * kj::HOURS);
  f.fulfillAll();
  CHECK(waiting.wait(f.io.waitScope).items.size() == 1);
}

TEST_CASE("an opening that is dropped leaves nothing behind") {
  Attached f;
  {
    auto opening = f.renderer.startOpen(1, "cmd_listen");
    f.poll();
    CHECK(f.channels() == 1);
  }
  f.poll();
  CHECK(f.channels() == 0);
  CHECK_FALSE(f.reason());
}

TEST_CASE("the end of the session drops every source, whatever it was doing") {
  Attached f;
  f.renderer.open(1, "cmd_count", "{\"to\":100000}");
  f.renderer.open(2, "cmd_flood", "{\"bytes\":100000}");
  auto opening = f.renderer.startOpen(3, "cmd_listen");
  f.poll();
  f.fulfillAll();
  auto waiting = f.renderer.startNext(3);
  f.poll();
  CHECK(f.handlers.streams == 3);
  f.connection->revoke();
  CHECK(f.reason() == EndReason::REVOKED);
  CHECK(f.handlers.streamsOver == 3);
  CHECK_FALSE(waiting.wait(f.io.waitScope).failure.broken.empty());
}
