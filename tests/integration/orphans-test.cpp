// Whatever is killed, and whenever: nothing of the tree is left. The renderer here never ends by
// itself, so what ends it is the kernel or one of us.
#include <doctest/doctest.h>
#include <signal.h>

#include <cstdlib>
#include <random>
#include <thread>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

// More by hand: SALLYPORT_ROUNDS=200 build/dev/tests-bin/integration_orphans_test
int rounds(int usual) {
  const char* text = std::getenv("SALLYPORT_ROUNDS");
  return text == nullptr ? usual : std::atoi(text);
}

bool hasBubblewrap(pid_t spawner) {
  for (const pid_t pid : descendantsOf(spawner))
    if (commandName(pid) == "bwrap") return true;
  return false;
}

// At a moment of the renderer's start that differs from round to round.
void tryRounds(int usual, const std::function<void(const BrokerProcess&, pid_t spawner)>& strike) {
  std::minstd_rand random(4711);
  for (int round = 0; round < rounds(usual); ++round) {
    const auto moment = std::chrono::microseconds(random() % 12'000);
    CAPTURE(round);
    const auto count = moment.count();
    CAPTURE(count);
    BrokerProcess broker({.renderer = testBinary("hostile_silent")});
    pid_t spawner = 0;
    REQUIRE(eventually([&] { return (spawner = broker.spawner()) != 0; }));
    // As soon as bubblewrap is there, and a moment: not to let something happen, but to vary.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (!hasBubblewrap(spawner)) REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::sleep_for(moment);
    strike(broker, spawner);
    broker.waitForEnd();
    const auto left = broker.leftovers(Milliseconds(5'000));
    for (const auto& one : left) FAIL_CHECK("left behind: " << one);
  }
}

}  // namespace

TEST_CASE("a broker killed while a renderer starts leaves nothing") {
  tryRounds(10, [](const BrokerProcess& broker, pid_t) { broker.signal(SIGKILL); });
}

TEST_CASE("a spawner killed while a renderer starts leaves nothing") {
  tryRounds(10, [](const BrokerProcess&, pid_t spawner) { kill(spawner, SIGKILL); });
}

TEST_CASE("a broker that is told to end while a renderer starts leaves nothing") {
  // A silent renderer is given its time to unload.
  tryRounds(3, [](const BrokerProcess& broker, pid_t) { broker.signal(SIGTERM); });
}

// As `killall -9 sallyportd` does: nobody of ours is left to clean up, so the kernel must.
TEST_CASE("a broker and a spawner killed together while a renderer starts leave nothing") {
  tryRounds(10, [](const BrokerProcess& broker, pid_t spawner) {
    kill(spawner, SIGKILL);
    broker.signal(SIGKILL);
  });
}

namespace {

// Stops each kind of process in turn, ends the broker, and looks for what is left.
void tryStopped(const std::function<void(BrokerProcess&)>& end) {
  for (const std::string name : {"vault", "net", "prompt", "frame main", "spawner"}) {
    CAPTURE(name);
    BrokerProcess broker({.renderer = testBinary("hostile_silent")});
    broker.waitFor("broker: ready");
    const pid_t stopped = name == "spawner" ? broker.spawner() : broker.pidOf(name);
    REQUIRE(stopped > 0);
    REQUIRE(kill(stopped, SIGSTOP) == 0);
    end(broker);
    for (const auto& one : broker.leftovers()) FAIL_CHECK("left behind: " << one);
  }
}

}  // namespace

TEST_CASE("a process of any kind that is stopped cannot hold up the shutdown, and is not left") {
  tryStopped([](BrokerProcess& broker) { CHECK(broker.end() == 0); });
}

TEST_CASE("a killed broker leaves no process of any kind that is stopped") {
  tryStopped([](BrokerProcess& broker) {
    broker.signal(SIGKILL);
    CHECK(broker.waitForEnd() == 128 + SIGKILL);
  });
}

TEST_CASE(
    "what stands between the spawner and an engine takes the engine along when it is killed") {
  BrokerProcess broker({.pageScript = "page('here');"});
  pid_t engine = 0;
  for (int generations = 1; generations <= 3; ++generations) {
    CAPTURE(generations);
    broker.waitForPage("here");
    engine = broker.waitForOther("renderer main", engine);
    pid_t launcher = engine;
    for (int up = 0; up < generations; ++up) launcher = parentOf(launcher);
    REQUIRE(launcher != broker.spawner());
    REQUIRE(kill(launcher, SIGKILL) == 0);
    CHECK(endsSoon(engine));
  }
  broker.waitForPage("here");
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

}  // namespace sallyport::test
