// The clock of the day jumps under a whole broker, forwards and backwards by decades, while its
// pages work, its vault locks and unlocks and a renderer is killed: nobody notices. And a broker on
// a machine that has been up for ten years.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <utility>

#include "tests/devnet/devnet.h"
#include "tests/faults/loaded-app.h"
#include "tests/support/broker-process.h"

namespace sallyport::faults {
namespace {

using test::BrokerProcess;
using test::Milliseconds;

constexpr long YEAR = 365L * 24 * 3600;

// What a jumping-app adds to the time of the day.
class ClockOffset {
 public:
  ClockOffset() {
    const auto file = (m_folder.path() / "offset").string();
    const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0);
    REQUIRE(ftruncate(fd, sizeof(long)) == 0);
    void* page = mmap(nullptr, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    REQUIRE(page != MAP_FAILED);
    close(fd);
    m_seconds = static_cast<std::atomic<long>*>(page);
    setenv("SALLYPORT_TEST_CLOCK", file.c_str(), 1);
  }
  ~ClockOffset() {
    unsetenv("SALLYPORT_TEST_CLOCK");
    munmap(m_seconds, sizeof(long));
  }
  ClockOffset(const ClockOffset&) = delete;
  ClockOffset& operator=(const ClockOffset&) = delete;

  void jumpTo(long seconds) { *m_seconds = seconds; }

 private:
  test::TemporaryFolder m_folder;
  std::atomic<long>* m_seconds = nullptr;
};

// A loaded app, its store open.
struct Loaded {
  explicit Loaded(std::filesystem::path program)
      : broker({.app = {},
                .pageScript = pageScript(node.url(), Locking::OFTEN),
                .promptScript = promptScript(),
                .more = {"--test-forget-crashes"},
                .program = std::move(program)},
               false) {
    giveApp(broker, 1, node.url());
  }

  void start() {
    broker.start();
    REQUIRE(watched.until([&] { return watched.tally().kept > 0 && watched.tally().fetched > 0; }));
  }
  // Everything goes through that the honest window asks for, its store is locked and opened again,
  // and another window comes back.
  void goesOn() {
    watched.read();
    const auto before = watched.tally();
    CHECK(watched.until([&] {
      const auto& now = watched.tally();
      return now.kept > before.kept && now.fetched > before.fetched &&
             now.codes.count("locked") > 0 &&
             (before.codes.count("locked") == 0 ||
              now.codes.at("locked") > before.codes.at("locked"));
    }));
    const auto ups = watched.ups(victimLabel(0));
    CHECK(kill(broker.pidOf("renderer " + victimLabel(0)), SIGKILL) == 0);
    CHECK(watched.until([&] { return watched.ups(victimLabel(0)) > ups; }));
  }
  void endsInOrder() {
    for (const auto& refused : watched.tally().codes) {
      const auto code = refused.first;
      CAPTURE(code);
      CHECK((code == "locked" || code == "not-found"));
    }
    CHECK(watched.tally().wrong == 0);
    CHECK(watched.tally().twice == 0);
    CHECK(watched.incidents().empty());
    CHECK(broker.end() == 0);
    CHECK(broker.leftovers(Milliseconds(10'000), node.pid()).empty());
  }

  devnet::DevnetProcess node;
  BrokerProcess broker;
  Watched watched{broker};
};

}  // namespace

TEST_CASE("the clock of the day may jump, and everything goes on") {
  ClockOffset offset;
  Loaded app(test::testBinary("faults_jumping_app"));
  app.start();
  const auto pid = app.broker.pid();
  const auto vault = app.broker.pidOf("vault"), net = app.broker.pidOf("net");
  struct Jump {
    long seconds;
    const char* day;  // begins so
  };
  std::size_t from = 0;
  app.broker.linesFrom(from);
  for (const auto& jump : {Jump{40 * YEAR, "206"}, {-80 * YEAR, "194"}, {0, "20"}}) {
    CAPTURE(jump.seconds);
    offset.jumpTo(jump.seconds);
    app.goesOn();
    // It was seen: by the lines of the journal.
    bool seen = false;
    for (const auto& line : app.broker.linesFrom(from)) seen = seen || line.rfind(jump.day, 0) == 0;
    CHECK(seen);
  }
  CHECK(app.broker.pid() == pid);
  CHECK(app.broker.pidOf("vault") == vault);
  CHECK(app.broker.pidOf("net") == net);
  app.endsInOrder();
}

TEST_CASE("a broker works where the clocks of the system began ten years ago") {
  const auto seconds = std::to_string(10 * YEAR);
  const std::vector<std::string> elsewhen{
      "/usr/bin/unshare", "--time", "--monotonic", seconds, "--boottime", seconds, "--"};
  auto probe = elsewhen;
  probe.insert(probe.end(), {"cat", "/proc/uptime"});
  const auto uptime = test::run(probe);
  if (uptime.code != 0 || std::strtol(uptime.output.c_str(), nullptr, 10) < 10 * YEAR) {
    MESSAGE("skipped: no clocks of their own can be had here (Linux 6.0, root)");
    return;
  }
  const test::TemporaryFolder folder;
  const auto starter = folder.path() / "sallyportd";
  std::ofstream(starter) << "#!/bin/sh\nexec /usr/bin/unshare --time --monotonic " << seconds
                         << " --boottime " << seconds << " -- "
                         << test::binary("sallyportd").string() << " \"$@\"\n";
  std::filesystem::permissions(starter, std::filesystem::perms::owner_all);
  Loaded app(starter);
  app.start();
  app.goesOn();
  app.endsInOrder();
}

}  // namespace sallyport::faults
