// Real windows on a virtual display, opened, named, placed and closed by pages; where they were is
// kept over a start.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// The same script runs in every window; each does its own part.
constexpr const char* SCRIPT = R"js(
const until = async (condition) => {
  for (;;) {
    const value = await condition();
    if (value) return value;
    await pause(50);
  }
};
const labels = async () => (await call("cmd_list_windows")).value.map((one) => `${one.label}:${one.open}`);
const events = async (name) => {
  const seen = [];
  const bridge = await globalThis.__SALLYPORT__;
  await bridge.listen(name, (json) => seen.push(JSON.parse(json))).agreed;
  return seen;
};
const code = (answer) => (answer.error ? answer.error.code : "done");
const parts = {
  main: async () => {
    const started = await until(async () => (await call("cmd_get_window")).value);
    page("started", started.width, started.height);
    page("before", await labels());
    page("grandchild", code(await call("cmd_create_window", { label: "lone" })));
    page("undeclared", code(await call("cmd_create_window", { label: "x/../y" })));
    page("unseen", code(await call("cmd_get_window", { label: "lone" })), code(await call("cmd_close_window", { label: "lone" })));
    const opened = await events("evt_window_opened");
    const ready = await events("evt_window_ready");
    const closed = await events("evt_window_closed");
    const resized = await events("evt_window_resized");
    page("created", code(await call("cmd_create_window", { label: "settings" })));
    page("heard-opened", await until(() => opened.length > 0 && opened));
    page("heard-ready", await until(() => ready.length > 0 && ready));
    page("twice", code(await call("cmd_create_window", { label: "settings" })));
    await until(async () => (await call("cmd_get_window", { label: "settings" })).value?.title === "Choices");
    page("titled", "Choices");
    page("bounds", code(await call("cmd_set_window_bounds", { width: 520, height: 410, x: 40, y: 30 })));
    const placed = await until(async () => {
      const { value } = await call("cmd_get_window");
      return value.width === 520 && value.x === 40 && value;
    });
    page("heard-resized", await until(() => resized.length > 0 && resized.slice(-1)));
    page("placed", placed.width, placed.height, placed.x, placed.y, placed.state);
    page("fullscreen", code(await call("cmd_set_window_state", { state: "fullscreen" })));
    page("closed", code(await call("cmd_close_window", { label: "settings" })));
    const stays = (title) => title?.startsWith("Stays") && title;
    page("kept", await until(async () => stays((await call("cmd_get_window", { label: "settings" })).value?.title)));
    page("second-close", code(await call("cmd_close_window", { label: "settings" })));
    page("heard-closed", await until(() => closed.length > 0 && closed));
    await until(async () => (await labels()).includes("settings:false"));
    page("after", await labels());
  },
  settings: async () => {
    page("child-sees", await labels());
    page("child-denied", code(await call("cmd_create_window", { label: "lone" })));
    const asked = await events("evt_window_close_requested");
    const bridge = await globalThis.__SALLYPORT__;
    await bridge.ready();
    await call("cmd_set_title", { title: "Choices" });
    await until(() => asked.length > 0);
    await call("cmd_set_title", { title: `Stays ${code(await call("cmd_keep_window_open"))}` });
  },
};
(async () => parts[(await globalThis.__SALLYPORT__).window]())();
)js";

