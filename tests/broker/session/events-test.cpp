// Events from the emitter to the renderer: who gets them, when, how many, and who does not.
#include <doctest/doctest.h>

#include "proto/session.capnp.h"
#include "tests/broker/session/window-fixture.h"

namespace sallyport::session::tests {
namespace {

using Document = Renderer::Document;
using Seen = std::vector<std::string>;

struct Attached : WindowFixture {
  Attached() { renderer.attach(); }
  Renderer renderer{*this};

  // What was delivered since the last question.
  Seen delivered() {
    poll();
    return std::exchange(renderer.controlCalls, {});
  }
};

// A second window of the same app.
struct Other {
  explicit Other(WindowFixture& f) : pipe(f.io.provider->newCapabilityPipe()) {
    connection = f.connect(kj::mv(pipe.ends[0]), "other");
    renderer.emplace(f, *pipe.ends[1]);
    renderer->attach();
  }
  kj::CapabilityPipe pipe;
  kj::Own<WindowConnection> connection;
  std::optional<Renderer> renderer;
};

}  // namespace

TEST_CASE("a window gets what it is granted and listens to, and nothing else") {
  Attached f;
  Other other(f);
  CHECK(f.renderer.listen({"evt_note"}, Document::READY) == "");
  f.handlers.note.emit("a");
  f.handlers.level.emit(1);
  CHECK(f.delivered() == Seen{"deliver evt_note\"a\""});
  f.poll();
  CHECK(other.renderer->controlCalls.empty());
  CHECK(f.renderer.listen({}) == "");
  f.handlers.note.emit("b");
  CHECK(f.delivered().empty());
}

TEST_CASE("an event for one window reaches that one alone") {
  Attached f;
  Other other(f);
  CHECK(f.renderer.listen({"evt_note", "evt_state"}) == "");
  CHECK(other.renderer->listen({"evt_note", "evt_state"}) == "");
  f.handlers.note.emitTo("other", "secret");
  f.handlers.state.emitTo("other", "secret");
  f.handlers.note.emitTo("nobody", "lost");
  CHECK(f.delivered().empty());
  CHECK(other.renderer->controlCalls ==
        Seen{"deliver evt_note\"secret\"", "deliver evt_state\"secret\""});
  // Nor is it told again to another window.
  CHECK(f.renderer.listen({}, Document::FRESH) == "");
  CHECK(f.renderer.listen({"evt_state"}) == "");
  CHECK(f.delivered().empty());
}

TEST_CASE("what is unknown or not granted is refused with a type, and the rest is listened to") {
  Attached f;
  CHECK(f.renderer.listen({"evt_secret", "evt_note", "evt_none", "evt_denied", "cmd_echo", ""}) ==
        "0 denied 2 unknown-event 3 denied 4 unknown-event 5 unknown-event ");
  CHECK(f.journal.count("refused") == 5);
  f.handlers.secret.emit("s");
  f.handlers.secret.emitTo("main", "s");
  f.handlers.denied.emit("d");
  f.handlers.note.emit("n");
  CHECK(f.delivered() == Seen{"deliver evt_note\"n\""});
  CHECK_FALSE(f.reason());
}

TEST_CASE("as many names as may be are taken, and one more ends the session") {
  Attached f;
  std::vector<std::string> names(proto::MAX_LISTENING, "evt_note");
  CHECK(f.renderer.listen(names) == "");
  f.handlers.note.emit("once");
  CHECK(f.delivered() == Seen{"deliver evt_note\"once\""});
  names.emplace_back("evt_note");
  f.renderer.listen(names);
  CHECK(f.reason() == EndReason::BATCH_SIZE);
}

TEST_CASE("nobody listens before attach") {
  WindowFixture f;
  Renderer renderer(f);
  renderer.listen({"evt_note"});
  CHECK(f.reason() == EndReason::NOT_ATTACHED);
}

TEST_CASE("a page that listens over and over is slowed down by what its names cost") {
  Attached f;
  const std::vector<std::string> names(proto::MAX_LISTENING, "evt_note");
  // More than a second's worth of calls: from then on nothing is read until time passes.
  const std::size_t times = proto::CALLS_PER_SECOND / (1 + names.size()) + 2;
  std::size_t answered = 0;
  kj::Vector<kj::Promise<void>> asked;
  for (std::size_t i = 0; i < times; ++i) {
    auto request = f.renderer.session.listenRequest();
    auto list = request.initNames(static_cast<kj::uint>(names.size()));
    for (kj::uint j = 0; j < list.size(); ++j) list.set(j, names[j]);
    asked.add(request.send().then([&answered](auto&&) { ++answered; }).eagerlyEvaluate(nullptr));
    f.poll();
  }
  CHECK(answered < times);
  f.advance(5 * kj::SECONDS);
  for (int i = 0; i < 20; ++i) f.advance(1 * kj::SECONDS);
  CHECK(answered == times);
  CHECK_FALSE(f.reason());
}

TEST_CASE("what is sent before the page listens waits for it, in order, until it is ready") {
  WindowFixture f;
  f.handlers.note.emit("a");
  f.handlers.level.emit(1);
  f.handlers.note.emit("b");
  Renderer renderer(f);
  renderer.attach();
  f.poll();
  CHECK(renderer.controlCalls.empty());
  CHECK(renderer.listen({"evt_note"}) == "");
  f.handlers.level.emit(2);
  CHECK(renderer.listen({"evt_note", "evt_level"}, Document::READY) == "");
  CHECK(renderer.controlCalls == Seen{"deliver evt_note\"a\" evt_note\"b\"", "deliver evt_level2"});
  CHECK(renderer.listen({"evt_note"}) == "");
  f.handlers.level.emit(3);
  CHECK(renderer.listen({"evt_note", "evt_level"}) == "");
  f.poll();
  CHECK(renderer.controlCalls.size() == 2);  // nobody listened, and the page was ready
  CHECK(f.events["main"]->waiting() == 0);
}

TEST_CASE("ready drops what waits for names that the page does not listen to") {
  Attached f;
  f.handlers.note.emit("a");
  CHECK(f.events["main"]->waiting() == 1);
  CHECK(f.renderer.listen({"evt_level"}, Document::READY) == "");
  CHECK(f.events["main"]->waiting() == 0);
  CHECK(f.events["main"]->waitingBytes() == 0);
}

TEST_CASE("a new document listens to nothing, and what comes meanwhile waits for it") {
  Attached f;
  CHECK(f.renderer.listen({"evt_note"}, Document::READY) == "");
  CHECK(f.renderer.listen({}, Document::FRESH) == "");
  f.handlers.note.emit("for the new one");
  CHECK(f.delivered().empty());
  CHECK(f.renderer.listen({"evt_note"}) == "");
  CHECK(f.delivered() == Seen{"deliver evt_note\"for the new one\""});
}

TEST_CASE("what comes while a renderer is replaced waits for the next one") {
  Attached f;
  CHECK(f.renderer.listen({"evt_note"}, Document::READY) == "");
  f.connection->revoke();
  f.poll();
  f.handlers.note.emit("late");
  auto pipe = f.io.provider->newCapabilityPipe();
  auto next = f.connect(kj::mv(pipe.ends[0]), "main");
  Renderer renderer(f, *pipe.ends[1]);
  renderer.attach();
  f.handlers.note.emit("later");
  CHECK(renderer.listen({"evt_note"}) == "");
  CHECK(renderer.controlCalls == Seen{"deliver evt_note\"late\" evt_note\"later\""});
}

TEST_CASE("what is sent before a window's first renderer is there waits for it") {
  WindowFixture f;
  f.events["late"] =
      std::make_unique<WindowEvents>(f.hub, WindowEvents::Owner{"late", "app", f.grants()});
  f.handlers.note.emitTo("late", "early");
  auto pipe = f.io.provider->newCapabilityPipe();
  auto late = f.connect(kj::mv(pipe.ends[0]), "late");
  Renderer renderer(f, *pipe.ends[1]);
  renderer.attach();
  CHECK(renderer.listen({"evt_note"}) == "");
  CHECK(renderer.controlCalls == Seen{"deliver evt_note\"early\""});
}

TEST_CASE("nothing that waited for one origin's page reaches another's") {
  WindowFixture f;
  WindowEvents events(f.hub, {"third", "app", f.grants()});
  f.handlers.note.emitTo("third", "for the app");
  f.handlers.state.emitTo("third", "for the app");
  REQUIRE(events.waiting() == 1);
  events.connect("https://example.org", f.grants(), [] {});
  CHECK(events.listen(f.registry, {{"evt_note", "evt_state"}, false, true}).empty());
  CHECK(events.takeDue().empty());
}

TEST_CASE("a sticky event is told again to who begins to listen, the last one only") {
  Attached f;
  f.handlers.state.emit("old");
  f.handlers.state.emit("new");
  CHECK(f.renderer.listen({"evt_state"}, Document::READY) == "");
  CHECK(f.delivered() == Seen{"deliver evt_state\"new\""});
  CHECK(f.renderer.listen({"evt_state", "evt_note"}) == "");  // it is not new
  CHECK(f.delivered().empty());
  f.handlers.state.emitTo("main", "mine");
  CHECK(f.delivered() == Seen{"deliver evt_state\"mine\""});
  CHECK(f.renderer.listen({}) == "");
  CHECK(f.renderer.listen({"evt_state"}) == "");
  CHECK(f.delivered() == Seen{"deliver evt_state\"mine\""});
  f.handlers.state.emit("everybody's");
  CHECK(f.renderer.listen({}, Document::FRESH) == "");
  CHECK(f.renderer.listen({"evt_state"}) == "");
  CHECK(f.delivered() ==
        Seen{"deliver evt_state\"everybody's\"", "deliver evt_state\"everybody's\""});
}

TEST_CASE("of a coalescing event only the last value waits, in its place at the end") {
  Attached f;
  CHECK(f.renderer.listen({"evt_note", "evt_level"}) == "");
  f.renderer.hangs = true;
  f.handlers.note.emit("under way");
  f.poll();
  f.renderer.controlCalls.clear();
  f.renderer.hangs = false;
  for (int i = 0; i < 1000; ++i) f.handlers.level.emit(i);
  f.handlers.note.emit("then");
  f.handlers.level.emit(1000);
  CHECK(f.events["main"]->waiting() == 2);
  CHECK(f.delivered().empty());  // one batch at a time
  // The one under way is never answered; the window's patience has an end.
  f.advance(WindowConnection::DELIVER_DEADLINE_MS * kj::MILLISECONDS);
  CHECK(f.reason() == EndReason::CONTROL_UNANSWERED);
  CHECK(f.events["main"]->waiting() == 2);
}

namespace {

// An event is on its way that the renderer never says it has.
struct Owing : Attached {
  Owing() {
    CHECK(renderer.listen({"evt_note"}) == "");
    renderer.hangs = true;
    handlers.note.emit("owed");
    poll();
  }
  // Asked as the daemon asks.
  WindowConnection::Answer beat() {
    auto ping = connection->ping();
    if (!ping.poll(io.waitScope)) advance(WindowConnection::CONTROL_DEADLINE_MS * kj::MILLISECONDS);
    return ping.wait(io.waitScope);
  }
  static constexpr auto DEADLINE = WindowConnection::DELIVER_DEADLINE_MS * kj::MILLISECONDS;
};

}  // namespace

TEST_CASE_FIXTURE(Owing,
                  "one that answers its heartbeats and owes an event has until the deadline") {
  renderer.hangs = false;
  CHECK(beat() == WindowConnection::Answer::YES);
  advance(DEADLINE - 1 * kj::MILLISECONDS);
  CHECK_FALSE(reason());
  advance(1 * kj::MILLISECONDS);
  CHECK(reason() == EndReason::CONTROL_UNANSWERED);
}

TEST_CASE_FIXTURE(Owing, "one that is silent is left to who asks, until it answers anything") {
  for (int seconds = 0; seconds < 250; seconds += 5) {
    CHECK(beat() == WindowConnection::Answer::LATE);
    CHECK_FALSE(reason());
  }
  renderer.hangs = false;
  CHECK(beat() == WindowConnection::Answer::YES);
  advance(Patience::PERIOD);
  CHECK(reason() == EndReason::CONTROL_UNANSWERED);
}

TEST_CASE_FIXTURE(Owing, "an answer from before the call does not count") {
  Patience patience(timer);
  const auto before = patience.asks();
  bool overdue = false;
  const auto waits =
      patience.overdue(DEADLINE).then([&] { overdue = true; }).eagerlyEvaluate(nullptr);
  const auto after = patience.asks();
  patience.answers(before);
  advance(DEADLINE + 10 * Patience::PERIOD);
  CHECK_FALSE(overdue);
  patience.answers(after);
  patience.answers(before);  // late
  advance(Patience::PERIOD);
  CHECK(overdue);
}

TEST_CASE("an overflow drops the oldest and says how many of which name") {
  Attached f;
  for (std::size_t i = 0; i < proto::MAX_QUEUED_EVENTS + 3; ++i) {
    f.handlers.note.emit(std::to_string(i));
  }
  CHECK(f.events["main"]->waiting() == proto::MAX_QUEUED_EVENTS);
  CHECK(f.renderer.listen({"evt_note"}) == "");
  const auto seen = f.delivered();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].rfind("deliver evt_note\"3\" evt_note\"4\"", 0) == 0);
  CHECK(seen[0].ends_with(" -evt_note3"));
  f.handlers.note.emit("again");
  CHECK(f.delivered() == Seen{"deliver evt_note\"again\""});  // told once
}

