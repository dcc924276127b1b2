// Hosts that lack a layer, made by taking its system calls away from this test and everything below
// it: what must refuse refuses and says why, what may go on names what is missing.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <system_error>

#include "sandbox-policies/landlock-policy.h"
#include "sandbox-policies/self-cage.h"
#include "sandbox-policies/syscall-policy.h"
#include "tests/sandbox/expectations.h"

namespace sallyport::test {
namespace {

using sandbox::CheckState;
using spawn::ProcessKind;

// True when the act answers true in a process of its own.
bool isSoIn(const std::function<bool()>& act) {
  const pid_t host = fork();
  if (host == 0) {
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

// The same on such a host.
bool isSoWithout(const sandbox::SyscallPolicy& missing, const std::function<bool()>& act) {
  return isSoIn([&] {
    missing.install();
    return act();
  });
}

bool writeTo(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  const bool written = fd >= 0 && write(fd, text.data(), text.size()) > 0;
  if (fd >= 0) close(fd);
  return written;
}

// Own numbers of processes, as root has the right to make them and a user after a new namespace of
// users, in which he is who he was.
bool leaveTheHostsProcesses() {
  const auto user = std::to_string(getuid()), group = std::to_string(getgid());
  if (unshare(CLONE_NEWPID | CLONE_NEWNS) == 0) return true;
  return unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) == 0 &&
         writeTo("/proc/self/uid_map", user + " " + user + " 1") &&
         writeTo("/proc/self/setgroups", "deny") &&
         writeTo("/proc/self/gid_map", group + " " + group + " 1");
}

// A container: no process but the act's, and none but the first, with a low number.
bool isSoInContainer(const std::function<bool()>& act) {
  return isSoIn([&] {
    return leaveTheHostsProcesses() && isSoIn([&] {
             for (int number = 2; number < 8; ++number)
               if (!isSoIn([] { return true; })) return false;
             return mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                    mount("proc", "/proc", "proc", 0, nullptr) == 0 && act();
           });
  });
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

bool rendererHolds() {
  SpawnerFixture fixture(testProgram("sandbox-probe"));
  const auto child = fixture.start(ProcessKind::RENDERER, "main");
  if (!readReport(child.first.get()).complete) {
    std::fprintf(stderr, "it said: %s\n", readLog(child.process.log.get()).c_str());
    return false;
  }
  return fixture.link()
      .inspect(child.process.pid, ProcessKind::RENDERER)
      .wait(fixture.waitScope())
      .holds();
}

// No process is started, and the refusal has the reason.
bool startIsRefusedFor(const std::string& why) {
  SpawnerFixture fixture(testProgram("sandbox-idle"));
  try {
    fixture.start(ProcessKind::RENDERER, "main");
    return false;
  } catch (const kj::Exception& refusal) {
    const std::string text(refusal.getDescription().cStr());
    if (text.find(why) == std::string::npos) std::fprintf(stderr, "it said: %s\n", text.c_str());
    return text.find(why) != std::string::npos;
  }
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

bool cannotBeEntered(const std::function<void()>& enter) {
  try {
    enter();
    return false;
  } catch (const std::system_error& refusal) {
    return std::string(refusal.what()).find("seccomp") != std::string::npos;
  }
}

// Who starts everything else does not go on.
bool nothingIsStarted() {
  SpawnerFixture fixture(testProgram("sandbox-probe"));
  bool started = true;
  try {
    fixture.start(ProcessKind::NET);
  } catch (const kj::Exception&) {
    started = false;
  }
  return !started && fixture.end() == 1;
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
  CHECK(isSoWithout(noSeccomp(), [] {
    return cannotBeEntered([] { static_cast<void>(sandbox::enterVaultCage("/")); });
  }));
  CHECK(isSoWithout(noSeccomp(), [] {
    return cannotBeEntered([] { static_cast<void>(sandbox::enterNetCage()); });
  }));
  CHECK(isSoWithout(noSeccomp(), [] { return cannotBeEntered(&sandbox::enterSpawnerCage); }));
  CHECK(isSoWithout(noSeccomp(), &nothingIsStarted));
}

TEST_CASE("in a container with few processes a renderer starts, and its cage holds") {
  CHECK(isSoInContainer([] { return access("/proc/2", F_OK) != 0 && rendererHolds(); }));
}

TEST_CASE(
    "where the container covers a part of /proc no renderer starts, and the reason is named") {
  CHECK(isSoInContainer([] {
    return mount("/dev/null", "/proc/uptime", nullptr, MS_BIND, nullptr) == 0 &&
           startIsRefusedFor("the kernel permits no new /proc");
  }));
}

}  // namespace sallyport::test
