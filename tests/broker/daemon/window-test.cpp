#include "broker/daemon/window.h"

#include <doctest/doctest.h>

#include <chrono>

#include "broker/daemon/daemon-journal.h"
#include "broker/daemon/page-windows.h"
#include "broker/daemon/policy-files.h"
#include "tests/broker/daemon/spawner-fake.h"
#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {
namespace {

using spawn::ProcessKind;

commands::Registry registryOf(PageStates& states, PageWindows& windows) {
  std::vector<commands::Module> modules;
  modules.push_back(commands::core::makeModule(states));
  modules.push_back(commands::window::makeModule(windows, windows.events()));
  return commands::Registry::create(std::move(modules)).value();
}

struct WindowFixture : TestFolder {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  kj::TimerImpl timer{kj::origin<kj::TimePoint>() + 1 * kj::HOURS};
  JournalPipe pipe;
  Journal journal{pipe.fd()};
  SpawnerFake spawner;
  Surroundings processes{spawner, io.unixEventPort, *io.lowLevelProvider, timer, journal};
  PageStates states;
  AppFile app{"notes", "Notes", {{"main", "Notes", 640, 480}}, "default-src 'none'"};
  OpenWindows openWindows{{app.windows,
                           [this](const std::string&) { return window.get(); },
                           [](const WindowSpec&) -> kj::Promise<void> { return kj::READY_NOW; }}};
  PageWindows pageWindows{openWindows};
  commands::Registry registry = registryOf(states, pageWindows);
  DaemonJournal sessions{journal, timer};
  session::RunningCommands running{sessions};
  session::EventHub hub{sessions};
  WindowPlaces places{path() / "windows.json", timer, journal};
  Assets assets = loadAssets();
  WindowSurroundings around{
      processes,
      {timer, registry, sessions, running},
      hub,
      pageWindows.events(),
      app,
      loadPolicy(),
      assets,
      states,
      places,
      []() -> proto::Net::Client { return KJ_EXCEPTION(DISCONNECTED, "no net"); }};
  std::vector<std::unique_ptr<FrameFake>> frames;
  std::vector<std::unique_ptr<RendererFake>> renderers;
  std::vector<std::string> closed, readied;
  kj::Own<Window> window;

  WindowFixture() {
    spawner.onSpawn = [this](Child& child) {
      if (child.kind == ProcessKind::FRAME)
        frames.push_back(
            std::make_unique<FrameFake>(*io.lowLevelProvider, kj::mv(child.fds.at(0))));
      else
        renderers.push_back(
            std::make_unique<RendererFake>(*io.lowLevelProvider, kj::mv(child.fds.at(0))));
    };
    registry.connect(hub);
    window = kj::heap<Window>(
        around,
        app.windows[0],
        [this](const std::string& label) { closed.push_back(label); },
        [this](const std::string& label) { readied.push_back(label); });
  }

  Assets loadAssets() {
    write("web/index.html", "<head></head>");
    return std::move(std::get<Assets>(Assets::load(path() / "web", app.contentSecurityPolicy)));
  }
  std::shared_ptr<const capabilities::Policy> loadPolicy() {
    write(
        "capabilities/main.json",
        R"({"identifier":"main","windows":["main"],"permissions":["core:default","window:default","window:guard-close"]})");
    write("capabilities/docs.json",
          R"({"identifier":"docs","windows":["main"],"permissions":[],
              "remote":{"origin":"docs","urls":["https://docs.example.org"]}})");
    return std::make_shared<const capabilities::Policy>(
        std::move(readPolicy({path(), {}}, app, registry.catalogue().value()).value()));
  }

  void turn() {
    timer.advanceTo(timer.now());  // what is due at once
    io.unixEventPort.poll();
    io.waitScope.poll();
  }
  // Until it is so; fails when it is not so for a long time.
  template <typename Condition>
  void until(Condition condition) {
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > late)
        FAIL("it never came to that; the journal: " << pipe.text());
      turn();
    }
  }
  // What would happen by now has happened: nothing is left to do on descriptors or in the loop.
  void settle() {
    for (int i = 0; i < 30; ++i) turn();
  }
  void pass(kj::Duration time) {
    timer.advanceTo(timer.now() + time);
    settle();
  }

  FrameFake& frame() { return *frames.back(); }
  RendererFake& renderer() { return *renderers.back(); }
  Child& rendererProcess() { return *spawner.of(ProcessKind::RENDERER).back(); }
  std::size_t started() const { return renderers.size(); }

  void open() {
    window->open().wait(io.waitScope);
    until([&] { return started() == 1; });
  }
  // What the renderer is to show.
  std::string attach() {
    auto answer = renderer().attach().wait(io.waitScope);
    until([&] { return window->attached(); });
    return answer.getStart().getUrl().cStr();
  }
  // The renderer asks for it, and another one shows what it asked for.
  std::string moves(const std::string& url) {
    const auto before = started();
    renderer().navigate(url);
    until([&] { return started() == before + 1; });
    return attach();
  }
  // Lets it crash, and waits for its successor after this much time.
  void crashed(kj::Duration wait) {
    const auto before = started();
    rendererProcess().process.end(SIGSEGV);
    until([&] { return !window->attached() && pipe.count("its renderer ended") == before; });
    if (wait > 0 * kj::SECONDS) {
      pass(wait - 1 * kj::MILLISECONDS);
      CHECK(started() == before);
      pass(1 * kj::MILLISECONDS);
    }
    until([&] { return started() == before + 1; });
  }
};

