// What each process can reach of the kernel, call by call over all numbers: the allowlists as they
// are written down in reachable-calls.txt, so that a change of one is seen in review.
#include "sandbox-policies/reach.h"

#include <doctest/doctest.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>

#include "sandbox-policies/process-policies.h"
#include "sandbox-policies/renderer-policy.h"

namespace sallyport::sandbox {
namespace {

using Names = std::set<std::string>;

std::map<std::string, SyscallPolicy> allowlists() {
  return {{"vault", vaultSyscalls()},
          {"broker", brokerSyscalls()},
          {"net", netSyscalls()},
          {"display", displaySyscalls()},
          {"renderer", renderer::syscalls()},
          {"spawner", spawnerSyscalls()}};
}

Names reachable(const SyscallPolicy& policy) {
  Names names;
  for (const int number : reachableCalls(policy.compile())) names.insert(callName(number));
  return names;
}

// "process: call call …", a process a line.
std::map<std::string, Names> written() {
  std::map<std::string, Names> all;
  std::ifstream file(SALLYPORT_REACHABLE_CALLS);
  REQUIRE(file);
  std::string process;
  for (std::string word; file >> word;) {
    if (word.back() == ':')
      process = word.substr(0, word.size() - 1);
    else
      all[process].insert(word);
  }
  return all;
}

std::string listed(const Names& names) {
  std::string text;
  for (const auto& name : names) text += name + "\n";
  return text;
}

SyscallPolicy::Program program(std::initializer_list<sock_filter> steps) { return steps; }

}  // namespace

TEST_CASE("what a process can reach is what is written down, no call more and none less") {
  const auto all = written();
  REQUIRE(all.size() == allowlists().size());
  for (const auto& [process, policy] : allowlists()) {
    INFO("process: ", process);
    // A call that this architecture or this version of the library does not have is not missing.
    Names expected;
    for (const auto& name : all.at(process))
      if (callNumber(name)) expected.insert(name);
    const auto found = reachable(policy);
    INFO("reachable now:\n", listed(found));
    CHECK(found == expected);
  }
}

TEST_CASE("no process of ours reaches a call that only an attack would make") {
  // clang-format off
  const auto NOBODY = std::to_array<const char*>({
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "bpf",
    "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "setns", "chroot",
    "open_tree", "move_mount", "fsopen",
    "mount_setattr", "io_uring_setup", "io_uring_enter", "clone3", "execveat", "setuid",
    "setgid", "setresuid", "setgroups", "personality", "modify_ldt", "init_module",
    "finit_module", "kexec_load", "reboot", "swapon", "mknod", "mknodat", "chown", "fchownat",
    "setxattr", "open_by_handle_at", "name_to_handle_at", "acct", "quotactl", "mlockall",
    "vmsplice", "tee", "msgget", "semget", "mq_open", "fanotify_init", "ioprio_set",
    "syslog", "settimeofday", "clock_settime", "rt_sigqueueinfo"});
  const auto ENGINE_ALONE = std::to_array<const char*>({
    "fork", "vfork", "execve", "capset", "chmod", "fchmodat", "link", "symlink",
    "symlinkat", "landlock_create_ruleset", "pkey_mprotect", "setpriority", "setrlimit",
    "tkill"});
  // Of which the cages are made.
  const auto SPAWNER_ALONE = std::to_array<const char*>({
    "unshare", "mount", "umount2", "pivot_root", "sethostname", "pidfd_open"});
  // clang-format on
  for (const auto& [process, policy] : allowlists()) {
    const auto found = reachable(policy);
    for (const auto* call : NOBODY) {
      INFO(process, ": ", call);
      CHECK(found.count(call) == 0);
    }
    for (const auto* call : ENGINE_ALONE) {
      INFO(process, ": ", call);
      const bool exists = callNumber(call).has_value();  // not each on each architecture
      const bool mayReach = process == "renderer" || process == "spawner";
      CHECK((mayReach && exists) == (found.count(call) != 0));
    }
    for (const auto* call : SPAWNER_ALONE) {
      INFO(process, ": ", call);
      CHECK((process == "spawner") == (found.count(call) != 0));
    }
  }
}

TEST_CASE("the spawner's filter takes nothing from the processes that inherit it") {
  const auto everything = reachable(spawnerSyscalls());
  for (const auto& [process, policy] : allowlists()) {
    if (process == "broker") continue;  // its parent
    for (const auto& name : reachable(policy)) {
      INFO(process, ": ", name);
      CHECK(everything.count(name) == 1);
    }
  }
}

TEST_CASE("a call that a policy both allows and refuses is a mistake that shows at once") {
  SyscallPolicy policy;
  policy.allow({"reading", {"read"}}).allow({"a slip", {"ptrace"}});
  policy.refuse({"looking into others", 1, {"ptrace"}});
  CHECK_THROWS_AS(policy.compile(), std::logic_error);
}

TEST_CASE("a call that asks about its arguments is reachable when some get through") {
  SyscallPolicy policy;
  policy.allow({"reading", {"read"}})
      .allow({"some requests", {"ioctl"}})
      .refuseUnless("one of them", 1, "ioctl", 1, {5});
  CHECK(reachable(policy) == Names{"ioctl", "read"});
  SyscallPolicy none;
  none.allow({"reading", {"read"}})
      .allow({"no request", {"ioctl"}})
      .refuseWhen("all of them", 1, "ioctl", {{1, 0, 0}});
  CHECK(reachable(none) == Names{"read"});
}

TEST_CASE(
    "a call is reachable when every filter lets it through, and unknown steps are no answer") {
  const auto everything = program({BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)});
  const auto nothing = program({BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)});
  CHECK(reachableCalls({everything}) == knownCalls());
  CHECK(reachableCalls({everything, nothing}).empty());
  CHECK_THROWS_AS(reachableCalls({program({})}), std::logic_error);
  CHECK_THROWS_AS(reachableCalls({program({BPF_STMT(BPF_ALU | BPF_ADD, 1)})}), std::logic_error);
}

}  // namespace sallyport::sandbox
