// A window's processes together: what they use is read right, and a window over a bound is ended.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "sandbox-policies/cage-usage.h"
#include "tests/sandbox/expectations.h"

namespace sallyport::test {
namespace {

constexpr std::uint64_t MIB = 1024 * 1024;
constexpr std::uint64_t EATEN = 256 * MIB;  // by glutton.cpp

struct Glutton {
  SpawnerFixture fixture;
  StartedChild child;
  Glutton(sandbox::CageBounds bounds, const std::string& order)
      : fixture(testProgram("sandbox-glutton"), bounds),
        child(fixture.start(spawn::ProcessKind::RENDERER, "main")) {
    const auto line = order + "\n";
    REQUIRE(write(child.first.get(), line.data(), line.size()) ==
            static_cast<ssize_t>(line.size()));
  }
  int signal() { return fixture.link().exited(child.process.pid).wait(fixture.waitScope()).signal; }
};

}  // namespace

TEST_CASE("memory and processes of a window are counted together") {
  Glutton glutton({4096 * MIB, 500}, "memory");
  REQUIRE(readReport(glutton.child.first.get()).complete);
  const auto usage = sandbox::usageOf(glutton.child.process.pid);
  CHECK(usage.memory >= EATEN);
  CHECK(usage.memory < 2 * EATEN);
  CHECK(usage.processes >= 5);
  CHECK(usage.processes < 12);
}

TEST_CASE("a window that takes more memory than it may, in several processes, is ended") {
  Glutton glutton({EATEN / 2, 500}, "memory");
  CHECK(glutton.signal() == SIGKILL);
}

TEST_CASE("a window with more processes than it may have is ended") {
  Glutton glutton({4096 * MIB, 64}, "processes");
  CHECK(glutton.signal() == SIGKILL);
}

TEST_CASE("what is over its bound is named") {
  const sandbox::CageBounds bounds{100 * MIB, 10};
  CHECK(sandbox::overBounds({100 * MIB, 10}, bounds).empty());
  CHECK(sandbox::overBounds({101 * MIB, 10}, bounds) == "101 MiB of memory, at most 100");
  CHECK(sandbox::overBounds({0, 11}, bounds) == "11 processes, at most 10");
}

TEST_CASE("when memory is used up, a renderer is the first to go") {
  SpawnerFixture fixture(testProgram("sandbox-idle"));
  const auto child = fixture.start(spawn::ProcessKind::RENDERER, "main");
  REQUIRE(readReport(child.first.get()).complete);
  std::ifstream file("/proc/" + std::to_string(child.process.pid) + "/oom_score_adj");
  int score = 0;
  file >> score;
  CHECK(score == 1000);
}

}  // namespace sallyport::test