TEST_CASE_FIXTURE(WindowFixture,
                  "the frame comes first, then a renderer with its display and session") {
  open();
  CHECK(frame().label == "main");
  CHECK(frame().title == "Notes");
  CHECK(frame().width == 640);
  CHECK(frame().height == 480);
  REQUIRE(spawner.children.size() == 2);
  CHECK(spawner.children[0]->kind == ProcessKind::FRAME);
  CHECK(spawner.children[0]->fds.size() == 1);
  CHECK(spawner.children[1]->kind == ProcessKind::RENDERER);
  CHECK(spawner.children[1]->label == "main");
  CHECK(spawner.children[1]->fds.size() == 2);
  CHECK(frame().adopted == 1);
  CHECK_FALSE(window->attached());
  CHECK(window->rendererPid() == 0);
}

TEST_CASE_FIXTURE(WindowFixture,
                  "a window goes from origin to origin in a process of each, and nowhere else") {
  open();
  CHECK(attach() == "app://notes/index.html");
  for (const auto* url : {"https://example.org/",
                          "http://docs.example.org/",
                          "https://docs.example.org:8443/",
                          "https://user@docs.example.org/",
                          "https://docs.example.org.evil.example/",
                          "app://notes/other.html",
                          "app://other/index.html",
                          "app://notes.evil/",
                          "app:///notes/",
                          "file:///etc/passwd",
                          "javascript:0",
                          ""}) {
    renderer().navigate(url);
    settle();
    CAPTURE(url);
    CHECK(started() == 1);
    CHECK(window->attached());
  }
  CHECK(moves("https://DOCS.example.org/page?query#part") == "https://docs.example.org/page?query");
  CHECK(spawner.of(ProcessKind::FRAME).size() == 1);
  renderer().navigate("https://docs.example.org/inside");
  settle();
  CHECK(started() == 2);
  CHECK(moves("app://notes/index.html?evil=1#evil") == "app://notes/index.html");
  CHECK(pipe.count("its renderer ended") == 0);  // nothing crashed
  CHECK(window->rendererRestarts() == 0);
}

TEST_CASE_FIXTURE(WindowFixture, "a window that goes from origin to origin in a loop is stopped") {
  open();
  attach();
  for (std::size_t i = 0; i < MovesBudget::MOVES; ++i)
    moves(i % 2 == 0 ? "https://docs.example.org/" : "app://notes/");
  const auto before = started();
  renderer().navigate("https://docs.example.org/");
  settle();
  CHECK(started() == before);
  CHECK(window->attached());
  pass(MovesBudget::WITHIN);
  CHECK(moves("https://docs.example.org/") == "https://docs.example.org/");
}

TEST_CASE_FIXTURE(WindowFixture, "a remote page whose class is revoked gives way to the app's") {
  open();
  attach();
  moves("https://docs.example.org/");
  around.policy = std::make_shared<const capabilities::Policy>();
  window->takePolicy();
  until([&] { return started() == 3; });
  CHECK(attach() == "app://notes/index.html");
}

TEST_CASE_FIXTURE(WindowFixture, "a session is given after the cage was read from outside") {
  open();
  CHECK(spawner.inspected.empty());
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
  CHECK(frame().adopted == 2);
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
  until([&] { return started() == 2 && frame().adopted == 1; });
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
  window->open().wait(io.waitScope);
  spawner.refuses = true;
  until([&] { return pipe.has("no process today"); });
  for (int i = 0; i < 60 && frame().crashes.empty(); ++i) pass(1 * kj::SECONDS);
  REQUIRE(frame().crashes.size() == 1);
  CHECK(frame().crashes[0] == "This window could not be started several times in a minute.");
  spawner.refuses = false;
  frame().sink().reloadRequestedRequest().send().wait(io.waitScope);
  until([&] { return started() == 1; });
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
