// The end of a window: in which order, who is asked, and who has no say.
#include <doctest/doctest.h>

#include "tests/broker/daemon/window-fixture.h"

namespace sallyport::daemon {
namespace {

TEST_CASE_FIXTURE(WindowFixture, "closing asks the page, ends the renderer, then the frame") {
  open();
  attach();
  frame().onClose = [this] {
    CHECK(rendererProcess().process.endedBy() != 0);  // it went first
    spawner.of(ProcessKind::FRAME)[0]->process.end(SIGTERM);
  };
  frame().sink().closeRequestedRequest().send().wait(io.waitScope);
  until([&] { return renderer().closeAsked; });
  CHECK_FALSE(frame().closed);
  rendererProcess().process.end(SIGTERM);
  until([&] { return closed.size() == 1; });
  CHECK(closed[0] == "main");
  CHECK(frame().closed);
  CHECK(started() == 1);
}

TEST_CASE_FIXTURE(WindowFixture, "a renderer that does not want to close is killed") {
  open();
  attach();
  renderer().answersClose = false;
  auto closing = window->close().eagerlyEvaluate(nullptr);
  until([&] { return renderer().closeAsked; });
  pass(session::WindowConnection::CONTROL_DEADLINE_MS * kj::MILLISECONDS);
  CHECK(rendererProcess().process.endedBy() == 0);
  pass(2 * kj::SECONDS);
  until([&] { return rendererProcess().process.endedBy() == SIGKILL; });
  until([&] { return frame().closed; });
  pass(3 * kj::SECONDS);  // the frame does not end either
  closing.wait(io.waitScope);
  CHECK(spawner.of(ProcessKind::FRAME)[0]->process.endedBy() == SIGKILL);
  CHECK(started() == 1);
}

TEST_CASE_FIXTURE(WindowFixture,
                  "a spawner that refuses is asked again a few times, then the user is told") {
  open();
  spawner.refuses = true;
  rendererProcess().process.end(SIGSEGV);
  until([&] { return pipe.has("no process today"); });
  for (int i = 0; i < 60 && frame().crashes.empty(); ++i) pass(1 * kj::SECONDS);
  REQUIRE(frame().crashes.size() == 1);
  CHECK(frame().crashes[0] == "This window could not be started several times in a minute.");
  spawner.refuses = false;
  frame().sink().reloadRequestedRequest().send().wait(io.waitScope);
  until([&] { return started() == 2; });
}

TEST_CASE_FIXTURE(WindowFixture, "a page that answers in time keeps its window open") {
  open();
  attach();
  CHECK(renderer().call("cmd_keep_window_open").wait(io.waitScope) == "conflict");
  renderer().listen({"evt_window_close_requested"}).wait(io.waitScope);
  for (int i = 0; i < 2; ++i) {
    frame().sink().closeRequestedRequest().send().wait(io.waitScope);
    frame().sink().closeRequestedRequest().send().wait(io.waitScope);  // impatient: one question
    settle();
    CHECK(renderer().events == std::vector<std::string>{"evt_window_close_requested {}"});
    CHECK(renderer().call("cmd_keep_window_open").wait(io.waitScope) == "done");
    CHECK(renderer().call("cmd_keep_window_open").wait(io.waitScope) == "conflict");
    renderer().events.clear();
    pass(6 * kj::SECONDS);
    CHECK_FALSE(renderer().closeAsked);
  }
  // Its own wish to close is no question.
  CHECK(renderer().call("cmd_close_window").wait(io.waitScope) == "done");
  until([&] { return renderer().closeAsked; });
}

TEST_CASE_FIXTURE(WindowFixture, "a page that always answers cannot keep a user who insists") {
  open();
  attach();
  renderer().listen({"evt_window_close_requested"}).wait(io.waitScope);
  for (int i = 0; i < 4; ++i) {
    frame().sink().closeRequestedRequest().send().wait(io.waitScope);
    settle();
    CHECK(renderer().call("cmd_keep_window_open").wait(io.waitScope) == "done");
    CHECK_FALSE(renderer().closeAsked);
  }
  frame().sink().closeRequestedRequest().send().wait(io.waitScope);
  until([&] { return renderer().closeAsked; });
}

TEST_CASE_FIXTURE(WindowFixture,
                  "the app itself may keep a window, and its page is not asked then") {
  open();
  attach();
  renderer().listen({"evt_window_close_requested"}).wait(io.waitScope);
  std::vector<std::string> asked;
  bool may = false;
  around.mayClose = [&](const std::string& label) {
    asked.push_back(label);
    return may;
  };
  frame().sink().closeRequestedRequest().send().wait(io.waitScope);
  pass(6 * kj::SECONDS);
  CHECK(asked == std::vector<std::string>{"main"});
  CHECK(renderer().events.empty());
  CHECK_FALSE(renderer().closeAsked);
  may = true;
  frame().sink().closeRequestedRequest().send().wait(io.waitScope);
  settle();
  CHECK(renderer().events.size() == 1);
  may = false;
  CHECK(renderer().call("cmd_close_window").wait(io.waitScope) == "done");  // its page's own wish
  until([&] { return renderer().closeAsked; });
  CHECK(asked.size() == 2);
}

TEST_CASE_FIXTURE(WindowFixture, "a page that hangs, or may not be asked any more, has no say") {
  open();
  attach();
  renderer().listen({"evt_window_close_requested"}).wait(io.waitScope);
  SUBCASE("it does not answer") {
    frame().sink().closeRequestedRequest().send().wait(io.waitScope);
    settle();
    CHECK_FALSE(renderer().closeAsked);
    pass(5 * kj::SECONDS);
  }
  SUBCASE("it was revoked") {
    around.policy = std::make_shared<const capabilities::Policy>(
        capabilities::revoke(
            *around.policy, registry.catalogue().value(), "main", "window:guard-close")
            .value());
    window->takePolicy();
    frame().sink().closeRequestedRequest().send().wait(io.waitScope);
  }
  until([&] { return renderer().closeAsked; });
  CHECK(renderer().events.size() <= 1);
}

}  // namespace
}  // namespace sallyport::daemon
