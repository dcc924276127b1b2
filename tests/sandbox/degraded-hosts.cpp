// Hosts that lack a layer, made by taking its system calls away from this test and everything below
// it: what must refuse refuses and says why, what may go on names what is missing.
#include <doctest/doctest.h>
#include <linux/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>

#include "sandbox-policies/landlock-policy.h"
#include "sandbox-policies/syscall-policy.h"
#include "tests/sandbox/expectations.h"

namespace sallyport::test {
namespace {

using sandbox::CheckState;
using spawn::ProcessKind;

// True when the act answers true in a process that is on such a host.
bool isSoWithout(const sandbox::SyscallPolicy& missing, const std::function<bool()>& act) {
  const pid_t host = fork();
  if (host == 0) {
    missing.install();
    bool so = false;
    try {
      so = act();
    } catch (const kj::Exception& failure) {
      std::fprintf(stderr, "%s\n", failure.getDescription().cStr());
    }
    _exit(so ? 0 : 1);
  }
  int status = 0;
  return waitpid(host, &status, 0) == host && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

sandbox::SyscallPolicy noLandlock() {
  sandbox::SyscallPolicy policy;
  policy.refuse({"a kernel without Landlock",
                 ENOSYS,
                 {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}});
  return policy;
}

sandbox::SyscallPolicy noSeccomp() {
  sandbox::SyscallPolicy policy;
  policy.refuse({"a kernel without seccomp", EINVAL, {"seccomp"}})
      .refuseWhen("a kernel without seccomp", EINVAL, "prctl", {{0, ~0U, PR_SET_SECCOMP}});
  return policy;
}

// A renderer's probe comes to its end, and the inspection names the layer.
bool rendererGoesOn() {
  SpawnerFixture fixture(testProgram("sandbox-probe"));
  const auto child = fixture.start(ProcessKind::RENDERER, "main");
  if (!readReport(child.first.get()).complete) return false;
  const auto seen =
      fixture.link().inspect(child.process.pid, ProcessKind::RENDERER).wait(fixture.waitScope());
  return seen.holds() && stateOf(seen, "Landlock") == CheckState::DEGRADED;
}

// The real program serves until its broker is gone, and its log names the layer.
bool goesOnAndSays(ProcessKind kind, const char* program) {
  SpawnerFixture fixture(std::filesystem::path(SALLYPORT_BINARY_DIR) / "bin" / program);
  std::filesystem::permissions(fixture.vaultDirectory(), std::filesystem::perms::owner_all);
  auto child = fixture.start(kind);
  child.first = nullptr;
  const auto log = readLog(child.process.log.get());
  const auto exit = fixture.link().exited(child.process.pid).wait(fixture.waitScope());
  if (exit.code != 0) std::fprintf(stderr, "it said: %s\n", log.c_str());
  return exit.code == 0 && log.find("Landlock: not in this kernel") != std::string::npos;
}

bool refusesAndSays(ProcessKind kind, const std::string& label, const std::string& why) {
  SpawnerFixture fixture(testProgram("sandbox-probe"));
  const auto child = fixture.start(kind, label);
  const bool ran = readReport(child.first.get()).complete;
  const auto log = readLog(child.process.log.get());
  if (log.find(why) == std::string::npos) std::fprintf(stderr, "it said: %s\n", log.c_str());
  return !ran && log.find(why) != std::string::npos;
}

}  // namespace

TEST_CASE("without Landlock everything goes on, and the missing layer is named") {
  CHECK(isSoWithout(noLandlock(), [] { return sandbox::LandlockPolicy::kernelAbi() == 0; }));
  CHECK(isSoWithout(noLandlock(),
                    [] { return goesOnAndSays(ProcessKind::VAULT, "sallyport-vault"); }));
  CHECK(isSoWithout(noLandlock(), [] { return goesOnAndSays(ProcessKind::NET, "sallyport-net"); }));
  CHECK(isSoWithout(noLandlock(), [] { return rendererGoesOn(); }));
}

TEST_CASE("each older Landlock names what it leaves out") {
  for (const auto& [abi, missing] : {std::pair(1, "truncation"),
                                     std::pair(3, "TCP"),
                                     std::pair(4, "device ioctls"),
                                     std::pair(5, "signals and abstract sockets")}) {
    INFO("ABI ", abi);
    const auto check = sandbox::LandlockPolicy::describe(abi);
    CHECK(check.state == CheckState::DEGRADED);
    CHECK(check.value.find(missing) != std::string::npos);
  }
  CHECK(sandbox::LandlockPolicy::describe(6).state == CheckState::OK);
}

TEST_CASE("without seccomp no process goes on, and says why") {
  CHECK(isSoWithout(noSeccomp(), [] { return refusesAndSays(ProcessKind::VAULT, "", "seccomp"); }));
  CHECK(isSoWithout(noSeccomp(), [] { return refusesAndSays(ProcessKind::NET, "", "seccomp"); }));
  CHECK(isSoWithout(
      noSeccomp(), [] { return refusesAndSays(ProcessKind::RENDERER, "main", "PR_SET_SECCOMP"); }));
}

}  // namespace sallyport::test
