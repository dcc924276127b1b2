// The groups of refused system calls. See the header.
#include "sandbox-policies/syscall-groups.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <sched.h>

#include <cerrno>

#include "sandbox-policies/tokens/open-sockets.h"
#include "sandbox-policies/tokens/serve-sockets.h"
#include "sandbox-policies/tokens/signal-others.h"

namespace sallyport::sandbox::groups {
namespace {

// Missing from some C library headers.
constexpr std::uint64_t NEW_CGROUP = 0x02000000;
constexpr std::uint64_t LINUX_CONSOLE = 0x541C;  // TIOCLINUX
constexpr std::uint64_t LOW_HALF =
    0xFFFFFFFF;  // the kernel reads the low half; the filter sees all 64 bits

template <typename Token>
std::vector<std::string> callsOf() {
  return {Token::CALLS.begin(), Token::CALLS.end()};
}

}  // namespace

const SyscallGroup& kernelAdministration() {
  static const SyscallGroup group{
      "machine administration: modules, swap, clocks, quotas, accounting, raw ports, the kernel's "
      "log",
      EPERM,
      {"syslog",
       "uselib",
       "acct",
       "quotactl",
       "quotactl_fd",
       "swapon",
       "swapoff",
       "reboot",
       "settimeofday",
       "clock_settime",
       "clock_settime64",
       "stime",
       "adjtimex",
       "clock_adjtime",
       "clock_adjtime64",
       "iopl",
       "ioperm",
       "modify_ldt",
       "nfsservctl",
       "vhangup",
       "sethostname",
       "setdomainname",
       "sysfs",
       "_sysctl",
       "kexec_load",
       "kexec_file_load",
       "init_module",
       "finit_module",
       "delete_module",
       "create_module",
       "get_kernel_syms",
       "query_module",
       "lookup_dcookie",
       "fanotify_init",
       "fanotify_mark",
       "bpf",
       "perf_event_open",
       "userfaultfd",
       "add_key",
       "keyctl",
       "request_key",
       "personality",
       "remap_file_pages",
       "vmsplice",
       "mknod",
       "mknodat",
       "open_by_handle_at",
       "name_to_handle_at"}};
  return group;
}

const SyscallGroup& otherProcesses() {
  static const SyscallGroup group{
      "looking into or moving about another process's memory and descriptors",
      EPERM,
      {"ptrace",
       "process_vm_readv",
       "process_vm_writev",
       "process_madvise",
       "kcmp",
       "pidfd_getfd",
       "move_pages",
       "migrate_pages",
       "mbind",
       "get_mempolicy",
       "set_mempolicy",
       "set_mempolicy_home_node"}};
  return group;
}

const SyscallGroup& namespaces() {
  static const SyscallGroup group{
      "a second view of the system: namespaces, mounts, another root",
      EPERM,
      {"unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot"}};
  return group;
}

const SyscallGroup& newInterfaces() {
  static const SyscallGroup group{
      "interfaces that hide their arguments from a filter (clone3) or do work past it (io_uring), "
      "and the new mount "
      "calls: callers fall back when told that they do not exist",
      ENOSYS,
      {"clone3",
       "io_uring_setup",
       "io_uring_enter",
       "io_uring_register",
       "open_tree",
       "open_tree_attr",
       "move_mount",
       "fsopen",
       "fsconfig",
       "fsmount",
       "fspick",
       "mount_setattr",
       "statmount",
       "listmount",
       "pidfd_open"}};
  return group;
}

const SyscallGroup& socketCreation() {
  static const SyscallGroup group{
      "a socket of its own: what this process may talk to was given to it",
      EPERM,
      callsOf<tokens::OpenSockets>()};
  return group;
}

const SyscallGroup& socketServing() {
  static const SyscallGroup group{
      "nobody connects to this process", EPERM, callsOf<tokens::ServeSockets>()};
  return group;
}

const SyscallGroup& socketPairs() {
  static const SyscallGroup group{"no socket of any kind is made here", EPERM, {"socketpair"}};
  return group;
}

const SyscallGroup& programStart() {
  static const SyscallGroup group{
      "only the spawner starts programs", EPERM, {"execve", "execveat"}};
  return group;
}

const SyscallGroup& processFork() {
  static const SyscallGroup group{
      "one process, so that its end is the end of it all", EPERM, {"fork", "vfork"}};
  return group;
}

const SyscallGroup& signalling() {
  static const SyscallGroup group{"no reason to end or wake another process (abort uses tgkill)",
                                  EPERM,
                                  callsOf<tokens::SignalOthers>()};
  return group;
}

const SyscallGroup& fileChanges() {
  static const SyscallGroup group{
      "reads files, changes none",
      EPERM,
      {"creat",       "openat2",      "truncate", "truncate64", "rename",    "renameat",
       "renameat2",   "unlink",       "unlinkat", "link",       "linkat",    "symlink",
       "symlinkat",   "mkdir",        "mkdirat",  "rmdir",      "chmod",     "fchmodat",
       "fchmodat2",   "chown",        "lchown",   "fchownat",   "setxattr",  "lsetxattr",
       "removexattr", "lremovexattr", "utime",    "utimes",     "futimesat", "utimensat"}};
  return group;
}

const SyscallGroup& executableMemoryFiles() {
  static const SyscallGroup group{
      "a memory file can be executed past Landlock, which does not see it; Qt and the engine fall "
      "back to files",
      ENOSYS,
      {"memfd_create", "memfd_secret", "execveat"}};
  return group;
}

SyscallPolicy& refuseTyping(SyscallPolicy& policy) {
  for (const std::uint64_t request : {std::uint64_t{TIOCSTI}, LINUX_CONSOLE}) {
    policy.refuseWhen(
        "typing into a terminal (CVE-2017-5226, CVE-2023-28100); high bits are ignored by the "
        "kernel",
        EPERM,
        "ioctl",
        {{1, LOW_HALF, request}});
  }
  return policy;
}

SyscallPolicy& refuseKernelSurface(SyscallPolicy& policy) {
  policy.refuse(kernelAdministration())
      .refuse(otherProcesses())
      .refuse(namespaces())
      .refuse(newInterfaces());
  for (const std::uint64_t flag : {std::uint64_t{CLONE_NEWUSER},
                                   std::uint64_t{CLONE_NEWNS},
                                   std::uint64_t{CLONE_NEWPID},
                                   std::uint64_t{CLONE_NEWNET},
                                   std::uint64_t{CLONE_NEWIPC},
                                   std::uint64_t{CLONE_NEWUTS},
                                   NEW_CGROUP}) {
    policy.refuseWhen("a second view of the system", EPERM, "clone", {{0, flag, flag}});
  }
  return refuseTyping(policy);
}

SyscallPolicy& refuseNewProcesses(SyscallPolicy& policy) {
  return policy.refuse(programStart())
      .refuse(processFork())
      .refuseWhen("threads, but no second process", EPERM, "clone", {{0, CLONE_THREAD, 0}});
}

SyscallPolicy& refuseFileChanges(SyscallPolicy& policy) {
  policy.refuse(fileChanges());
  for (const std::uint64_t flag : {std::uint64_t{O_WRONLY},
                                   std::uint64_t{O_RDWR},
                                   std::uint64_t{O_CREAT},
                                   std::uint64_t{O_TRUNC},
                                   std::uint64_t{O_APPEND}}) {
    policy.refuseWhen("reads files, writes none", EACCES, "open", {{1, flag, flag}});
    policy.refuseWhen("reads files, writes none", EACCES, "openat", {{2, flag, flag}});
  }
  return policy;
}

}  // namespace sallyport::sandbox::groups
