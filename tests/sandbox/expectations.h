// Compares what a probe reported with what its cage must do.
#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "tests/broker/spawn/spawner-fixture.h"

namespace sallyport::test {

inline void expect(const Report& report,
                   const std::string& outcome,
                   std::initializer_list<const char*> acts) {
  for (const char* act : acts) {
    INFO("act: ", act);
    const auto found = report.acts.find(act);
    REQUIRE(found != report.acts.end());
    CHECK(found->second == outcome);
  }
}

// Every act whose name starts like this; at least one.
inline void expectAll(const Report& report, const std::string& outcome, const std::string& start) {
  int seen = 0;
  for (const auto& [act, got] : report.acts) {
    if (act.compare(0, start.size(), start) != 0) continue;
    ++seen;
    INFO("act: ", act);
    CHECK(got == outcome);
  }
  CHECK(seen > 0);
}

// What no process of ours may do, whatever its kind.
inline void expectKernelSurfaceClosed(const Report& report) {
  expectAll(report, "EPERM", "unshare ");
  for (const char* space :
       {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "user, high bits"}) {
    expect(report, "EPERM", {(std::string("clone ") + space).c_str()});
  }
  expect(report,
         "EPERM",
         {"setns",
          "mount",
          "umount2",
          "pivot_root",
          "chroot",
          "open_by_handle_at",
          "ptrace attach",
          "ptrace traceme",
          "process_vm_readv",
          "process_vm_writev",
          "pidfd_getfd",
          "kcmp",
          "add_key",
          "keyctl",
          "request_key",
          "bpf",
          "perf_event_open",
          "userfaultfd",
          "kexec_load",
          "init_module",
          "syslog",
          "mknod"});
  expect(report,
         "ENOSYS",
         {"clone3",
          "io_uring_setup",
          "open_tree",
          "fsopen",
          "move_mount",
          "mount_setattr",
          "pidfd_open",
          "unknown call"});
  expectAll(report, "EPERM", "TIOCSTI");
  expectAll(report, "EPERM", "TIOCLINUX");
}

inline sandbox::CheckState stateOf(const sandbox::CageReport& report, const std::string& name) {
  for (const auto& check : report.checks) {
    if (check.name == name) return check.state;
  }
  FAIL("no check named ", name);
  return sandbox::CheckState::FAILED;
}

inline std::string describe(const sandbox::CageReport& report) {
  std::string text;
  for (const auto& check : report.checks) {
    if (check.state != sandbox::CheckState::OK) text += check.name + ": " + check.value + "\n";
  }
  return text;
}

}  // namespace sallyport::test
