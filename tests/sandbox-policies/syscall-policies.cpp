// The compiled filters, evaluated here and not in the kernel: every call and argument, without
// doing anything.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "sandbox-policies/process-policies.h"
#include "sandbox-policies/renderer-policy.h"
#include "sandbox-policies/tokens/open-sockets.h"

namespace sallyport::sandbox {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t ARCHITECTURE = AUDIT_ARCH_X86_64;
constexpr std::uint32_t FOREIGN = AUDIT_ARCH_I386;
#elif defined(__aarch64__)
constexpr std::uint32_t ARCHITECTURE = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t FOREIGN = AUDIT_ARCH_ARM;
#endif

using Arguments = std::vector<std::uint64_t>;
using Programs = std::vector<SyscallPolicy::Program>;

seccomp_data call(long number, const Arguments& arguments, std::uint32_t architecture) {
  seccomp_data data{};
  data.nr = static_cast<int>(number);
  data.arch = architecture;
  std::copy(arguments.begin(), arguments.end(), data.args);
  return data;
}

// The part of classic BPF that seccomp allows.
std::uint32_t evaluate(const SyscallPolicy::Program& program, const seccomp_data& data) {
  std::uint32_t accumulator = 0;
  std::uint32_t index = 0;
  std::uint32_t scratch[BPF_MEMWORDS]{};
  for (std::size_t at = 0; at < program.size(); ++at) {
    const auto& step = program[at];
    const std::uint32_t operand = BPF_SRC(step.code) == BPF_X ? index : step.k;
    switch (BPF_CLASS(step.code)) {
      case BPF_LD:
        if (BPF_MODE(step.code) == BPF_ABS) {
          std::memcpy(
              &accumulator, reinterpret_cast<const char*>(&data) + step.k, sizeof accumulator);
        } else {
          accumulator = BPF_MODE(step.code) == BPF_MEM ? scratch[step.k] : step.k;
        }
        break;
      case BPF_LDX:
        index = BPF_MODE(step.code) == BPF_MEM ? scratch[step.k] : step.k;
        break;
      case BPF_ST:
        scratch[step.k] = accumulator;
        break;
      case BPF_STX:
        scratch[step.k] = index;
        break;
      case BPF_ALU:
        REQUIRE(BPF_OP(step.code) == BPF_AND);
        accumulator &= operand;
        break;
      case BPF_MISC:
        (BPF_MISCOP(step.code) == BPF_TAX ? index : accumulator) =
            BPF_MISCOP(step.code) == BPF_TAX ? accumulator : index;
        break;
      case BPF_RET:
        return step.k;
      default: {
        bool jump = true;
        switch (BPF_OP(step.code)) {
          case BPF_JEQ:
            jump = accumulator == operand;
            break;
          case BPF_JGT:
            jump = accumulator > operand;
            break;
          case BPF_JGE:
            jump = accumulator >= operand;
            break;
          case BPF_JSET:
            jump = (accumulator & operand) != 0;
            break;
          default:
            at += step.k;
            continue;
        }
        at += jump ? step.jt : step.jf;
      }
    }
  }
  FAIL("a program without an end");
  return 0;
}

// What the kernel does with several programs: the most restrictive answer. 0 let through, an error,
// or -1 killed.
int decide(const Programs& programs,
           long number,
           const Arguments& arguments = {},
           std::uint32_t architecture = ARCHITECTURE) {
  int decided = 0;
  for (const auto& program : programs) {
    const auto answer = evaluate(program, call(number, arguments, architecture));
    const auto action = answer & SECCOMP_RET_ACTION_FULL;
    if (action == SECCOMP_RET_KILL_PROCESS) return -1;
    if (action == SECCOMP_RET_ERRNO) decided = static_cast<int>(answer & SECCOMP_RET_DATA);
  }
  return decided;
}

// Compiled once: it takes milliseconds.
const std::vector<std::pair<const char*, Programs>>& allPolicies() {
  static const std::vector<std::pair<const char*, Programs>> all{
      {"vault", vaultSyscalls().compile()},
      {"broker", brokerSyscalls().compile()},
      {"net", netSyscalls().compile()},
      {"display", displaySyscalls().compile()},
      {"renderer", renderer::syscalls().compile()},
      {"spawner", spawnerSyscalls().compile()}};
  return all;
}

constexpr std::uint64_t HIGH = 0xFFFFFFFF00000000;

}  // namespace

