// A real broker that can open nothing more: what needs a descriptor fails as a typed error or
// waits, and all of it goes again when there are some.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include "tests/devnet/devnet.h"
#include "tests/faults/loaded-app.h"
#include "tests/faults/no-descriptors.h"
#include "tests/support/broker-process.h"

namespace sallyport::faults {
namespace {

using test::BrokerProcess;
using test::Milliseconds;

struct Loaded {
  devnet::DevnetProcess node;
  BrokerProcess broker{{.app = {},
                        .pageScript = pageScript(node.url(), Locking::NEVER),
                        .promptScript = promptScript()},
                       false};
  Watched watched{broker};

  Loaded() {
    giveApp(broker, 1, node.url());
    broker.start();
    REQUIRE(watched.until(
        [&] { return watched.tally().kept > 0 && watched.ups(victimLabel(0)) == 1; }));
  }
};

}  // namespace

TEST_CASE("a broker without descriptors refuses what needs one, and lives, and goes on") {
  if (geteuid() != 0) {
    MESSAGE("skipped: only root sees which descriptors the broker has");
    return;
  }
  Loaded loaded;
  auto& broker = loaded.broker;
  auto& watched = loaded.watched;
  const auto victim = broker.pidOf("renderer " + victimLabel(0));
  const auto net = broker.pidOf("net");
  REQUIRE(victim > 0);
  const auto refused = watched.tally().refused;
  {
    const NoDescriptors none(broker.pid());
    CHECK(watched.until([&] { return watched.tally().refused > refused; }));
    // Both are started again, which takes some.
    kill(victim, SIGKILL);
    kill(net, SIGKILL);
    CHECK(watched.until([&] { return broker.saw("net ended"); }));
    CHECK(watched.until(
        [&] { return broker.saw("window " + victimLabel(0) + ": its renderer ended"); }));
  }
  CHECK(watched.until([&] { return watched.ups(victimLabel(0)) == 2; }));
  const auto tally = watched.tally();
  CHECK(watched.until([&] {
    const auto& now = watched.tally();
    return now.kept > tally.kept + 10 && now.fetched > tally.fetched + 10;
  }));
  CHECK(watched.tally().codes.count("internal") == 0);
  CHECK(watched.tally().twice == 0);
  CHECK(watched.tally().wrong == 0);
  CHECK_FALSE(broker.saw("given up"));
  CHECK_FALSE(broker.saw("can no longer be read"));
  CHECK(broker.pidOf("net") > 0);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers(Milliseconds(10'000), loaded.node.pid()).empty());
}

}  // namespace sallyport::faults
