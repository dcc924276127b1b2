// A real broker on a disk of its own, which fills up while its pages write. Only root can mount
// one.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/devnet/devnet.h"
#include "tests/faults/loaded-app.h"
#include "tests/support/broker-process.h"

namespace sallyport::faults {
namespace {

using test::BrokerProcess;
using test::Milliseconds;

// More than a page's writes leave free (Places::keepFree).
constexpr const char* DISK = "size=320m,mode=0700";

// Temporary folders of this process are on it while it lives.
class Disk {
 public:
  Disk() {
    m_mounted = mount("none", m_folder.path().c_str(), "tmpfs", 0, DISK) == 0;
    if (m_mounted) setenv("TMPDIR", m_folder.path().c_str(), 1);
  }
  ~Disk() {
    unsetenv("TMPDIR");
    if (m_mounted) umount2(m_folder.path().c_str(), MNT_DETACH);
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  bool mounted() const { return m_mounted; }
  void fill() const {
    const int fd = open(ballast().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0);
    off_t at = 0;
    for (off_t step = off_t{64} << 20; step >= 4096;) {
      if (fallocate(fd, 0, at, step) == 0)
        at += step;
      else
        step /= 2;
    }
    close(fd);
    REQUIRE(at > 0);
  }
  void empty() const { unlink(ballast().c_str()); }

 private:
  std::string ballast() const { return m_folder.path() / "ballast"; }
  test::TemporaryFolder m_folder;
  bool m_mounted = false;
};

}  // namespace

TEST_CASE("on a full disk writes are refused, nothing is half written, and all goes on with room") {
  const Disk disk;
  if (!disk.mounted()) {
    MESSAGE("skipped: a disk of its own cannot be mounted here");
    return;
  }
  const devnet::DevnetProcess node;
  BrokerProcess broker{{.app = {},
                        .pageScript = pageScript(node.url(), Locking::NEVER),
                        .promptScript = promptScript()},
                       false};
  giveApp(broker, 1, node.url());
  broker.start();
  Watched watched(broker);
  REQUIRE(watched.until([&] { return watched.tally().kept > 0 && watched.tally().fetched > 0; }));
  const auto before = watched.tally().codes;
  const auto more = [&](const char* code) {
    const auto& now = watched.tally().codes;
    const auto old = before.find(code);
    return now.count(code) > 0 && (old == before.end() || now.at(code) > old->second);
  };
  const auto pid = broker.pid();
  const auto vault = broker.pidOf("vault");
  disk.fill();
  CHECK(watched.until([&] { return more("limit") && more("unavailable"); }));
  disk.empty();
  const auto full = watched.tally();
  CHECK(watched.until([&] { return watched.tally().kept > full.kept + 20; }));
  const auto refused = watched.tally().refused;
  const auto tallies = watched.tallies();
  CHECK(watched.until([&] { return watched.tallies() > tallies; }));
  CHECK(watched.tally().refused == refused);
  CHECK(watched.tally().wrong == 0);
  CHECK(watched.tally().twice == 0);
  CHECK(watched.tally().codes.count("internal") == 0);
  CHECK(watched.incidents().empty());
  CHECK(broker.pid() == pid);
  CHECK(broker.pidOf("vault") == vault);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers(Milliseconds(10'000), node.pid()).empty());
}

}  // namespace sallyport::faults