TEST_CASE("a call that the library does not know does not exist, in every policy") {
  for (const auto& [name, policy] : allPolicies()) {
    INFO("policy: ", name);
    CHECK(decide(policy, 999) == ENOSYS);
    CHECK(decide(policy, 5000) == ENOSYS);
    CHECK(decide(policy, SYS_read) == 0);
    CHECK(decide(policy, SYS_futex) == 0);
  }
}

TEST_CASE("a foreign architecture is killed, in every policy") {
  for (const auto& [name, policy] : allPolicies()) {
    INFO("policy: ", name);
    CHECK(decide(policy, SYS_read, {}, FOREIGN) == -1);
#if defined(__x86_64__)
    CHECK(decide(policy, 0x40000000 | SYS_read) == -1);  // x32
#endif
  }
}

TEST_CASE(
    "no policy lets a process make a namespace, look into another or use what a filter cannot "
    "see") {
  for (const auto& [name, policy] : allPolicies()) {
    if (std::string_view(name) == "spawner") continue;  // it makes and starts all the others
    INFO("policy: ", name);
    for (const long number : {SYS_unshare,
                              SYS_setns,
                              SYS_mount,
                              SYS_umount2,
                              SYS_pivot_root,
                              SYS_chroot,
                              SYS_ptrace,
                              SYS_process_vm_readv,
                              SYS_process_vm_writev,
                              SYS_pidfd_getfd,
                              SYS_kcmp,
                              SYS_keyctl,
                              SYS_add_key,
                              SYS_bpf,
                              SYS_perf_event_open,
                              SYS_userfaultfd,
                              SYS_kexec_load,
                              SYS_init_module,
                              SYS_open_by_handle_at}) {
      INFO("call: ", number);
      CHECK(decide(policy, number) == EPERM);
    }
    for (const long number : {SYS_clone3,
                              SYS_io_uring_setup,
                              SYS_io_uring_enter,
                              SYS_io_uring_register,
                              SYS_open_tree,
                              SYS_move_mount,
                              SYS_fsopen,
                              SYS_fsmount,
                              SYS_mount_setattr}) {
      INFO("call: ", number);
      CHECK(decide(policy, number) == ENOSYS);
    }
    for (const std::uint64_t flag : {CLONE_NEWUSER,
                                     CLONE_NEWNS,
                                     CLONE_NEWPID,
                                     CLONE_NEWNET,
                                     CLONE_NEWIPC,
                                     CLONE_NEWUTS,
                                     0x02000000}) {
      CHECK(decide(policy, SYS_clone, {flag | CLONE_VM | CLONE_THREAD}) == EPERM);
      CHECK(decide(policy, SYS_clone, {HIGH | flag}) == EPERM);
    }
    CHECK(decide(policy, SYS_clone, {CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD}) == 0);
  }
}

TEST_CASE("typing into a terminal is refused whatever the high bits of the request say") {
  for (const auto& [name, policy] : allPolicies()) {
    INFO("policy: ", name);
    for (const std::uint64_t request : {std::uint64_t{0x5412}, std::uint64_t{0x541C}}) {
      CHECK(decide(policy, SYS_ioctl, {0, request}) == EPERM);
      CHECK(decide(policy, SYS_ioctl, {0, HIGH | request}) == EPERM);
      CHECK(decide(policy, SYS_ioctl, {0, 0x100000000 | request}) == EPERM);
    }
    CHECK(decide(policy, SYS_ioctl, {0, TCGETS}) == 0);
  }
}

