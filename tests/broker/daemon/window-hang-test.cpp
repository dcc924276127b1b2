// A window whose renderer does not answer: what its user sees and may do.
#include <doctest/doctest.h>

#include "tests/broker/daemon/window-fixture.h"

namespace sallyport::daemon {
namespace {

struct Hanging : WindowFixture {
  // Attached, drawn, and silent for so long that it is shown.
  void hang() {
    open();
    attach();
    frame().sink().firstFrameRequest().send().wait(io.waitScope);
    renderer().answersPing = false;
    pass(Heartbeat::PACE);
    for (unsigned missed = 0; missed < HangWatch::SHOWN_AFTER; ++missed) pass(Heartbeat::PATIENCE);
    until([&] { return frame().hung; });
  }
};

TEST_CASE_FIXTURE(Hanging, "a renderer that does not answer is shown so, until it does") {
  hang();
  CHECK(window->hung());
  CHECK(pipe.has("window main does not answer"));
  CHECK(rendererProcess().process.endedBy() == 0);
  renderer().answersPing = true;
  pass(Heartbeat::PATIENCE);
  until([&] { return !frame().hung; });
  CHECK_FALSE(window->hung());
  CHECK(pipe.has("window main answers again"));
  CHECK(started() == 1);
}

TEST_CASE_FIXTURE(Hanging, "the user ends it, and another one comes with the page's state") {
  hang();
  REQUIRE(states.save({"main", "app"}, "page 7").has_value());
  frame().sink().endRequestedRequest().send().wait(io.waitScope);
  until([&] { return started() == 2; });
  CHECK(spawner.of(ProcessKind::RENDERER)[0]->process.endedBy() == SIGKILL);
  CHECK_FALSE(window->hung());
  auto answer = renderer().attach().wait(io.waitScope);
  CHECK(answer.getStart().getPageState() == "page 7");
}

TEST_CASE_FIXTURE(Hanging, "the button ends none that answers") {
  hang();
  renderer().answersPing = true;
  pass(Heartbeat::PATIENCE);
  until([&] { return !frame().hung; });
  frame().sink().endRequestedRequest().send().wait(io.waitScope);
  settle();
  CHECK(rendererProcess().process.endedBy() == 0);
}

TEST_CASE_FIXTURE(Hanging, "a user who waits is left alone for a while") {
  hang();
  frame().hung = false;  // as the frame does by itself
  frame().sink().waitRequestedRequest().send().wait(io.waitScope);
  for (unsigned missed = 1; missed < HangWatch::WAITED_FOR; ++missed) pass(Heartbeat::PATIENCE);
  CHECK_FALSE(frame().hung);
  pass(Heartbeat::PATIENCE);
  until([&] { return frame().hung; });
}

TEST_CASE_FIXTURE(Hanging, "a user who waits is not overruled by an event that it owes") {
  open();
  attach();
  frame().sink().firstFrameRequest().send().wait(io.waitScope);
  renderer().listen({"evt_window_resized"}, true).wait(io.waitScope);
  renderer().takesEvents = renderer().answersPing = false;
  pageWindows.events().resized.emitTo("main", {640, 480});
  until([&] { return !renderer().events.empty(); });
  pass(Heartbeat::PACE);
  for (unsigned missed = 0; missed < HangWatch::SHOWN_AFTER; ++missed) pass(Heartbeat::PATIENCE);
  until([&] { return frame().hung; });
  frame().sink().waitRequestedRequest().send().wait(io.waitScope);
  // Well beyond what one that answers has for an event.
  for (int seconds = 0; seconds < 90; seconds += 5) pass(Heartbeat::PATIENCE);
  CHECK(started() == 1);
  CHECK(window->hung());
  renderer().answersPing = true;
  until([&] {
    pass(1 * kj::SECONDS);
    return started() == 2;
  });
  CHECK(pipe.has("its renderer ended: control-unanswered"));
}

TEST_CASE_FIXTURE(Hanging, "one without a picture is killed, and comes back as after a crash") {
  open();
  attach();
  renderer().answersPing = false;
  pass(Heartbeat::PACE);
  for (unsigned missed = 0; missed < HangWatch::UNSEEN_LIMIT; ++missed) pass(Heartbeat::PATIENCE);
  until([&] { return started() == 2; });
  CHECK(spawner.of(ProcessKind::RENDERER)[0]->process.endedBy() == SIGKILL);
  CHECK(pipe.has("its renderer ended: control-unanswered"));
  CHECK(window->rendererRestarts() == 1);
}

TEST_CASE_FIXTURE(Hanging, "a window that hangs is closed without asking its page") {
  hang();
  frame().onClose = [this] { spawner.of(ProcessKind::FRAME)[0]->process.end(SIGTERM); };
  frame().sink().closeRequestedRequest().send().wait(io.waitScope);
  until([&] { return closed.size() == 1; });  // no time passes
  CHECK_FALSE(renderer().closeAsked);
  CHECK(rendererProcess().process.endedBy() == SIGKILL);
  CHECK(started() == 1);
}

TEST_CASE_FIXTURE(Hanging, "buttons that nobody was shown do nothing") {
  open();
  frame().sink().endRequestedRequest().send().wait(io.waitScope);
  frame().sink().waitRequestedRequest().send().wait(io.waitScope);
  attach();
  frame().sink().endRequestedRequest().send().wait(io.waitScope);
  settle();
  CHECK(started() == 1);
  CHECK(rendererProcess().process.endedBy() == 0);
}

}  // namespace
}  // namespace sallyport::daemon
