// Group B: what a page tries to get beyond its window, its origin and its rights, tried by a page
// in the real engine and the real cage. The app's own policy allows all of it, so that what holds
// is not the app's care. The table is page-matrix.md.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// apps/matrix with the probe's helpers and the client's own bundle.
struct MatrixApp {
  MatrixApp() {
    fs::copy(testApp("matrix"), folder.path(), fs::copy_options::recursive);
    fs::copy_file(testApp("probe") / "web/probe.js", folder.path() / "web/probe.js");
    for (const auto* bundle : {"api.js", "api-classic.js"})
      fs::copy_file(fs::path(SALLYPORT_BINARY_DIR) / "tests-web" / bundle,
                    folder.path() / "web" / bundle);
  }
  TemporaryFolder folder;
};

BrokerProcess& broker() {
  static const MatrixApp app;
  static BrokerProcess process({.app = app.folder.path()});
  return process;
}

std::string row(const std::string& name) {
  return broker().waitForPage(name, Milliseconds(60'000));
}

constexpr const char* NO_BRIDGE = "undefined,undefined,undefined";

}  // namespace

// In the order in which the page tries them.
TEST_CASE("B1: a label that is no window of the caller's is no window at all") {
  CHECK(row("B1") == "[]");
}

TEST_CASE("B2: a pattern in the place of a label or of a path matches nothing") {
  CHECK(row("B2-labels") == "[]");
  CHECK(row("B2-paths") == "[]");
}

TEST_CASE("B3: an address that parsers read in two ways leads nowhere") {
  CHECK(row("B3") == "[]");
}

TEST_CASE("B4: an origin that looks like the app's is another one") { CHECK(row("B4") == "[]"); }

TEST_CASE("B5: no frame but the main one has the bridge, and what is not the app's is not loaded") {
  const auto seen = json::parse(row("B5-frames")).as_object();
  CAPTURE(json::serialize(seen));
  for (const auto* name :
       {"same", "srcdoc", "sandboxed", "sandboxed-src", "nested", "javascript"}) {
    CAPTURE(name);
    CHECK(seen.at(name).as_string() == NO_BRIDGE);
  }
  CHECK(seen.at("blank").as_string() == "undefined,undefined");
  CHECK(seen.size() == 7);
}

TEST_CASE("B5: no worker has the bridge, and none comes from outside the app") {
  const auto seen = json::parse(row("B5-workers")).as_object();
  CAPTURE(json::serialize(seen));
  // The app's policy of this test allows blob: and data:; such a worker has the page's network:
  // none.
  for (const auto* name : {"worker", "module", "shared", "blob", "data"}) {
    CAPTURE(name);
    CHECK(seen.at(name).as_string() == NO_BRIDGE);
  }
  CHECK(seen.at("foreign").as_string() == "refused: SecurityError");
  for (const auto* name : {"imports", "module-imports"}) {
    CAPTURE(name);
    CHECK(seen.at(name).as_string() == "not loaded");
  }
  CHECK(seen.at("service").as_string() != "REGISTERED");
}

TEST_CASE("a worker to which the page lends its bridge has the page's rights, and no others") {
  for (const auto* kind : {"lent-classic", "lent-module"}) {
    CAPTURE(kind);
    const auto seen = json::parse(row(kind)).as_object();
    CAPTURE(json::serialize(seen));
    CHECK(seen.at("window").as_string() == "main");
    CHECK(seen.at("granted").is_null());
    CHECK(json::serialize(seen.at("denied")) ==
          R"(["SallyportError","denied","cmd_get_balance","main"])");
    CHECK(json::serialize(seen.at("unknown")) ==
          R"(["SallyportError","unknown-command","cmd_get_seed","main"])");
    CHECK(seen.at("titles").as_int64() == 600);  // more than a message and a session take at once
    CHECK(seen.at("cancelled").as_string() == "cancelled");
    CHECK(seen.at("unsent").as_string() == "cancelled");
    CHECK(seen.at("settled").as_int64() == 2);
  }
}

TEST_CASE("a worker loses a bridge that the page takes back, and the page keeps it") {
  CHECK(row("taken-back") == R"(["disconnected","disconnected",null])");
}

TEST_CASE("B10: a path that is not in the app's list is not found, however it is written") {
  CHECK(row("B10") == "[]");
}

TEST_CASE("B11: what is allowed and denied is denied") { CHECK(row("B11") == "\"denied\""); }

TEST_CASE("B8: no address of the machine or of its network answers a page") {
  // The app's own files are reached, so what is asked would be seen to be answered.
  auto reached = json::parse(row("B8")).as_object();
  CAPTURE(json::serialize(reached));
  for (const auto* way : {"xhr", "image", "script"}) CHECK(reached.erase(way) == 1);
  for (const auto* way : {"fetch", "no-cors"}) reached.erase(way);  // from Qt 6.6 on
  CHECK(reached.empty());
}

// The kernel counts what leaves the only network that the page's processes have.
TEST_CASE("F2: WebRTC, name look-ups ahead, sockets and beacons send no packet") {
  CHECK(row("F2") == "[]");
  const auto engine = descendantsOf(broker().spawner());
  const auto isPages = [](pid_t pid) {
    return commandName(pid) == "QtWebEngineProc" || commandName(pid) == "sallyport-rende";
  };
  CHECK(std::count_if(engine.begin(), engine.end(), isPages) >= 2);
  for (const pid_t pid : engine) {
    if (!isPages(pid)) continue;
    std::istringstream devices(readAll("/proc/" + std::to_string(pid) + "/net/dev"));
    std::string line;
    int seen = 0;
    for (int head = 0; head < 2; ++head) std::getline(devices, line);
    while (std::getline(devices, line)) {
      CAPTURE(line);
      ++seen;
      CHECK(line.find("lo:") != std::string::npos);
      CHECK(line.find_first_of("123456789", line.find(':')) == std::string::npos);
    }
    CHECK(seen == 1);
  }
}

TEST_CASE("B14: there is no debugger: no port, no switch, no variable") {
  CHECK(row("B14") == "[]");
  CHECK(!listensOnTcp(broker().pidOf("renderer main")));
  for (const pid_t pid : descendantsOf(broker().pid())) {
    CAPTURE(commandName(pid));
    const auto names = [](const std::string& text) {
      return text.find("remote-debugging") != std::string::npos ||
             text.find("REMOTE_DEBUGGING") != std::string::npos ||
             text.find("remote-allow-origins") != std::string::npos;
    };
    const auto arguments = argumentsOf(pid);
    CHECK(std::none_of(arguments.begin(), arguments.end(), names));
    if (const auto variables = environmentOf(pid))
      CHECK(std::none_of(variables->begin(), variables->end(), names));
  }
}

TEST_CASE("what the engine would ask the user is answered with no") {
  const auto answers = json::parse(row("asking")).as_object();
  CAPTURE(json::serialize(answers));
  CHECK(answers.at("opened").as_int64() == 0);
  CHECK(json::serialize(answers.at("dialogs")) == "[false,null]");
  for (const auto* what : {"geolocation", "screen", "clipboard", "fullscreen"}) {
    CAPTURE(what);
    CHECK(answers.at(what).as_string() == "denied");
  }
  CHECK(answers.at("camera").as_string() != "granted");  // the cage has none
  CHECK(answers.at("handler").as_string() != "asked");
}

TEST_CASE("B7, B13: no way out of the page leads anywhere, and starts no program") {
  for (const std::string way : {"location",
                                "replace",
                                "click",
                                "click-blank",
                                "click-named",
                                "download",
                                "open",
                                "open-self",
                                "open-top",
                                "refresh",
                                "form-get",
                                "form-post",
                                "form-blank",
                                "frame-top",
                                "frame-opens",
                                "frame-target",
                                "history",
                                "drop"}) {
    CAPTURE(way);
    REQUIRE(row("leave-" + way) == "[]");  // behind a way that leads out nothing more is tried
  }
  CHECK(row("history-inside") == R"(["/index.html?seen"])");  // so another document would be seen
  for (const pid_t pid : descendantsOf(broker().pid())) {
    const auto name = commandName(pid);
    CAPTURE(name);
    CHECK((name.rfind("sallyport", 0) == 0 || name == "Xvfb" || name == "bwrap" ||
           name == "QtWebEngineProc"));
  }
}

TEST_CASE("a move inside the document keeps its bridge, and no other document ever came") {
  CHECK(row("inside") == R"(["app://matrix/index.html",null])");
  CHECK(row("end") == "1");
  CHECK(broker().count("window main: attached") == 1);
  CHECK(broker().restartsOf("renderer main") == 0);
  CHECK(!broker().saw("@STOLEN"));
  CHECK(broker().count(": @B1 ") == 1);  // one document tried it all
  CHECK(broker().end() == 0);
  CHECK(broker().leftovers().empty());
}

}  // namespace sallyport::test