TEST_CASE(
    "each process kind makes the sockets of its job and no other, over all families and high "
    "bits") {
  const auto allowed = [](const SyscallPolicy& asked) {
    const auto policy = asked.compile();
    std::vector<std::uint64_t> families;
    for (std::uint64_t family = 0; family < 300; ++family) {
      if (decide(policy, SYS_socket, {family, SOCK_STREAM}) == 0) families.push_back(family);
      CHECK(decide(policy, SYS_socket, {HIGH | family, SOCK_STREAM}) != 0);
    }
    return families;
  };
  using Families = std::vector<std::uint64_t>;
  CHECK(allowed(vaultSyscalls()) == Families{});
  CHECK(allowed(renderer::syscalls()) == Families{});
  CHECK(allowed(brokerSyscalls()) == Families{AF_UNIX});
  CHECK(allowed(displaySyscalls()) == Families{AF_UNIX});
  CHECK(allowed(netSyscalls()) == Families{AF_INET, AF_INET6});
  CHECK(allowed(sealedDisplaySyscalls()) == Families{});
  const auto net = netSyscalls().compile();
  for (const std::uint64_t type : {SOCK_RAW, SOCK_SEQPACKET, SOCK_RDM, SOCK_PACKET}) {
    CHECK(decide(net, SYS_socket, {AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK}) == EPERM);
  }
  CHECK(decide(net, SYS_socket, {AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK}) == 0);
}

TEST_CASE("of the trusted ones only the broker gives a second name, to what a path leads to") {
  for (const auto& [name, policy] : allPolicies()) {
    INFO("policy: ", name);
    const std::string_view kind(name);
    if (kind == "renderer" || kind == "spawner") continue;
    CHECK(decide(policy, SYS_linkat, {0, 0, 0, 0, AT_SYMLINK_FOLLOW}) ==
          (kind == "broker" ? 0 : EPERM));
    CHECK(decide(policy, SYS_linkat, {0, 0, 0, 0, AT_EMPTY_PATH}) == EPERM);
    CHECK(decide(policy, SYS_linkat) == EPERM);
  }
}

TEST_CASE("but for the spawner only the renderer starts programs, and it by execve alone") {
  for (const auto& [name, policy] : allPolicies()) {
    if (std::string_view(name) == "spawner") continue;  // it makes and starts all the others
    INFO("policy: ", name);
    const bool renderer = std::string_view(name) == "renderer";
    CHECK(decide(policy, SYS_execve) == (renderer ? 0 : EPERM));
    CHECK(decide(policy, SYS_execveat) == (renderer ? ENOSYS : EPERM));
    CHECK(decide(policy, SYS_clone, {SIGCHLD}) == (renderer ? 0 : EPERM));
#if defined(__x86_64__)
    CHECK(decide(policy, SYS_vfork) == (renderer ? 0 : EPERM));
#endif
  }
}

TEST_CASE("net opens nothing for writing whatever the other flags are") {
  const auto policy = netSyscalls().compile();
  CHECK(decide(policy, SYS_openat, {0, 0, O_RDONLY | O_CLOEXEC | O_DIRECTORY}) == 0);
  for (const std::uint64_t flag : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND}) {
    CHECK(decide(policy, SYS_openat, {0, 0, flag | O_CLOEXEC}) == EACCES);
    CHECK(decide(policy, SYS_openat, {0, 0, HIGH | flag}) == EACCES);
  }
  CHECK(decide(policy, SYS_openat2) == EPERM);
  CHECK(decide(policy, SYS_renameat2) == EPERM);
  CHECK(decide(policy, SYS_unlinkat) == EPERM);
}

TEST_CASE("no memory is writable and executable but where a token says so") {
  for (const auto& [name, policy] : allPolicies()) {
    INFO("policy: ", name);
    const bool mayMake = std::string_view(name) != "vault" && std::string_view(name) != "broker" &&
                         std::string_view(name) != "net";
    CHECK(decide(policy, SYS_mmap, {0, 0, PROT_WRITE | PROT_EXEC}) == (mayMake ? 0 : EPERM));
    CHECK(decide(policy, SYS_mprotect, {0, 0, PROT_EXEC | PROT_READ}) == (mayMake ? 0 : EPERM));
    CHECK(decide(policy, SYS_mmap, {0, 0, PROT_READ | PROT_EXEC}) == 0);
    CHECK(decide(policy, SYS_mprotect, {0, 0, PROT_READ | PROT_WRITE}) == 0);
  }
}

