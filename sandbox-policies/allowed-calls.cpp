// The groups of allowed system calls. See the header.
#include "sandbox-policies/allowed-calls.h"

#include <asm/ioctls.h>
#include <sys/prctl.h>

#include <cerrno>

namespace sallyport::sandbox::allowed {

const AllowedCalls& memory() {
  static const AllowedCalls group{"heap, stacks of threads, libraries that are loaded late",
                                  {"brk", "mmap", "munmap", "mremap", "mprotect", "madvise"}};
  return group;
}

const AllowedCalls& threads() {
  static const AllowedCalls group{"threads of this process, their locks and where they run",
                                  {"clone",
                                   "futex",
                                   "set_robust_list",
                                   "get_robust_list",
                                   "rseq",
                                   "set_tid_address",
                                   "arch_prctl",
                                   "gettid",
                                   "sched_yield",
                                   "sched_getaffinity",
                                   "sched_getparam",
                                   "sched_getscheduler",
                                   "getcpu"}};
  return group;
}

const AllowedCalls& ending() {
  static const AllowedCalls group{
      "signals to itself and the way out, also by abort() and from a handler",
      {"rt_sigaction",
       "rt_sigprocmask",
       "rt_sigreturn",
       "rt_sigpending",
       "rt_sigsuspend",
       "rt_sigtimedwait",
       "sigaltstack",
       "restart_syscall",
       "signalfd4",
       "tgkill",
       "exit",
       "exit_group"}};
  return group;
}

const AllowedCalls& time() {
  static const AllowedCalls group{
      "clocks, where the kernel's own page does not answer, and waiting for them",
      {"clock_gettime",
       "clock_getres",
       "gettimeofday",
       "time",
       "nanosleep",
       "clock_nanosleep",
       "timerfd_create",
       "timerfd_settime",
       "timerfd_gettime"}};
  return group;
}

const AllowedCalls& waiting() {
  static const AllowedCalls group{"the event loop, whichever way the library's version waits",
                                  {"poll",
                                   "ppoll",
                                   "select",
                                   "pselect6",
                                   "epoll_create1",
                                   "epoll_ctl",
                                   "epoll_wait",
                                   "epoll_pwait",
                                   "epoll_pwait2",
                                   "eventfd2",
                                   "pipe",
                                   "pipe2"}};
  return group;
}

const AllowedCalls& descriptors() {
  static const AllowedCalls group{"work on descriptors that it has",
                                  {"read",
                                   "readv",
                                   "pread64",
                                   "preadv",
                                   "write",
                                   "writev",
                                   "pwrite64",
                                   "pwritev",
                                   "lseek",
                                   "fstat",
                                   "fcntl",
                                   "ioctl",
                                   "dup",
                                   "dup2",
                                   "dup3",
                                   "close",
                                   "close_range"}};
  return group;
}

const AllowedCalls& messages() {
  static const AllowedCalls group{"talking over sockets that it has",
                                  {"recvfrom",
                                   "recvmsg",
                                   "sendto",
                                   "sendmsg",
                                   "shutdown",
                                   "getsockopt",
                                   "setsockopt",
                                   "getsockname",
                                   "getpeername"}};
  return group;
}

const AllowedCalls& aboutItself() {
  static const AllowedCalls group{
      "what libraries ask about this process and machine, and randomness",
      {"getpid",
       "getppid",
       "getuid",
       "geteuid",
       "getgid",
       "getegid",
       "getresuid",
       "getresgid",
       "uname",
       "sysinfo",
       "getrusage",
       "getrlimit",
       "prlimit64",
       "prctl",
       "getcwd",
       "getrandom"}};
  return group;
}

const AllowedCalls& readingFiles() {
  static const AllowedCalls group{"reading files, within what Landlock leaves",
                                  {"open",
                                   "openat",
                                   "stat",
                                   "lstat",
                                   "newfstatat",
                                   "statx",
                                   "statfs",
                                   "fstatfs",
                                   "access",
                                   "faccessat",
                                   "faccessat2",
                                   "readlink",
                                   "readlinkat",
                                   "getdents64",
                                   "fadvise64"}};
  return group;
}

// Not chmod(), chown(), utime() and setxattr() by a path: Landlock does not see those.
const AllowedCalls& writingFiles() {
  static const AllowedCalls group{
      "writing, replacing and removing files, within what Landlock "
      "leaves",
      {"fsync",
       "fdatasync",
       "ftruncate",
       "fallocate",
       "fchmod",
       "flock",
       "mkdir",
       "mkdirat",
       "rmdir",
       "rename",
       "renameat",
       "renameat2",
       "unlink",
       "unlinkat"}};
  return group;
}

const AllowedCalls& watchingFolders() {
  static const AllowedCalls group{"being told of changes in folders",
                                  {"inotify_init1", "inotify_add_watch", "inotify_rm_watch"}};
  return group;
}

SyscallPolicy& allowRunning(SyscallPolicy& policy) {
  for (const auto* group : {&memory(),
                            &threads(),
                            &ending(),
                            &time(),
                            &waiting(),
                            &descriptors(),
                            &messages(),
                            &aboutItself()})
    policy.allow(*group);
  // 0 is this process.
  policy.refuseUnless("limits of its own, nobody else's", EPERM, "prlimit64", 0, {0});
  return policy.refuseUnless(
      "its threads' names and one more filter; being looked into is not its "
      "to allow",
      EPERM,
      "prctl",
      0,
      {PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_SET_NO_NEW_PRIVS});
}

SyscallPolicy& allowPlainRequests(SyscallPolicy& policy) {
  return policy.refuseUnless("of a descriptor's requests, those of an event loop",
                             EPERM,
                             "ioctl",
                             1,
                             {TCGETS, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX});
}

}  // namespace sallyport::sandbox::allowed
