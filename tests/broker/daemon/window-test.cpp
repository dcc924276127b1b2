// A window's processes from the first renderer to the last, and what its page hears.
#include <doctest/doctest.h>

#include <algorithm>

#include "broker/daemon/cage-verification.h"
#include "tests/broker/daemon/window-fixture.h"
#include "tests/faults/no-descriptors.h"

namespace sallyport::daemon {
namespace {

TEST_CASE_FIXTURE(WindowFixture, "a session is given after the cage was read from outside") {
  open();
  spawner.inspected.clear();  // the frame, at its start
  attach();
  REQUIRE(spawner.inspected.size() == 1);
  CHECK(spawner.inspected[0].first == rendererProcess().process.pid());
  CHECK(spawner.inspected[0].second == ProcessKind::RENDERER);
  CHECK(window->rendererPid() == 4711);
  CHECK(window->cage()->holds());
  CHECK(pipe.has("window main: attached: Engine 1"));
}

TEST_CASE_FIXTURE(WindowFixture,
                  "a cage that does not hold ends the renderer, and no other is tried") {
  open();
  spawner.report.checks.push_back({"Seccomp filters", "0", sandbox::CheckState::FAILED});
  auto answer = renderer().attach();
  settle();
  CHECK_FALSE(answer.poll(io.waitScope));
  pass(SECOND_LOOK_PAUSE);
  until([&] { return !frame().crashes.empty(); });
  CHECK(frame().crashes[0].find("The sandbox of this window could not be verified") == 0);
  CHECK_THROWS(answer.wait(io.waitScope));
  CHECK(rendererProcess().process.waitForEnd() == SIGKILL);
  CHECK(pipe.has("its cage fails on Seccomp filters: 0"));
  CHECK_FALSE(window->attached());
  CHECK(window->rendererPid() == 0);
  pass(10 * kj::MINUTES);
  CHECK(started() == 1);
}

TEST_CASE_FIXTURE(WindowFixture, "a renderer that ended while its cage was read is tried again") {
  open();
  spawner.reports[ProcessKind::RENDERER] = {
      4711, {{"environment", "unreadable", sandbox::CheckState::FAILED}}};
  auto answer = renderer().attach();
  settle();
  rendererProcess().process.end(SIGKILL);
  until([&] { return pipe.has("its renderer ended: peer-closed"); });
  CHECK_FALSE(pipe.has("its cage fails"));
  spawner.reports.clear();
  pass(1 * kj::SECONDS);
  until([&] { return started() == 2; });
  attach();
  CHECK(frame().crashes.empty());
}

TEST_CASE_FIXTURE(WindowFixture, "a cage is read again every minute, and one that fails is ended") {
  open();
  attach();
  spawner.inspected.clear();
  const auto looks = [&] {
    return std::count_if(spawner.inspected.begin(), spawner.inspected.end(), [](const auto& look) {
      return look.second == ProcessKind::RENDERER;
    });
  };
  pass(VERIFY_PERIOD - 1 * kj::SECONDS);
  CHECK(looks() == 0);
  pass(1 * kj::SECONDS);
  until([&] { return looks() == 1; });
  CHECK(window->attached());
  pass(VERIFY_PERIOD);
  until([&] { return looks() == 2; });
  spawner.reports[ProcessKind::RENDERER] = {
      4711, {{"descriptors", "foreign: 7=/etc", sandbox::CheckState::FAILED}}};
  pass(VERIFY_PERIOD);
  for (unsigned look = 0; look < SECOND_LOOKS; ++look) {
    CHECK(window->attached());
    pass(SECOND_LOOK_PAUSE);
  }
  until([&] { return !frame().crashes.empty(); });
  CHECK(rendererProcess().process.waitForEnd() == SIGKILL);
  CHECK(pipe.has("window main: its cage fails on descriptors: foreign: 7=/etc"));
  CHECK(pipe.has("its renderer ended: cage-not-verified"));
  CHECK_FALSE(window->attached());
}

TEST_CASE_FIXTURE(WindowFixture,
                  "without its frame no renderer is tried, and none counts as a crash") {
  open();
  attach();
  spawner.refuses = true;
  spawner.of(ProcessKind::FRAME).back()->process.end(SIGSEGV);
  rendererProcess().process.end(SIGSEGV);
  until([&] { return pipe.has("frame main does not start"); });
  for (int second = 0; second < 10; ++second) pass(1 * kj::SECONDS);
  CHECK(started() == 1);
  CHECK_FALSE(pipe.has("window main: the process is being started again"));
  spawner.refuses = false;
  for (int second = 0; second < 20; ++second) pass(1 * kj::SECONDS);
  until([&] { return started() == 2; });
  attach();
  CHECK(frame().crashes.empty());
}

TEST_CASE_FIXTURE(WindowFixture, "a renderer for which there are no descriptors is tried again") {
  open();
  attach();
  const auto before = started();
  {
    const faults::NoDescriptors none;
    rendererProcess().process.end(SIGSEGV);
    until([&] { return pipe.has("window main: socketpair"); });
    CHECK(started() == before);
  }
  pass(1 * kj::SECONDS);
  until([&] { return started() == before + 1; });
  attach();
}

TEST_CASE_FIXTURE(WindowFixture, "what is not seen at a second look ends nobody") {
  open();
  attach();
  spawner.reports[ProcessKind::RENDERER] = {
      4711, {{"descriptors", "foreign: 7=/etc", sandbox::CheckState::FAILED}}};
  pass(VERIFY_PERIOD);
  spawner.reports.clear();
  pass(SECOND_LOOK_PAUSE);
  pass(VERIFY_PERIOD);
  CHECK(window->attached());
  CHECK_FALSE(pipe.has("its cage fails"));
}

TEST_CASE_FIXTURE(WindowFixture, "a cage that cannot be read is no cage") {
  open();
  spawner.cannotInspect = true;
  auto answer = renderer().attach();
  CHECK_THROWS(answer.wait(io.waitScope));
  until([&] { return rendererProcess().process.endedBy() == SIGKILL; });
  CHECK_FALSE(window->attached());
}

TEST_CASE_FIXTURE(WindowFixture, "a degraded cage holds") {
  open();
  spawner.report.checks.push_back({"Landlock", "ABI 2", sandbox::CheckState::DEGRADED});
  attach();
  CHECK(window->attached());
}

TEST_CASE_FIXTURE(WindowFixture, "a renderer that never attaches is killed after half a minute") {
  open();
  pass(29 * kj::SECONDS);
  CHECK(rendererProcess().process.endedBy() == 0);
  timer.advanceTo(timer.now() + 1 * kj::SECONDS);
  until([&] { return started() == 2; });
  CHECK(spawner.of(ProcessKind::RENDERER)[0]->process.waitForEnd() == SIGKILL);
  CHECK(pipe.has("its renderer never attached"));
}

TEST_CASE_FIXTURE(WindowFixture, "one that attached is not ended by that deadline") {
  open();
  attach();
  pass(10 * kj::MINUTES);
  CHECK(window->attached());
  CHECK(started() == 1);
}

TEST_CASE_FIXTURE(WindowFixture,
                  "a crashed renderer comes back in the same frame with its page's state") {
  open();
  attach();
  REQUIRE(states.save({"main", "app"}, "page 7").has_value());
  crashed(0 * kj::SECONDS);
  CHECK(frames.size() == 1);
  CHECK(frame().shown == 2);
  CHECK(window->rendererRestarts() == 1);
  auto answer = renderer().attach().wait(io.waitScope);
  CHECK(answer.getStart().getPageState() == "page 7");
  CHECK(answer.getStart().getUrl() == "app://notes/index.html");
  CHECK(answer.getStart().getContentSecurityPolicy() == "default-src 'none'");
}

TEST_CASE_FIXTURE(WindowFixture,
                  "five crashes in a minute show a page with a button, which starts it again") {
  open();
  crashed(0 * kj::SECONDS);
  crashed(500 * kj::MILLISECONDS);
  crashed(1 * kj::SECONDS);
  crashed(2 * kj::SECONDS);
  CHECK(frame().crashes.empty());
  CHECK(started() == 5);
  rendererProcess().process.end(SIGSEGV);
  until([&] { return !frame().crashes.empty(); });
  CHECK(frame().crashes[0] == "This window crashed several times in a minute.");
  pass(20 * kj::SECONDS);
  CHECK(started() == 5);
  frame().sink().reloadRequestedRequest().send().wait(io.waitScope);
  until([&] { return started() == 6; });
  attach();
  crashed(0 * kj::SECONDS);  // the user's wish forgave the others
  CHECK(frame().crashes.size() == 1);
}

TEST_CASE_FIXTURE(WindowFixture, "the button does nothing while a renderer runs") {
  open();
  attach();
  for (int i = 0; i < 5; ++i) frame().sink().reloadRequestedRequest().send().wait(io.waitScope);
  settle();
  CHECK(started() == 1);
}

TEST_CASE_FIXTURE(WindowFixture, "a renderer that breaks the protocol is killed at once") {
  open();
  attach();
  CHECK_THROWS(renderer().attach().wait(io.waitScope));
  // No time passes here: there is no patience to wait for.
  until([&] { return spawner.of(ProcessKind::RENDERER)[0]->process.endedBy() == SIGKILL; });
  CHECK_MESSAGE(pipe.has("warning window main: session ended: attached-twice"), pipe.text());
}

TEST_CASE_FIXTURE(WindowFixture, "a renderer that closes its session has a moment to end") {
  open();
  attach();
  renderers.clear();
  until([&] { return pipe.has("session ended: peer-closed"); });
  settle();
  CHECK(rendererProcess().process.endedBy() == 0);
  pass(200 * kj::MILLISECONDS);
  until([&] { return spawner.of(ProcessKind::RENDERER)[0]->process.endedBy() == SIGKILL; });
}

TEST_CASE_FIXTURE(WindowFixture, "a renderer that lost its display is replaced") {
  open();
  attach();
  frame().sink().rendererGoneRequest().send().wait(io.waitScope);
  until([&] { return started() == 2; });
  CHECK(spawner.of(ProcessKind::RENDERER)[0]->process.waitForEnd() == SIGKILL);
}

TEST_CASE_FIXTURE(WindowFixture, "a crashed frame comes back, and gets a renderer of its own") {
  open();
  attach();
  spawner.of(ProcessKind::FRAME)[0]->process.end(SIGSEGV);
  until([&] { return frames.size() == 2; });
  until([&] { return started() == 2 && frame().shown == 1; });
  CHECK(frame().label == "main");
  CHECK(spawner.of(ProcessKind::RENDERER)[0]->process.waitForEnd() == SIGKILL);
  attach();
  CHECK(window->frame().restarts() == 1);
}

TEST_CASE_FIXTURE(WindowFixture, "an impatient user gets one renderer, not two") {
  open();
  for (int i = 0; i < 4; ++i)
    crashed(i == 0 ? 0 * kj::SECONDS : 500 * kj::MILLISECONDS * (1 << (i - 1)));
  rendererProcess().process.end(SIGSEGV);
  until([&] { return !frame().crashes.empty(); });
  auto first = frame().sink().reloadRequestedRequest().send();
  auto second = frame().sink().reloadRequestedRequest().send();
  first.wait(io.waitScope);
  second.wait(io.waitScope);
  until([&] { return started() == 6; });
  attach();
  pass(1 * kj::MINUTES);
  CHECK(started() == 6);
  CHECK(window->attached());
}

TEST_CASE_FIXTURE(WindowFixture,
                  "a frame that crashes while the next renderer is awaited gets one, not two") {
  open();
  crashed(0 * kj::SECONDS);
  rendererProcess().process.end(SIGSEGV);
  until([&] { return pipe.count("its renderer ended") == 2; });
  CHECK(started() == 2);  // the third is due in half a second
  spawner.of(ProcessKind::FRAME)[0]->process.end(SIGSEGV);
  until([&] { return frames.size() == 2 && started() == 3; });
  attach();
  pass(1 * kj::MINUTES);
  CHECK(started() == 3);
  CHECK(window->attached());
}

TEST_CASE_FIXTURE(WindowFixture,
                  "a frame that hung up is asked for nothing until the next is there") {
  open();
  attach();
  frames.back() = nullptr;
  rendererProcess().process.end(SIGSEGV);
  until([&] { return pipe.count("its renderer ended") == 1; });
  pass(1 * kj::MINUTES);
  CHECK(started() == 2);
  CHECK_FALSE(pipe.has(" error "));
  frames.clear();
  spawner.of(ProcessKind::FRAME)[0]->process.end(SIGSEGV);
  until([&] { return frames.size() == 1 && frame().shown == 1; });
  CHECK(attach() == "app://notes/index.html");
}

TEST_CASE_FIXTURE(WindowFixture, "a wish that no frame hears starts no renderer") {
  open();
  for (int i = 0; i < 4; ++i)
    crashed(i == 0 ? 0 * kj::SECONDS : 500 * kj::MILLISECONDS * (1 << (i - 1)));
  rendererProcess().process.end(SIGSEGV);
  until([&] { return !frame().crashes.empty(); });
  spawner.refuses = true;  // so that the frame stays away
  spawner.of(ProcessKind::FRAME)[0]->process.end(SIGSEGV);
  until([&] { return window->frame().pid() == 0; });
  window->focus();
  pass(10 * kj::MINUTES);
  CHECK(pipe.count("error broker: window main") == 0);
  CHECK(started() == 5);
}

TEST_CASE_FIXTURE(WindowFixture,
                  "what was read of the last renderer's cage is not said of the next") {
  open();
  attach();
  CHECK(window->rendererPid() == 4711);
  crashed(0 * kj::SECONDS);
  CHECK(window->rendererPid() == 0);
  CHECK_FALSE(window->cage().has_value());
}

TEST_CASE_FIXTURE(WindowFixture, "nothing of a window outlives it") {
  open();
  attach();
  window = nullptr;
  CHECK(rendererProcess().process.waitForEnd() == SIGKILL);
  CHECK(spawner.of(ProcessKind::FRAME)[0]->process.waitForEnd() == SIGKILL);
}

TEST_CASE_FIXTURE(WindowFixture,
                  "a frame that comes back has the place and the title of the last one") {
  open();
  window->setTitle("Notes: shopping");
  until([&] { return frame().title == "Notes: shopping"; });
  auto placed = frame().sink().placedRequest();
  auto place = placed.initPlace();
  place.setWidth(900);
  place.setHeight(100);  // less than any frame may have
  place.setHasPosition(true);
  place.setX(-7);
  place.setY(40'000);
  place.setState(proto::WindowState::MAXIMIZED);
  placed.setFocused(true);
  placed.send().wait(io.waitScope);
  CHECK(window->focused());
  CHECK(window->place().height == 200);
  CHECK(window->place().position->second == 32'767);
  spawner.of(ProcessKind::FRAME)[0]->process.end(SIGSEGV);
  until([&] { return frames.size() == 2 && frame().width == 900; });
  CHECK(frame().title == "Notes: shopping");
  CHECK(frame().height == 200);
  CHECK(frame().x == -7);
  CHECK(frame().state == proto::WindowState::MAXIMIZED);
  CHECK(places.find("main") == window->place());
}

TEST_CASE_FIXTURE(WindowFixture, "who waits for a window that is destroyed is told") {
  spawner.onSpawn = [](Child&) {};
  auto opened = window->open();
  settle();
  window = nullptr;
  CHECK_THROWS(opened.wait(io.waitScope));
}

TEST_CASE_FIXTURE(WindowFixture, "focus reaches the frame") {
  open();
  window->focus();
  until([&] { return frame().focused == 1; });
}

TEST_CASE_FIXTURE(WindowFixture, "a page hears of its window's size, place, state and focus") {
  open();
  attach();
  renderer()
      .listen({"evt_window_resized",
               "evt_window_moved",
               "evt_window_state_changed",
               "evt_window_focused"},
              true)
      .wait(io.waitScope);
  CHECK(readied == std::vector<std::string>{"main"});
  CHECK(window->ready());
  const auto placed = [this](proto::WindowState state, int x) {
    auto request = frame().sink().placedRequest();
    auto place = request.initPlace();
    place.setWidth(700);
    place.setHeight(480);
    place.setHasPosition(true);
    place.setX(x);
    place.setState(state);
    request.setFocused(true);
    request.send().wait(io.waitScope);
    settle();
  };
  placed(proto::WindowState::MAXIMIZED, 5);
  CHECK(renderer().events ==
        std::vector<std::string>{R"(evt_window_resized {"width":700,"height":480})",
                                 R"(evt_window_moved {"x":5,"y":0})",
                                 R"(evt_window_state_changed {"state":"maximized"})",
                                 R"(evt_window_focused {"focused":true})"});
  renderer().events.clear();
  placed(proto::WindowState::MAXIMIZED, 5);
  CHECK(renderer().events.empty());
  placed(proto::WindowState::NORMAL, 5);
  CHECK(renderer().events ==
        std::vector<std::string>{R"(evt_window_state_changed {"state":"normal"})"});
}

TEST_CASE_FIXTURE(WindowFixture, "a page that is ready again and again is told of once a second") {
  open();
  attach();
  for (int i = 0; i < 20; ++i) renderer().listen({}, true, true).wait(io.waitScope);
  CHECK(readied.size() == 1);
  pass(1 * kj::SECONDS);
  CHECK(readied.size() == 2);
  pass(5 * kj::SECONDS);
  CHECK(readied.size() == 2);
  renderer().listen({}, true, true).wait(io.waitScope);
  CHECK(readied.size() == 3);
}

}  // namespace
}  // namespace sallyport::daemon
