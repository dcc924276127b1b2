// A crash costs one window, or one question, or a retry; state comes back, the others keep their
// processes.
#include <doctest/doctest.h>
#include <signal.h>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

constexpr const char* SCRIPT = R"js(
(async () => {
  const bridge = await globalThis.__SALLYPORT__;
  page("state", bridge.pageState);
  if (bridge.pageState === "") await call("cmd_save_state", { state: "the third step" });
  page("saved");
})();
)js";

std::map<std::string, pid_t> pidsOf(const BrokerProcess& broker) {
  std::map<std::string, pid_t> pids;
  const auto status = broker.status();
  for (const auto& process : status.at("processes").as_array())
    pids[std::string(process.at("name").as_string())] =
        static_cast<pid_t>(process.at("pid").to_number<int>());
  return pids;
}

}  // namespace

TEST_CASE(
    "a killed renderer comes back in its frame with the page's state; nobody else is touched") {
  BrokerProcess broker({.pageScript = SCRIPT});
  CHECK(broker.waitForPage("state") == "\"\"");
  broker.waitForPage("saved");
  const auto before = pidsOf(broker);
  kill(before.at("renderer main"), SIGKILL);
  CHECK(broker.waitForPage("state") == "\"the third step\"");
  const auto after = pidsOf(broker);
  for (const auto* name : {"broker", "vault", "net", "prompt", "frame main"}) {
    CAPTURE(name);
    CHECK(after.at(name) != 0);
    CHECK(after.at(name) == before.at(name));
  }
  CHECK(after.at("renderer main") != 0);
  CHECK(after.at("renderer main") != before.at("renderer main"));
  CHECK(broker.restartsOf("renderer main") == 1);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

TEST_CASE("a killed frame costs its window a moment, and the page's state is there again") {
  BrokerProcess broker({.pageScript = SCRIPT});
  broker.waitForPage("saved");
  CHECK(eventually([&] { return broker.count("window main: first frame") == 1; }));
  const auto before = pidsOf(broker);
  kill(before.at("frame main"), SIGKILL);
  CHECK(broker.waitForPage("state") == "\"the third step\"");
  CHECK(eventually([&] { return broker.count("window main: first frame") == 2; }));
  const auto after = pidsOf(broker);
  CHECK(after.at("frame main") != before.at("frame main"));
  CHECK(after.at("renderer main") != before.at("renderer main"));
  for (const auto* name : {"broker", "vault", "net", "prompt"}) {
    CAPTURE(name);
    CHECK(after.at(name) == before.at(name));
  }
  // One renderer, not two: the old window's end and the new window's begin both ask for one.
  std::size_t renderers = 0;
  for (const pid_t pid : descendantsOf(broker.pid()))
    if (commandName(pid) == "sallyport-rende") ++renderers;
  CHECK(renderers == (broker.pidOf("spare renderer main") == 0 ? 1 : 2));
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

TEST_CASE("a spare renderer waits in its cage, shows the page after a crash, and leaves nothing") {
  BrokerProcess broker({.pageScript = SCRIPT});
  broker.waitForPage("saved");
  const pid_t spare = broker.waitForOther("spare renderer main", 0);
  const pid_t before = broker.pidOf("renderer main");
  std::string doctor;
  CHECK(eventually([&] {
    doctor = broker.cli({"doctor"}).output;
    return doctor.find("spare renderer main") != std::string::npos;
  }));
  CHECK(doctor.find("FAILED") == std::string::npos);
  kill(before, SIGKILL);
  CHECK(broker.waitForPage("state") == "\"the third step\"");
  // Behind bubblewrap and the process that stays with it.
  const pid_t after = broker.waitForOther("renderer main", before);
  CHECK(parentOf(parentOf(parentOf(after))) == spare);
  CHECK(broker.restartsOf("renderer main") == 1);
  CHECK(broker.waitForOther("spare renderer main", spare) != spare);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

TEST_CASE("after five crashes in a minute the frame says so, and nothing is started any more") {
  BrokerProcess broker({.pageScript = SCRIPT});
  pid_t renderer = 0;
  for (int crash = 1; crash <= 5; ++crash) {
    CAPTURE(crash);
    broker.waitForPage("saved");
    renderer = broker.waitForOther("renderer main", renderer);
    kill(renderer, SIGKILL);
  }
  broker.waitFor("window main shows: This window crashed several times in a minute");
  CHECK(broker.pidOf("renderer main") == 0);
  CHECK(!broker.status().at("windows").at(0).at("attached").as_bool());
  const auto restarts = broker.restartsOf("renderer main");
  // As long as the next back-off would be.
  CHECK(!eventually([&] { return broker.pidOf("renderer main") != 0; }, Milliseconds(4'500)));
  CHECK(broker.restartsOf("renderer main") == restarts);
  CHECK(broker.pidOf("frame main") != 0);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

}  // namespace sallyport::test
