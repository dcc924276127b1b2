// Events between real windows: from an app's C++ code to the page that may and wants to hear them,
// and to no other; until a reload, a revocation, a crash.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

// The same script runs in every window; each does its own part. What follows what is fixed: spy,
// go, early, reload, document, done, tick. "right" listens later than "left" may talk.
constexpr const char* SCRIPT = R"js(
const say = (to, text) => call("cmd_say", { to, text });
const hear = async (heard) => {
  const bridge = await globalThis.__SALLYPORT__;
  const listener = bridge.listen("evt_said", (json) => { const { from, text } = JSON.parse(json); heard(from, text); });
  return listener.agreed.then(() => "agreed", (error) => error.code);
};
const parts = {
  left: async () => {
    const begun = hear(async (from, text) => {
      if (text === "go") { await begun; await say("right", "early"); return; }
      page("left-heard", from, text);
      if (text === "reload") location.reload();
      if (text === "done") for (;;) { await say("right", "tick"); page("ticked", true); await pause(500); }
    });
    await begun;
    await say("right", "document");
    const bridge = await globalThis.__SALLYPORT__;
    for (let i = 0; i < 200; i++) {
      let isOver = false;
      const listener = bridge.listen("evt_said", () => { if (isOver) page("left-leak", i); });
      await listener.agreed;
      listener.stop();
      isOver = true;
    }
  },
  right: async () => {
    let documents = 0;
    let ticks = 0;
    let isLost = false;
    await pause(300);
    await hear(async (from, text) => {
      if (isLost) page("right-leak", text);
      if (text === "document" && ++documents === 2) await say("left", "done");
      if (text === "early") { page("right-heard", from, text); await say("left", "reload"); }
      if (text === "tick" && ++ticks === 1) page("right-heard", from, text);
    });
    await (await globalThis.__SALLYPORT__).ready();
    // What was sent before the answer came before it.
    while (!isLost) { await pause(100); isLost = (await hear(() => undefined)) === "denied"; }
    page("right-lost", true);
  },
  spy: async () => {
    page("spy", await hear((from, text) => page("spy-heard", from, text)));
    await say("left", "go");
  },
};
(async () => parts[(await globalThis.__SALLYPORT__).window]())();
)js";

// apps/probe with the windows and grants of talking-app.cpp.
struct TalkingFolder {
  TalkingFolder() {
    fs::copy(testApp("probe"), folder.path(), fs::copy_options::recursive);
    write("app.json", R"({
      "identifier": "talking", "title": "Talking", "contentSecurityPolicy": "default-src 'none'; script-src 'self'",
      "windows": [{ "label": "left", "title": "Left" }, { "label": "right", "title": "Right" },
                  { "label": "spy", "title": "Spy" }]})");
    write("capabilities/main.json",
          R"({"identifier": "talkers", "windows": ["left", "right"],
              "permissions": ["talk:allow-say", "talk:allow-on-said"]})");
    write("capabilities/spy.json",
          R"({"identifier": "spy", "windows": ["spy"], "permissions": ["talk:allow-say"]})");
  }
  void write(const char* name, const char* text) const {
    std::ofstream(folder.path() / name) << text;
  }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE("two windows talk through the broker, a third hears nothing, and nothing early is lost") {
  const TalkingFolder app;
  BrokerProcess broker(
      {.app = app.folder.path(), .pageScript = SCRIPT, .program = testBinary("talking_app")});
  CHECK(broker.waitForPage("spy") == "\"denied\"");
  CHECK(broker.waitForPage("right-heard") == R"("left" "early")");
  CHECK(broker.waitForPage("left-heard") == R"("right" "reload")");
  CHECK(broker.waitForPage("left-heard") == R"("right" "done")");  // the second document
  CHECK(broker.waitForPage("right-heard") == R"("left" "tick")");
  // Sent before there was a renderer; to the first document, and to no other.
  CHECK(broker.count(R"(@left-heard "app" "welcome")") == 1);

  const Finished revoked = broker.cli(
      {"capability", "revoke", "--window", "right", "--permission", "talk:allow-on-said"});
  CHECK_MESSAGE(revoked.code == 0, revoked.output);
  CHECK(broker.waitForPage("right-lost") == "true");
  for (int i = 0; i < 3; ++i) CHECK(broker.waitForPage("ticked") == "true");
  CHECK_FALSE(broker.saw("@right-leak"));
  CHECK_FALSE(broker.saw("@spy-heard"));
  CHECK_FALSE(broker.saw("@left-leak"));  // listeners that were taken back
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

}  // namespace sallyport::test
