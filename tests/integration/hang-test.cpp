// Processes that are there and do nothing any more: stopped, so that nothing of theirs runs. The
// user is told of a window, and ends it; vault and net are started again; nobody else notices.
#include <doctest/doctest.h>
#include <signal.h>

#include "tests/support/broker-process.h"
#include "tests/support/desktop.h"

namespace sallyport::test {
namespace {

// Half a minute without an answer, and the start of another.
constexpr Milliseconds LONG_ENOUGH(75'000);

constexpr const char* SCRIPT = R"js(
(async () => {
  const bridge = await globalThis.__SALLYPORT__;
  page("state", bridge.pageState);
  if (bridge.pageState === "") await call("cmd_save_state", { state: "the third step" });
  page("saved");
})();
)js";

bool isHung(const BrokerProcess& broker) {
  return broker.status().at("windows").at(0).at("hung").as_bool();
}

}  // namespace

TEST_CASE(
    "a stopped renderer is shown to its user, who ends it; a stopped vault and net come back") {
  BrokerProcess broker({.pageScript = SCRIPT});
  broker.waitForPage("saved");
  REQUIRE(eventually([&] { return broker.saw("window main: first frame"); }));
  CHECK_FALSE(isHung(broker));
  const auto renderer = broker.pidOf("renderer main");
  const auto vault = broker.pidOf("vault");
  const auto net = broker.pidOf("net");
  const auto frame = broker.pidOf("frame main");
  for (const pid_t pid : {renderer, vault, net}) REQUIRE(kill(pid, SIGSTOP) == 0);

  broker.waitFor("window main does not answer", LONG_ENOUGH);
  CHECK(isHung(broker));
  CHECK(broker.pidOf("renderer main") == renderer);  // it is the user's to decide
  // The key does nothing where the page is not shown.
  const Desktop desktop(broker);
  CHECK(eventually([&] {
    desktop.run({"xdotool", "search", "--onlyvisible", "--name", "Probe", "windowfocus", "--sync"});
    desktop.run({"xdotool", "key", "alt+e"});
    return broker.saw("window main is ended by the user");
  }));
  CHECK(broker.waitForPage("state") == "\"the third step\"");
  CHECK(broker.waitForOther("renderer main", renderer) != renderer);
  CHECK_FALSE(isHung(broker));

  CHECK(broker.waitForOther("vault", vault, LONG_ENOUGH) != vault);
  CHECK(broker.waitForOther("net", net, LONG_ENOUGH) != net);
  CHECK(broker.saw("vault does not answer any more; it is killed"));
  CHECK(broker.saw("net does not answer any more; it is killed"));
  CHECK(broker.pidOf("frame main") == frame);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

TEST_CASE("a renderer that was stopped for a while goes on, and its window is as it was") {
  BrokerProcess broker({.pageScript = SCRIPT});
  broker.waitForPage("saved");
  REQUIRE(eventually([&] { return broker.saw("window main: first frame"); }));
  const auto renderer = broker.pidOf("renderer main");
  REQUIRE(kill(renderer, SIGSTOP) == 0);
  broker.waitFor("window main does not answer", LONG_ENOUGH);
  REQUIRE(kill(renderer, SIGCONT) == 0);
  broker.waitFor("window main answers again");
  CHECK_FALSE(isHung(broker));
  CHECK(broker.pidOf("renderer main") == renderer);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

// The loop beside the page answers: busy is not hung. The user closes such a window; its tab's
// process is the engine's own to watch.
TEST_CASE("a page whose script never ends is not taken for a renderer that hangs") {
  BrokerProcess broker({.pageScript = "page('here'); setTimeout(() => { for (;;) {} }, 0);"});
  broker.waitForPage("here");
  const auto renderer = broker.waitForOther("renderer main", 0);
  // Longer than a stopped one has.
  CHECK_FALSE(eventually([&] { return broker.saw("does not answer"); }, Milliseconds(25'000)));
  CHECK(broker.pidOf("renderer main") == renderer);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

}  // namespace sallyport::test