TEST_CASE("the queue is bounded in bytes too") {
  Attached f;
  const std::string large(proto::MAX_EVENT_PAYLOAD_BYTES - 2, 'x');
  for (int i = 0; i < 100; ++i) f.handlers.note.emit(large);
  CHECK(f.events["main"]->waitingBytes() <= proto::MAX_QUEUED_EVENT_BYTES);
  CHECK(f.events["main"]->waiting() == proto::MAX_QUEUED_EVENT_BYTES / (large.size() + 2));
}

TEST_CASE("an event that is too large is an incident and goes nowhere") {
  Attached f;
  CHECK(f.renderer.listen({"evt_note"}) == "");
  f.handlers.note.emit(std::string(proto::MAX_EVENT_PAYLOAD_BYTES, 'x'));
  CHECK(f.delivered().empty());
  CHECK(f.journal.last("incident").command == "evt_note");
}

TEST_CASE("a revoked event stops at once, also what waits, and comes back with its grant") {
  Attached f;
  CHECK(f.renderer.listen({"evt_note", "evt_state"}) == "");
  f.renderer.hangs = true;
  f.handlers.level.emit(0);
  f.handlers.state.emit("under way");
  f.poll();
  f.handlers.note.emit("waits");
  CHECK(f.events["main"]->waiting() == 2);
  auto narrower = f.grants();
  f.row(*narrower, "evt_note").denied = true;
  f.connection->setGrants(narrower);
  CHECK(f.events["main"]->waiting() == 1);
  f.handlers.note.emit("after");
  CHECK(f.events["main"]->waiting() == 1);
  CHECK(f.renderer.listen({"evt_note", "evt_state"}) == "0 denied ");
  f.connection->setGrants(f.grants());
  CHECK(f.renderer.listen({"evt_note", "evt_state"}) == "");
  f.handlers.note.emit("granted again");
  CHECK(f.events["main"]->waiting() == 2);
}

TEST_CASE("a page that listened goes on when its grant comes back") {
  Attached f;
  CHECK(f.renderer.listen({"evt_note"}, Document::READY) == "");
  auto narrower = f.grants();
  f.row(*narrower, "evt_note").allowed = false;
  f.connection->setGrants(narrower);
  f.handlers.note.emit("unseen");
  f.connection->setGrants(f.grants());
  f.handlers.note.emit("seen");
  CHECK(f.delivered() == Seen{"deliver evt_note\"seen\""});
}

TEST_CASE("ten thousand subscriptions and documents leave nothing behind") {
  WindowFixture f;
  auto& events = *f.events["main"];
  for (int i = 0; i < 10'000; ++i) {
    events.listen(f.registry, {{"evt_note", "evt_state", "evt_level"}, true, i % 2 == 0});
    f.handlers.note.emit("n");
    f.handlers.state.emit("s");
    events.takeDue();
  }
  events.disconnect();
  CHECK(events.waiting() == 0);
  CHECK(events.waitingBytes() == 0);
}

}  // namespace sallyport::session::tests
