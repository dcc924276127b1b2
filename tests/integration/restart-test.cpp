// The broker ends and is started again: which windows come back, and with what.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

// The first time, each window has its form filled in, and main opens the other.
constexpr const char* SCRIPT = R"js(
(async () => {
  const bridge = await globalThis.__SALLYPORT__;
  page(bridge.window, bridge.pageState);
  if (bridge.pageState !== "") return;
  await call("cmd_save_state", { state: `the form of ${bridge.window}` });
  if (bridge.window === "main") await call("cmd_create_window", { label: "settings" });
})();
)js";

struct FormsApp {
  FormsApp() {
    fs::copy(testApp("probe"), folder.path(), fs::copy_options::recursive);
    write("app.json", R"({
      "identifier": "forms", "title": "Forms", "contentSecurityPolicy": "default-src 'none'; script-src 'self'",
      "windows": [
        { "label": "main", "title": "Main", "width": 400, "height": 300 },
        { "label": "settings", "title": "Settings", "width": 300, "height": 200, "open": "demand", "parent": "main" },
        { "label": "other", "title": "Other", "width": 300, "height": 200, "open": "demand", "parent": "main" }
      ]})");
    write("capabilities/main.json",
          R"({"identifier": "main", "description": "All of it", "windows": ["main", "settings"],
              "permissions": ["core:default", "window:default", "window:arrange"]})");
  }
  void write(const char* name, const char* text) const {
    std::ofstream(folder.path() / name) << text;
  }
  TemporaryFolder folder;
};

struct Forms : FormsApp {
  BrokerProcess broker{{.app = folder.path(), .pageScript = SCRIPT}};

  fs::path kept(const char* label) const { return broker.runtime() / "pages" / label; }
  bool holds(const char* label) const {
    std::ifstream in(kept(label), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {}) ==
           std::string("the form of ") + label;
  }
  // Both windows, in whatever order; of all starts so far.
  bool said(const char* main, const char* settings, std::size_t times) const {
    return eventually(
        [&] { return broker.count(main) == times && broker.count(settings) == times; },
        Milliseconds(30'000));
  }
  void fillIn(std::size_t times) {
    REQUIRE(said("@main \"\"", "@settings \"\"", times));
    REQUIRE(eventually([&] { return holds("main") && holds("settings"); }));
  }
  void checkBack(std::size_t times) {
    REQUIRE(said("@main \"the form of main\"", "@settings \"the form of settings\"", times));
    CHECK(broker.pidOf("frame other") == 0);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Forms, "a killed broker's windows come back, each with its own form") {
  fillIn(1);
  struct stat facts {};
  REQUIRE(stat(kept("main").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0600);
  broker.signal(SIGKILL);
  CHECK(broker.waitForEnd() == 128 + SIGKILL);
  CHECK(broker.leftovers().empty());
  broker.start();
  checkBack(1);
  // Ended by the system, as at an upgrade.
  CHECK(broker.end() == 0);
  broker.start();
  checkBack(2);
  CHECK(broker.cli({"shutdown"}).code == 0);
  CHECK(broker.waitForEnd() == 0);
  CHECK(broker.leftovers().empty());
}

TEST_CASE_FIXTURE(Forms, "after the user ended the app it starts as ever") {
  fillIn(1);
  CHECK(broker.cli({"shutdown"}).code == 0);
  CHECK(broker.waitForEnd() == 0);
  CHECK(fs::is_empty(broker.runtime() / "pages"));
  broker.start();
  fillIn(2);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

}  // namespace sallyport::test
