// The renderer that is started ahead of its turn.
#include <filesystem>
#include <iterator>

#include "tests/broker/daemon/window-fixture.h"

namespace sallyport::daemon {
namespace {

std::ptrdiff_t openDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

struct SpareFixture : WindowFixture {
  SpareFixture() {
    around.spares = &spares;
    open();
    attach();
  }
  void drawn() { frame().sink().firstFrameRequest().send().wait(io.waitScope); }
  void spareIsThere() {
    drawn();
    pass(Spares::PAUSE);
    until([&] { return frame().hasPrepared; });
  }
  Child& spare() { return rendererProcess(); }
};

TEST_CASE_FIXTURE(SpareFixture, "a spare is started a while after the window's first picture") {
  pass(1 * kj::MINUTES);
  CHECK(started() == 1);
  drawn();
  pass(Spares::PAUSE - 1 * kj::MILLISECONDS);
  CHECK(started() == 1);
  CHECK(window->spare().pid() == 0);
  pass(1 * kj::MILLISECONDS);
  until([&] { return frame().hasPrepared; });
  CHECK(started() == 2);
  CHECK(window->spare().pid() == spare().process.pid());
  CHECK(frame().shown == 1);
  CHECK(window->attached());
  pass(1 * kj::HOURS);
  CHECK(started() == 2);
}

TEST_CASE_FIXTURE(SpareFixture, "what waits is not read, so it has no right and no answer") {
  spareIsThere();
  bool answered = false;
  auto attaching =
      renderer().attach().then([&](auto&&) { answered = true; }).eagerlyEvaluate(nullptr);
  pass(10 * kj::MINUTES);
  CHECK_FALSE(answered);
  CHECK(spare().process.endedBy() == 0);
}

TEST_CASE_FIXTURE(SpareFixture, "after a crash the spare shows the page, with its state, at once") {
  REQUIRE(states.save({"main", "app"}, "page 7").has_value());
  spareIsThere();
  const auto pid = window->spare().pid();
  auto attaching = renderer().attach();
  spawner.of(ProcessKind::RENDERER)[0]->process.end(SIGSEGV);
  until([&] { return frame().shown == 2; });
  auto answer = attaching.wait(io.waitScope);
  CHECK(answer.getStart().getPageState() == "page 7");
  CHECK(frame().shown == 2);
  CHECK(started() == 2);
  CHECK(window->spare().pid() == 0);
  CHECK(window->rendererRestarts() == 1);
  CHECK(spawner.inspected.back().first == pid);  // once more, before it got its session
  drawn();
  pass(Spares::PAUSE);
  until([&] { return started() == 3; });
}

TEST_CASE_FIXTURE(SpareFixture,
                  "a page of another origin is shown by the spare, as of that origin") {
  spareIsThere();
  renderers[0]->navigate("https://docs.example.org/");
  until([&] { return frame().shown == 2; });
  auto answer = renderer().attach().wait(io.waitScope);
  CHECK(answer.getStart().getUrl() == "https://docs.example.org/");
  CHECK(answer.getStart().getHosts().size() == 1);
  CHECK(started() == 2);
}

TEST_CASE_FIXTURE(SpareFixture,
                  "a spare that crashed is none: another one is started when it is needed") {
  spareIsThere();
  const auto held = openDescriptors();
  spare().process.end(SIGSEGV);
  until([&] { return window->spare().pid() == 0; });
  // Of its process, its log and its session.
  until([&] { return openDescriptors() == held - 3; });
  CHECK(window->attached());
  CHECK(pipe.count("its renderer ended") == 0);
  spawner.of(ProcessKind::RENDERER)[0]->process.end(SIGSEGV);
  until([&] { return started() == 3 && frame().shown == 2; });
  CHECK(attach() == "app://notes/index.html");
}

TEST_CASE_FIXTURE(
    SpareFixture,
    "one whose display the frame has ended is replaced, and that counts as no crash") {
  spareIsThere();
  frame().hasPrepared = false;
  auto& left = spare();
  spawner.of(ProcessKind::RENDERER)[0]->process.end(SIGSEGV);
  until([&] { return started() == 3 && frame().shown == 2; });
  CHECK(left.process.waitForEnd() == SIGKILL);
  CHECK(window->rendererRestarts() == 1);
}

TEST_CASE_FIXTURE(SpareFixture, "a spare without its cage is ended, and the window goes on") {
  spawner.reports[ProcessKind::RENDERER] = {4711,
                                            {{"NoNewPrivs", "0", sandbox::CheckState::FAILED}}};
  spareIsThere();
  auto& without = spare();
  pass(1 * kj::SECONDS);
  pass(1 * kj::SECONDS);
  until([&] { return window->spare().pid() == 0; });
  CHECK(without.process.waitForEnd() == SIGKILL);
  CHECK(pipe.has("spare renderer main: its cage fails on NoNewPrivs: 0"));
  CHECK(window->attached());
}

TEST_CASE_FIXTURE(SpareFixture, "a spawner that refuses a spare costs a line of the journal") {
  spawner.refuses = true;
  drawn();
  pass(Spares::PAUSE);
  until([&] { return pipe.has("window main: no renderer could be prepared for it"); });
  CHECK(window->attached());
  CHECK(frame().crashes.empty());
}

TEST_CASE_FIXTURE(SpareFixture, "with its frame a spare loses its display, and goes") {
  spareIsThere();
  auto& before = spare();
  spawner.of(ProcessKind::FRAME)[0]->process.end(SIGSEGV);
  until([&] { return frames.size() == 2 && frame().shown == 1; });
  CHECK(before.process.waitForEnd() == SIGKILL);
  attach();
}

TEST_CASE_FIXTURE(SpareFixture, "the window that closes takes its spare along") {
  spareIsThere();
  auto& left = spare();
  auto closing = window->close();
  until([&] { return renderers[0]->closeAsked; });
  spawner.of(ProcessKind::RENDERER)[0]->process.end(SIGKILL);
  until([&] { return left.process.endedBy() == SIGKILL; });
}

TEST_CASE_FIXTURE(SpareFixture, "a frame that is stopped while a spare comes holds up no end") {
  frame().stopped = true;
  drawn();
  pass(Spares::PAUSE);
  REQUIRE(started() == 2);
  auto& left = spare();
  bool ended = false;
  auto closing = window->close().then([&] { ended = true; }).eagerlyEvaluate(nullptr);
  until([&] { return renderers[0]->closeAsked; });
  spawner.of(ProcessKind::RENDERER)[0]->process.end(SIGKILL);
  until([&] { return left.process.endedBy() == SIGKILL; });
  settle();
  pass(10 * kj::SECONDS);  // the patience with the frame
  until([&] { return ended; });
}

TEST_CASE_FIXTURE(SpareFixture, "a spare that is needed before it is ready is a spare no more") {
  frame().stopped = true;
  drawn();
  pass(Spares::PAUSE);
  REQUIRE(started() == 2);
  spawner.of(ProcessKind::RENDERER)[0]->process.end(SIGSEGV);
  until([&] { return pipe.count("its renderer ended") == 1; });
  settle();
  // Nor does the spare of another window, which there is one of, end it now.
  NextRenderer another(processes, "side", []() -> proto::Frame::Client { return nullptr; });
  spares.give(another);
  pass(Spares::PAUSE);
  auto& taken = *spawner.of(ProcessKind::RENDERER)[1];
  CHECK(taken.process.endedBy() == 0);
  frame().goesOn();
  until([&] { return frame().shown == 2; });
  renderers[1]->attach().wait(io.waitScope);
  until([&] { return window->attached(); });
  CHECK(window->spare().pid() == 0);
  // What becomes of it is the window's affair alone.
  taken.process.end(SIGSEGV);
  until([&] { return pipe.count("its renderer ended") == 2; });
  pass(1 * kj::SECONDS);  // the second crash in a minute waits
  until([&] { return frame().shown == 3; });
  attach();
}

TEST_CASE_FIXTURE(SpareFixture,
                  "of two windows, the one that the user turned to last has the spare") {
  const WindowSpec spec{"side", "Side", 300, 300};
  spareIsThere();
  auto& first = spare();
  Window side(
      around, spec, [](const std::string&) {}, [](const std::string&) {});
  side.open().wait(io.waitScope);
  until([&] { return frame().shown == 1; });
  auto answer = renderer().attach().wait(io.waitScope);
  until([&] { return side.attached(); });
  CHECK(answer.getStart().getWindow() == "side");
  const auto focus = [&](FrameFake& which, bool focused) {
    auto request = which.sink().placedRequest();
    request.initPlace().setWidth(300);
    request.getPlace().setHeight(300);
    request.setFocused(focused);
    request.send().wait(io.waitScope);
  };
  focus(frame(), true);
  pass(Spares::PAUSE);
  until([&] { return frame().hasPrepared; });
  CHECK(first.process.waitForEnd() == SIGKILL);
  until([&] { return window->spare().pid() == 0; });
  CHECK(side.spare().pid() != 0);
  // A short look elsewhere moves nothing.
  focus(frame(), false);
  focus(*frames[0], true);
  pass(Spares::PAUSE / 2);
  focus(*frames[0], false);
  focus(frame(), true);
  pass(Spares::PAUSE);
  CHECK(started() == 4);
  CHECK(side.spare().pid() != 0);
}

}  // namespace
}  // namespace sallyport::daemon
