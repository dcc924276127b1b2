// What is read of a window's control group: its unit and its bounds, or what is not there.
#include "sandbox-policies/window-group.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;
using sandbox::CheckState;
using sandbox::checkWindowGroup;

constexpr const char* UNIT = "app-sallyport-notes-main-7.scope";
constexpr const char* PATH =
    "/user.slice/user@1.service/app.slice/app-sallyport-notes-main-7.scope";

// In the place of /sys/fs/cgroup, with all that a window has.
struct Groups {
  Groups() {
    std::string name = fs::temp_directory_path() / "sallyport-test-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    root = name;
    fs::create_directories(group());
    put("memory.max", "4294967296");
    put("memory.swap.max", "0");
    put("pids.max", "528");
    put("cpu.weight", "50");
  }
  ~Groups() { fs::remove_all(root); }
  fs::path group() const { return root / std::string(PATH).substr(1); }
  void put(const char* file, const char* value) const {
    std::ofstream(group() / file) << value << '\n';
  }
  sandbox::CageCheck read(const std::string& path, const std::string& unit = UNIT) const {
    return checkWindowGroup("12:memory:/\n0::" + path + "\n", unit, root);
  }
  fs::path root;
};

}  // namespace

TEST_CASE_FIXTURE(Groups, "a window in its own group is bounded as the kernel shows it") {
  const auto check = read(PATH);
  CHECK(check.state == CheckState::OK);
  CHECK(check.value == std::string(UNIT) + ": memory 4294967296, swap 0, tasks 528, CPU weight 50");
}

TEST_CASE_FIXTURE(Groups, "a bound that the kernel does not show is named") {
  put("memory.max", "max");
  fs::remove(group() / "cpu.weight");
  const auto check = read(PATH);
  CHECK(check.state == CheckState::DEGRADED);
  CHECK(check.value == std::string(UNIT) + ": swap 0, tasks 528 not bounded: memory, CPU weight");
}

TEST_CASE_FIXTURE(Groups, "another group than the window's own is none") {
  const std::string other = PATH;
  for (const auto& path : {std::string("/"),
                           std::string(),
                           other + "/below",
                           other.substr(0, other.size() - 1),
                           "/x" + std::string(UNIT)}) {
    CAPTURE(path);
    const auto check = read(path);
    CHECK(check.state == CheckState::DEGRADED);
    CHECK(check.value.find("none of its own") == 0);
  }
  CHECK(read(PATH, "").state == CheckState::DEGRADED);
  CHECK(checkWindowGroup("", UNIT, root).state == CheckState::DEGRADED);
  CHECK(checkWindowGroup("4:memory:" + other + "\n", UNIT, root).state == CheckState::DEGRADED);
}

TEST_CASE("a process that is gone is in no group") {
  CHECK_FALSE(sandbox::isInWindowGroup(0x7fffffff, UNIT));
  CHECK_FALSE(sandbox::isInWindowGroup(getpid(), UNIT));
}

}  // namespace sallyport::test
