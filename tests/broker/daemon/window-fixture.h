// One window of an app over a spawner that the test plays: its frame and renderers are the test's
// own ends of their sockets.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <utility>
#include <vector>

#include "broker/daemon/daemon-journal.h"
#include "broker/daemon/page-windows.h"
#include "broker/daemon/policy-files.h"
#include "broker/daemon/window.h"
#include "tests/broker/daemon/spawner-fake.h"
#include "tests/broker/daemon/test-folder.h"

namespace sallyport::daemon {

using spawn::ProcessKind;

inline commands::Registry registryOf(PageStates& states, PageWindows& windows) {
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
  Spares spares{timer};
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
    until([&] { return started() == 1 && frame().shown == 1; });
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

}  // namespace sallyport::daemon
