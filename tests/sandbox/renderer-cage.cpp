// The renderer's cage, tried from inside by a program in the renderer's place and read from outside
// by the spawner.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox-policies/landlock-policy.h"
#include "sandbox-policies/renderer-policy.h"
#include "sandbox-policies/syscall-policy.h"
#include "tests/sandbox/expectations.h"

namespace sallyport::test {
namespace {

// What one caged probe said and how it looked from outside, for all cases of this file; starting it
// is the slow part.
struct Observed {
  Report report;
  sandbox::CageReport inspection;
  pid_t outer = -1;
  std::string directory;
  std::string log;
};

Observed observe() {
  SpawnerFixture fixture(testProgram("sandbox-probe"));
  const auto child = fixture.start(spawn::ProcessKind::RENDERER, "main");
  Observed observed;
  observed.report = readReport(child.first.get());
  observed.outer = child.process.pid;
  observed.directory = fixture.stateDirectory().parent_path().string();
  if (observed.report.complete) {
    observed.inspection = fixture.link()
                              .inspect(child.process.pid, spawn::ProcessKind::RENDERER)
                              .wait(fixture.waitScope());
  } else {
    observed.log = readLog(child.process.log.get());
  }
  return observed;
}

const Observed& caged() {
  static const Observed observed = observe();
  if (!observed.report.complete) FAIL("the probe did not come to its end: ", observed.log);
  return observed;
}

// In a scope of its own, so that the fixture's directory is gone before _exit().
bool isRefusedRenderer() {
  SpawnerFixture fixture(testProgram("sandbox-idle"));
  try {
    fixture.start(spawn::ProcessKind::RENDERER, "main");
    return false;
  } catch (const kj::Exception& refusal) {
    return std::string(refusal.getDescription().cStr()).find("Operation not permitted") !=
           std::string::npos;
  }
}

bool hasLandlock() {
  if (sandbox::LandlockPolicy::kernelAbi() > 0) return true;
  MESSAGE("this kernel has no Landlock; its part is not tried");
  return false;
}

}  // namespace

TEST_CASE("a caged renderer makes no socket of any family, and only local pairs") {
  const auto& report = caged().report;
  expectAll(report, "EPERM", "socket ");
  expect(report, "EPERM", {"connect", "bind", "listen", "accept4"});
  expect(report, "ok", {"socketpair unix"});
  expect(report, "EAFNOSUPPORT", {"socketpair tipc"});
}

TEST_CASE("a caged renderer reaches none of the kernel's dangerous calls") {
  expectKernelSurfaceClosed(caged().report);
}

#if defined(__x86_64__)
TEST_CASE("a caged renderer that enters by another architecture's table is killed") {
  // Without the old gate in the kernel the instruction itself faults.
  const auto old = caged().report.acts.at("i386 call");
  CHECK((old == "signal 31" || old == "signal 11"));
  expect(caged().report, "signal 31", {"x32 call"});
}
#endif

TEST_CASE(
    "a caged renderer sees no program, no user, no device and nothing of the host's kernel "
    "objects") {
  const auto& report = caged().report;
  expect(report,
         "ENOENT",
         {"read /etc/passwd",
          "read /etc/shadow",
          "read /etc/hostname",
          "read /etc/hosts",
          "read /dev/ptmx",
          "read /dev/tty",
          "read /sys/kernel",
          "read /bin/sh",
          "read /usr/bin/su",
          "read /root",
          "read /run/dbus",
          "execute /bin/sh",
          "execute /usr/bin/su",
          "execute /usr/bin/bwrap",
          "execute /bin/mount"});
  for (const char* act : {"read /proc/1/environ",
                          "read /proc/keys",
                          "read /proc/kallsyms",
                          "read /proc/timer_list",
                          "read /proc/kmsg",
                          "read /proc/kcore"}) {
    INFO("act: ", act);
    CHECK(report.acts.at(act) != "ok");
  }
  CHECK(report.limits.at("visible") == "2");
  CHECK(report.limits.at("host") == "test-app");
}

TEST_CASE("a caged renderer writes nowhere but in its own bounded space") {
  const auto& report = caged().report;
  // The mounts themselves refuse, before Landlock is asked.
  expect(report,
         "EROFS",
         {"create /probe",
          "create /usr/probe",
          "create /usr/lib/probe",
          "create /etc/probe",
          "create /app/probe",
          "create /app/bin/probe",
          "create /dev/probe",
          "create /home/probe",
          "create /run/probe"});
  for (const char* act : {"write /proc/sys/kernel/hostname",
                          "write /proc/sysrq-trigger",
                          "write /etc/ld.so.cache",
                          "write /app/bin/sallyport-renderer"}) {
    INFO("act: ", act);
    CHECK(report.acts.at(act) != "ok");
  }
  expect(report, "ok", {"create in scratch"});
  expect(report, "ENOSPC", {"300 MiB in scratch"});
}

TEST_CASE("a caged renderer starts neither a file of its own nor a memory file") {
  const auto& report = caged().report;
  expect(report, "no memory file: ENOSYS", {"execute a memory file"});
  expect(report, "ENOSYS", {"execveat"});
  if (hasLandlock()) expect(report, "EACCES", {"execute a copy in scratch"});
  // The engine needs these two.
  expect(report, "ok", {"fork", "thread"});
}

TEST_CASE("a caged renderer cannot signal what is outside of its Landlock domain") {
  if (sandbox::LandlockPolicy::kernelAbi() < 6) return;
  expect(caged().report, "EPERM", {"signal the parent"});
}

TEST_CASE(
    "a renderer is born with five descriptors, a fixed environment, no argument and tight limits") {
  const auto& report = caged().report;
  CHECK(report.descriptors.size() == 5);
  CHECK(report.descriptors.at("0") == "/dev/null");
  CHECK(report.descriptors.at("1").compare(0, 5, "pipe:") == 0);
  CHECK(report.descriptors.at("2") == report.descriptors.at("1"));
  CHECK(report.descriptors.at("3").compare(0, 7, "socket:") == 0);
  CHECK(report.descriptors.at("4").compare(0, 7, "socket:") == 0);
  std::vector<std::string> expected;
  for (const auto& [name, value] : sandbox::renderer::ENVIRONMENT) {
    expected.push_back(std::string(name) + "=" + std::string(value));
  }
  CHECK(report.environment == expected);
  CHECK(report.arguments.empty());
  CHECK(report.limits.at("core") == "0");
  CHECK(std::stoul(report.limits.at("processes")) <= 512);
  CHECK(std::stoul(report.limits.at("files")) <= 4096);
  CHECK(report.limits.at("umask") == "63");
  CHECK(report.rest.empty());  // signals at their defaults, none blocked
}

TEST_CASE("a renderer's mounts tell nothing of where the program or the user's files lie") {
  const auto& mounts = caged().report.mounts;
  CHECK(mounts.size() > 10);
  for (const auto& mount : mounts) {
    INFO("mount: ", mount);
    CHECK(mount.find(SALLYPORT_BINARY_DIR) == std::string::npos);
    CHECK(mount.find(caged().directory) == std::string::npos);
  }
}

TEST_CASE("the inspection of an untouched renderer finds every layer in force") {
  const auto& report = caged().inspection;
  INFO(describe(report));
  CHECK(report.holds());
  CHECK(report.pid != caged().outer);
  CHECK(report.checks.size() >= 18);
  for (const char* name :
       {"user namespace", "net namespace", "pid namespace", "Seccomp", "CapBnd", "descriptors"}) {
    CHECK(stateOf(report, name) == sandbox::CheckState::OK);
  }
}

TEST_CASE(
    "a renderer ends when its window's process does: killing the outer bubblewrap leaves nothing "
    "inside") {
  SpawnerFixture fixture(testProgram("sandbox-idle"));
  const auto child = fixture.start(spawn::ProcessKind::RENDERER, "main");
  REQUIRE(readReport(child.first.get()).complete);
  kill(child.process.pid, SIGKILL);
  const auto exit = fixture.link().exited(child.process.pid).wait(fixture.waitScope());
  CHECK(exit.signal == SIGKILL);
  // The last holder of the other end is gone when this end reads its end.
  CHECK(readLog(child.first.get()).empty());
  CHECK(readLog(child.process.log.get()).empty());
}

TEST_CASE("where no user namespace can be made, no renderer starts") {
  const pid_t without = fork();
  if (without == 0) {
    sandbox::SyscallPolicy policy;
    policy.refuse({"a host without user namespaces", EPERM, {"unshare"}})
        .refuse({"its arguments cannot be seen", ENOSYS, {"clone3"}})
        .refuseWhen(
            "a host without user namespaces", EPERM, "clone", {{0, 0x10000000, 0x10000000}});
    policy.install();
    _exit(isRefusedRenderer() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(without, &status, 0) == without);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace sallyport::test