// apps/probe with windows of its own.
struct WindowsApp {
  WindowsApp() {
    fs::copy(testApp("probe"), folder.path(), fs::copy_options::recursive);
    write("app.json", R"({
      "identifier": "windows", "title": "Windows", "contentSecurityPolicy": "default-src 'none'; script-src 'self'",
      "windows": [
        { "label": "main", "title": "Main", "width": 400, "height": 300 },
        { "label": "settings", "title": "Settings", "width": 300, "height": 200, "open": "demand", "parent": "main" },
        { "label": "lone", "title": "Lone", "open": "demand", "parent": "settings" },
        { "label": "brief", "title": "Brief", "open": "demand", "parent": "lone" }
      ]})");
    write("capabilities/main.json",
          R"({"identifier": "main", "description": "All of it", "windows": ["main"],
              "permissions": ["window:default", "window:arrange"]})");
    write("capabilities/settings.json",
          R"({"identifier": "settings", "description": "Its own window", "windows": ["settings"],
              "permissions": ["window:default", "window:guard-close"]})");
  }
  void write(const char* name, const char* text) const {
    std::ofstream(folder.path() / name) << text;
  }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE("pages open, name, place and close the windows that they see, and no other") {
  const WindowsApp app;
  BrokerProcess broker({.app = app.folder.path(), .pageScript = SCRIPT});
  CHECK(broker.waitForPage("started") == "400 300");
  CHECK(broker.waitForPage("before") == R"(["main:true","settings:false"])");
  CHECK(broker.waitForPage("grandchild") == "\"not-found\"");
  CHECK(broker.waitForPage("undeclared") == "\"not-found\"");
  CHECK(broker.waitForPage("unseen") == R"("not-found" "not-found")");
  CHECK(broker.waitForPage("created") == "\"done\"");
  CHECK(broker.waitForPage("heard-opened") == R"([{"label":"settings"}])");
  CHECK(broker.waitForPage("child-sees") == R"(["main:true","settings:true","lone:false"])");
  CHECK(broker.waitForPage("child-denied") == "\"denied\"");
  CHECK(broker.waitForPage("heard-ready") == R"([{"label":"settings"}])");
  CHECK(broker.waitForPage("twice") == "\"conflict\"");
  CHECK(broker.waitForPage("titled") == "\"Choices\"");
  CHECK(broker.waitForPage("bounds") == "\"done\"");
  CHECK(broker.waitForPage("heard-resized") == R"([{"width":520,"height":410}])");
  CHECK(broker.waitForPage("placed") == "520 410 40 30 \"normal\"");
  CHECK(broker.waitForPage("fullscreen") == "\"denied\"");  // nobody clicked
  CHECK(broker.waitForPage("closed") == "\"done\"");
  CHECK(broker.waitForPage("kept") == "\"Stays done\"");
  CHECK(broker.waitForPage("second-close") == "\"done\"");
  // The second question it leaves without an answer.
  CHECK(broker.waitForPage("heard-closed") == R"([{"label":"settings"}])");
  CHECK(broker.waitForPage("after") == R"(["main:true","settings:false"])");
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());

  struct stat facts {};
  REQUIRE(stat((broker.state() / "windows.json").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0600);
  broker.start();
  CHECK(broker.waitForPage("started") == "520 410");
  CHECK(broker.end() == 0);
}

TEST_CASE("C++ code of an app opens, names, places, keeps and closes its windows") {
  const WindowsApp app;
  BrokerProcess broker({.app = app.folder.path(),
                        .pageScript = "globalThis.__SALLYPORT__.then((bridge) => bridge.ready());",
                        .program = testBinary("ruling_app")});
  CHECK(broker.waitForEnd(Milliseconds(60'000)) == 0);  // the app closed its last window
  broker.waitFor("shutdown: vault ended");              // its last line may still be on its way
  const auto journal = broker.journal();
  for (const char* line : {"early: main=- settings=- lone=- brief=-",
                           "not yet open: done",
                           "window brief does not open",
                           "brief at once: done",
                           "main opened",
                           "main ready",
                           "early: none is open",
                           "list: main=Main settings=- lone=- brief=-",
                           "unknown focus: not-found",
                           "closed title: not-found",
                           "long title: too-large",
                           "title: done",
                           "unknown create: not-found",
                           "small: invalid-argument",
                           "bounds: done",
                           "fullscreen: denied",
                           "create settings: done",
                           "twice: conflict",
                           "settings opened",
                           "then: main=Ruled settings=Settings lone=- brief=-",
                           "settings may not close",
                           "kept: done",
                           "focus: done",
                           "settings may close",
                           "let go: done",
                           "settings closed",
                           "lone ready",
                           "at once: done",
                           "lone closed",
                           "main at once: done",
                           "an app's own mistake",
                           "main closed",
                           "last: done",
                           "shutdown: the last window was closed"}) {
    CAPTURE(journal);
    CHECK_MESSAGE(broker.count(line) >= 1, line);
  }
  CHECK(broker.count("brief opened") == 2);
  CHECK(broker.count("brief ready") == 1);
  CHECK(broker.count("brief closed") == 2);
  CHECK(broker.count("settings ready") == 2);
  CHECK(broker.count("settings closed") == 2);
  CHECK(broker.count("may not close") == 1);
  CHECK(broker.leftovers().empty());
}

}  // namespace sallyport::test
