// The profiles of renderers in the whole product: with `devtools` a key of the user's opens the
// engine's inspector in the window, with `gpu` a page draws by WebGL; with the strict one there is
// neither.
#include <doctest/doctest.h>

#include "tests/support/broker-process.h"
#include "tests/support/host-window.h"

namespace sallyport::test {
namespace {

constexpr const char* SCRIPT = R"(
addEventListener("resize", () => page("resized", innerWidth));
addEventListener("keydown", (event) => page("key", event.key));
document.body.tabIndex = 0;
document.body.focus();
page("width", innerWidth);
)";

// Green by WebGL, where there is any.
constexpr const char* WEBGL = R"(
const canvas = document.body.appendChild(document.createElement("canvas"));
Object.assign(canvas.style, { position: "fixed", inset: "0", width: "100%", height: "100%" });
const gl = canvas.getContext("webgl2");
gl?.clearColor(0, 0.5, 0, 1);
gl?.clear(gl.COLOR_BUFFER_BIT);
page("webgl", gl === null ? "none" : gl.getError());
)";

constexpr const char* TITLE = "Probe";

// The first keys may come before the page has the focus.
void typeUntilHeard(const BrokerProcess& broker, const std::string& key) {
  const auto line = "@key \"" + key + "\"";
  CHECK(eventually([&] {
    if (broker.saw(line)) return true;
    pressKey(broker, TITLE, key);
    return eventually([&] { return broker.saw(line); }, Milliseconds(500));
  }));
}

Finished doctor(const BrokerProcess& broker) { return broker.cli({"doctor"}); }

// A debugger's port would be in the cage's own network.
void checkNobodyListens(const BrokerProcess& broker) {
  const pid_t engine = broker.pidOf("renderer main");
  CHECK(engine > 0);
  CHECK_FALSE(listensOnTcp(engine));
}

}  // namespace

TEST_CASE("the profile devtools has the inspector in the window, and says that it is not strict") {
  BrokerProcess broker({.pageScript = SCRIPT, .more = {"--profile", "devtools"}});
  broker.waitFor("degraded: profile devtools");
  const auto width = broker.waitForPage("width");
  typeUntilHeard(broker, "a");
  pressKey(broker, TITLE, "F12");
  CHECK(std::stoi(broker.waitForPage("resized")) == std::stoi(width) / 2);
  pressKey(broker, TITLE, "F12");
  CHECK(broker.waitForPage("resized") == width);
  CHECK_FALSE(broker.saw("@key \"F12\""));
  const auto answer = doctor(broker);
  CAPTURE(answer.output);
  CHECK(answer.output.find("FAILED") == std::string::npos);
  CHECK(answer.output.find("devtools (of strict, gpu, devtools)") != std::string::npos);
  checkNobodyListens(broker);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

TEST_CASE("the profile gpu draws by WebGL, and says that it is not strict") {
  BrokerProcess broker({.pageScript = WEBGL, .more = {"--profile", "gpu"}});
  broker.waitFor("degraded: profile gpu");
  CHECK(broker.waitForPage("webgl") == "0");
  CHECK(eventually([&] { return broker.saw("window main: first frame"); }));
  CHECK(eventually([&] { return pixelAt(broker, TITLE, 100, 100) == 0x008000; }));
  const auto answer = doctor(broker);
  CAPTURE(answer.output);
  CHECK(answer.output.find("FAILED") == std::string::npos);
  CHECK(answer.output.find("gpu (of strict, gpu, devtools)") != std::string::npos);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

TEST_CASE("the strict profile, which is everybody's, has no WebGL") {
  BrokerProcess broker({.pageScript = WEBGL});
  CHECK(broker.waitForPage("webgl") == "\"none\"");
  CHECK(broker.end() == 0);
}

TEST_CASE("the strict profile, which is everybody's, has no inspector") {
  BrokerProcess broker({.pageScript = SCRIPT});
  broker.waitForPage("width");
  typeUntilHeard(broker, "a");
  for (const auto* key : {"F12", "b"}) {
    pressKey(broker, TITLE, key);
    typeUntilHeard(broker, key);  // the page's, like any other
  }
  CHECK_FALSE(broker.saw("@resized"));
  CHECK_FALSE(broker.saw("degraded: profile"));
  CHECK(doctor(broker).output.find("strict (of strict, gpu, devtools)") != std::string::npos);
  checkNobodyListens(broker);
  CHECK(broker.end() == 0);
}

}  // namespace sallyport::test