TEST_CASE("dangerous powers, and who has them: who takes one more is seen here") {
  using Tokens = std::vector<std::string>;
  CHECK(vaultSyscalls().tokens() == Tokens{"memory-files"});
  CHECK(netSyscalls().tokens() == Tokens{"open-sockets"});
  CHECK(brokerSyscalls().tokens() == Tokens{"open-sockets", "serve-sockets", "signal-others"});
  CHECK(displaySyscalls().tokens() ==
        Tokens{"make-code", "memory-files", "nest-cages", "open-sockets", "serve-sockets"});
  CHECK(renderer::syscalls().tokens() ==
        Tokens{"make-code", "nest-cages", "signal-others", "start-programs"});
  CHECK(spawnerSyscalls().tokens() == Tokens{"make-cages",
                                             "make-code",
                                             "memory-files",
                                             "nest-cages",
                                             "open-sockets",
                                             "serve-sockets",
                                             "signal-others",
                                             "start-programs"});
}

TEST_CASE("a dangerous call is let in by its own token only") {
  const AllowedCalls plain{"reading", {"read"}};
  for (const auto* call : {"execve",
                           "fork",
                           "socket",
                           "connect",
                           "bind",
                           "accept4",
                           "kill",
                           "pidfd_send_signal",
                           "memfd_create",
                           "seccomp",
                           "unshare",
                           "mount",
                           "landlock_restrict_self"}) {
    INFO("call: ", call);
    SyscallPolicy policy;
    policy.allow(plain).allow({"by a slip", {call}});
    CHECK_THROWS_WITH_AS(
        policy.compile(),
        (std::string("a dangerous call is allowed without its token: ") + call).c_str(),
        std::logic_error);
  }
  SyscallPolicy wrong;
  wrong.allow(plain).allow(tokens::OpenSockets{}, {"a server", {"socket", "bind"}});
  CHECK_THROWS_WITH_AS(wrong.compile(), "a call is none of its token's: bind", std::logic_error);
  SyscallPolicy right;
  right.allow(plain).allow(tokens::OpenSockets{}, {"a client", {"socket", "connect"}});
  CHECK(decide(right.compile(), SYS_socket, {AF_INET}) == 0);
}

TEST_CASE("every refusal has a reason") {
  for (const auto& policy : {vaultSyscalls(),
                             brokerSyscalls(),
                             netSyscalls(),
                             displaySyscalls(),
                             renderer::syscalls()}) {
    const auto reasons = policy.reasons();
    CHECK(reasons.size() >= 10);
    CHECK(std::none_of(reasons.begin(), reasons.end(), [](const std::string& reason) {
      return reason.size() < 10;
    }));
  }
}

TEST_CASE("the spawner and its children have sockets of four families, and limits of their own") {
  const auto policy = spawnerSyscalls().compile();
  for (const auto family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK})
    CHECK(decide(policy, SYS_socket, {static_cast<std::uint64_t>(family)}) == 0);
  for (const auto family : {AF_PACKET, AF_ALG, AF_VSOCK, AF_BLUETOOTH, AF_KEY, AF_TIPC})
    CHECK(decide(policy, SYS_socket, {static_cast<std::uint64_t>(family)}) == EAFNOSUPPORT);
  CHECK(decide(policy, SYS_socketpair, {AF_UNIX}) == 0);
  CHECK(decide(policy, SYS_socketpair, {AF_TIPC}) == EAFNOSUPPORT);
  CHECK(decide(policy, SYS_prlimit64, {0}) == 0);
  CHECK(decide(policy, SYS_prlimit64, {1}) == EPERM);
  CHECK(decide(policy, SYS_ioctl, {1, TIOCSTI | HIGH}) == EPERM);
  CHECK(decide(policy, SYS_clone, {CLONE_NEWUSER}) == 0);
  CHECK(decide(policy, SYS_ptrace) == EPERM);
  CHECK(decide(policy, SYS_read, {}, FOREIGN) == -1);
}

}  // namespace sallyport::sandbox
