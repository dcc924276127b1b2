// Landlock for real, each time in a child of its own.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "sandbox-policies/landlock-policy.h"
#include "sandbox-policies/self-cage.h"

namespace sallyport::sandbox {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "sallyport-test-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
    std::filesystem::create_directory(path / "own");
    std::filesystem::create_directory(path / "read");
    std::filesystem::create_directory(path / "other");
    for (const char* file : {"read/file", "other/file"}) std::ofstream(path / file) << "x";
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

// The child's answer: 0 when all it checked was so, else the number of the check.
int inChild(const std::function<int()>& checks) {
  const pid_t child = fork();
  if (child == 0) _exit(checks());
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

bool opens(const std::filesystem::path& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

bool refuses(const std::filesystem::path& path, int flags) {
  return !opens(path, flags) && errno == EACCES;
}

}  // namespace

TEST_CASE(
    "what a policy lists can be reached as listed, and nothing else; what does not exist is left "
    "out") {
  if (LandlockPolicy::kernelAbi() == 0) {
    MESSAGE("this kernel has no Landlock");
    return;
  }
  const Folder folder;
  const int failed = inChild([&] {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    LandlockPolicy policy;
    policy.allow("its own", FileAccess::OWN, folder.path / "own")
        .allow("to read", FileAccess::READ, folder.path / "read")
        .allow("not there", FileAccess::READ, folder.path / "missing" / "deeper");
    static_cast<void>(policy.enforce());
    if (!opens(folder.path / "own/new", O_RDWR | O_CREAT)) return 1;
    if (rename((folder.path / "own/new").c_str(), (folder.path / "own/renamed").c_str()) != 0)
      return 2;
    if (unlink((folder.path / "own/renamed").c_str()) != 0) return 3;
    if (!opens(folder.path / "read/file", O_RDONLY)) return 4;
    if (!refuses(folder.path / "read/file", O_WRONLY)) return 5;
    if (!refuses(folder.path / "read/new", O_WRONLY | O_CREAT)) return 6;
    if (!refuses(folder.path / "other/file", O_RDONLY)) return 7;
    if (!refuses("/etc/passwd", O_RDONLY)) return 8;
    if (!refuses(folder.path / "own/../other/file", O_RDONLY)) return 9;
    return 0;
  });
  CHECK(failed == 0);
}

TEST_CASE("on a kernel with an older version the files are closed all the same") {
  const int newest = LandlockPolicy::kernelAbi();
  const Folder folder;
  for (int abi = 1; abi <= newest; ++abi) {
    INFO("ABI ", abi);
    const int failed = inChild([&] {
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      LandlockPolicy policy;
      policy.allow("its own", FileAccess::OWN, folder.path / "own")
          .allow("to read", FileAccess::READ, folder.path / "read")
          .refuseTcp()
          .scopeSignals()
          .scopeAbstractSockets();
      const auto check = policy.enforce(abi);
      if (check.state != (abi < 6 ? CheckState::DEGRADED : CheckState::OK)) return 1;
      if (!opens(folder.path / "own/new", O_RDWR | O_CREAT)) return 2;
      if (!opens(folder.path / "read/file", O_RDONLY)) return 3;
      if (!refuses(folder.path / "read/file", O_WRONLY)) return 4;
      if (!refuses(folder.path / "other/file", O_RDONLY)) return 5;
      // Part of a newer version, so that the older one was really asked for.
      const bool truncates = truncate((folder.path / "read/file").c_str(), 1) == 0;
      if (truncates != (abi < 3)) return 6;
      return 0;
    });
    CHECK(failed == 0);
  }
}

TEST_CASE("a program is started only where the token says so, not where it may be read") {
  if (LandlockPolicy::kernelAbi() == 0) {
    MESSAGE("this kernel has no Landlock");
    return;
  }
  const auto exitCodeOf = [](bool mayStart) {
    return inChild([&] {
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      LandlockPolicy policy;
      policy.allow("libraries", FileAccess::READ, "/usr")
          .allow("loader cache", FileAccess::READ, "/etc")
          .allow(tokens::StartPrograms{}, "the loader", "/lib64/ld-linux-x86-64.so.2")
          .allow(tokens::StartPrograms{}, "the loader", "/lib/ld-linux-aarch64.so.1");
      if (mayStart) policy.allow(tokens::StartPrograms{}, "the program", "/usr/bin/true");
      static_cast<void>(policy.enforce());
      execl("/usr/bin/true", "true", nullptr);
      return errno == EACCES ? 77 : 1;
    });
  };
  CHECK(exitCodeOf(true) == 0);
  CHECK(exitCodeOf(false) == 77);
}

TEST_CASE("each Landlock version names what it leaves out, and none at all is degraded") {
  CHECK(LandlockPolicy::describe(0).state == CheckState::DEGRADED);
  for (int abi = 1; abi < 6; ++abi) {
    const auto check = LandlockPolicy::describe(abi);
    CHECK(check.state == CheckState::DEGRADED);
    CHECK(check.value.find("not covered") != std::string::npos);
  }
  CHECK(LandlockPolicy::describe(6).state == CheckState::OK);
  CHECK(LandlockPolicy::describe(7).value == "ABI 7");
}

TEST_CASE("a cage is not entered with a second thread running") {
  const Folder folder;
  const int outcome = inChild([&] {
    int ends[2];
    if (pipe(ends) != 0) return 2;
    std::thread other([&] {
      char byte;
      if (read(ends[0], &byte, 1) < 0) return;
    });
    try {
      static_cast<void>(enterVaultCage(folder.path));
      return 1;
    } catch (const std::system_error&) {
      _exit(0);
    }
  });
  CHECK(outcome == 0);
}

TEST_CASE("a hardened process is not dumpable, has no core limit left and cannot gain privileges") {
  const int failed = inChild([] {
    hardenProcess();
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return 1;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 2;
    return 0;
  });
  CHECK(failed == 0);
}

}  // namespace sallyport::sandbox
