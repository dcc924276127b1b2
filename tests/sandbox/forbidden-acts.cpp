// See the header. Raw system calls throughout: what a hostile program would do, not what a library
// lets it do.
#include "tests/sandbox/forbidden-acts.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <thread>

namespace sallyport::test {
namespace {

constexpr std::uint64_t HIGH_BITS = 0x0000000700000000;

std::string outcome(long result) {
  if (result >= 0) return "ok";
  const char* name = strerrorname_np(errno);
  return name != nullptr ? name : std::to_string(errno);
}

// A descriptor is closed again: what was opened by mistake must not change the next attempt.
std::string opened(long fd) {
  const auto result = outcome(fd);
  if (fd >= 0) close(static_cast<int>(fd));
  return result;
}

// Runs in a child, which exits with the error or 0.
std::string inChild(const std::function<long()>& attempt) {
  const pid_t child = fork();
  if (child < 0) return "no fork: " + outcome(-1);
  if (child == 0) _exit(attempt() >= 0 ? 0 : errno);
  int status = 0;
  if (waitpid(child, &status, 0) != child) return "lost";
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) == 0) return "ok";
  errno = WEXITSTATUS(status);
  return outcome(-1);
}

std::string cloned(std::uint64_t flags) {
  const long child = syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) _exit(0);
  const auto result = outcome(child);
  if (child > 0) waitpid(static_cast<pid_t>(child), nullptr, 0);
  return result;
}

bool copyFile(const char* from, const std::string& to) {
  const int in = open(from, O_RDONLY | O_CLOEXEC);
  const int out = open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
  bool good = in >= 0 && out >= 0;
  std::array<char, 65536> buffer{};
  for (ssize_t size = 1; good && size > 0;) {
    size = read(in, buffer.data(), buffer.size());
    good = size >= 0 && write(out, buffer.data(), static_cast<std::size_t>(size)) == size;
  }
  if (in >= 0) close(in);
  if (out >= 0) close(out);
  return good;
}

long execute(const char* path) {
  char name[] = "probe";
  char* const argv[] = {name, nullptr};
  char* const environment[] = {nullptr};
  return execve(path, argv, environment);
}

std::string readSome(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return outcome(-1);
  char byte;
  const ssize_t size = read(fd, &byte, 1);
  const auto result = size == 0 ? std::string("empty") : outcome(size);
  close(fd);
  return result;
}

#if defined(__x86_64__)
// getpid of i386 through the old gate, and of x32.
long oldGate() {
  long result;
  asm volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
  return result;
}
long otherTable() { return syscall(0x40000000 | 39); }
#endif

}  // namespace

std::vector<Act> socketActs() {
  std::vector<Act> acts;
  for (int family = 0; family <= 46; ++family) {
    acts.push_back({"socket " + std::to_string(family),
                    [family] { return opened(syscall(SYS_socket, family, SOCK_STREAM, 0)); }});
  }
  acts.push_back(
      {"socket unix datagram", [] { return opened(syscall(SYS_socket, AF_UNIX, SOCK_DGRAM, 0)); }});
  acts.push_back(
      {"socket netlink raw", [] { return opened(syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0)); }});
  acts.push_back({"socket inet raw",
                  [] { return opened(syscall(SYS_socket, AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1)); }});
  acts.push_back({"socket inet, high bits",
                  [] { return opened(syscall(SYS_socket, HIGH_BITS | AF_INET, SOCK_STREAM, 0)); }});
  acts.push_back({"socketpair unix", [] {
                    int pair[2];
                    const long result = syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
                    if (result == 0) {
                      close(pair[0]);
                      close(pair[1]);
                    }
                    return outcome(result);
                  }});
  acts.push_back({"socketpair tipc", [] {
                    int pair[2];
                    return outcome(syscall(SYS_socketpair, AF_TIPC, SOCK_STREAM, 0, pair));
                  }});
  // On a descriptor that is none: EBADF would mean that the filter let the call through.
  acts.push_back({"connect", [] { return outcome(syscall(SYS_connect, -1, nullptr, 0)); }});
  acts.push_back({"bind", [] { return outcome(syscall(SYS_bind, -1, nullptr, 0)); }});
  acts.push_back({"listen", [] { return outcome(syscall(SYS_listen, -1, 1)); }});
  acts.push_back(
      {"accept4", [] { return outcome(syscall(SYS_accept4, -1, nullptr, nullptr, 0)); }});
  return acts;
}

std::vector<Act> kernelActs() {
  std::vector<Act> acts;
  const std::vector<std::pair<const char*, std::uint64_t>> spaces{{"user", CLONE_NEWUSER},
                                                                  {"mnt", CLONE_NEWNS},
                                                                  {"pid", CLONE_NEWPID},
                                                                  {"net", CLONE_NEWNET},
                                                                  {"ipc", CLONE_NEWIPC},
                                                                  {"uts", CLONE_NEWUTS},
                                                                  {"cgroup", 0x02000000}};
  for (const auto& [name, flag] : spaces) {
    acts.push_back({std::string("unshare ") + name,
                    [flag = flag] { return outcome(syscall(SYS_unshare, flag)); }});
    acts.push_back({std::string("clone ") + name, [flag = flag] { return cloned(flag); }});
  }
  acts.push_back({"clone user, high bits", [] { return cloned(HIGH_BITS | CLONE_NEWUSER); }});
  acts.push_back({"clone3", [] { return outcome(syscall(SYS_clone3, nullptr, 0)); }});
  acts.push_back({"setns", [] { return outcome(syscall(SYS_setns, -1, 0)); }});
  acts.push_back({"mount", [] { return outcome(mount("none", "/tmp", "tmpfs", 0, nullptr)); }});
  acts.push_back({"umount2", [] { return outcome(umount2("/tmp", MNT_DETACH)); }});
  acts.push_back({"pivot_root", [] { return outcome(syscall(SYS_pivot_root, "/tmp", "/tmp")); }});
  acts.push_back({"chroot", [] { return outcome(chroot("/tmp")); }});
  acts.push_back({"open_tree", [] { return opened(syscall(SYS_open_tree, AT_FDCWD, "/tmp", 1)); }});
  acts.push_back({"fsopen", [] { return opened(syscall(SYS_fsopen, "tmpfs", 0)); }});
  acts.push_back(
      {"move_mount", [] { return outcome(syscall(SYS_move_mount, -1, "", -1, "", 0)); }});
  acts.push_back(
      {"mount_setattr", [] { return outcome(syscall(SYS_mount_setattr, -1, "", 0, nullptr, 0)); }});
  acts.push_back(
      {"open_by_handle_at", [] { return opened(syscall(SYS_open_by_handle_at, -1, nullptr, 0)); }});
  acts.push_back(
      {"ptrace attach", [] { return outcome(ptrace(PTRACE_SEIZE, getppid(), nullptr, nullptr)); }});
  acts.push_back(
      {"ptrace traceme", [] { return outcome(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }});
  acts.push_back({"process_vm_readv", [] {
                    char byte;
                    iovec here{&byte, 1};
                    iovec there{&byte, 1};
                    return outcome(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
                  }});
  acts.push_back({"process_vm_writev",
                  [] { return outcome(process_vm_writev(getppid(), nullptr, 0, nullptr, 0, 0)); }});
  acts.push_back({"pidfd_open", [] { return opened(syscall(SYS_pidfd_open, getppid(), 0)); }});
  acts.push_back({"pidfd_getfd", [] { return opened(syscall(SYS_pidfd_getfd, -1, 0, 0)); }});
  acts.push_back({"kcmp", [] { return outcome(syscall(SYS_kcmp, getppid(), getpid(), 0, 0, 0)); }});
  acts.push_back({"add_key", [] {
                    return outcome(
                        syscall(SYS_add_key, "user", "x", "y", 1, KEY_SPEC_PROCESS_KEYRING));
                  }});
  acts.push_back({"keyctl", [] {
                    return outcome(
                        syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0));
                  }});
  acts.push_back(
      {"request_key", [] { return outcome(syscall(SYS_request_key, "user", "x", nullptr, 0)); }});
  acts.push_back({"bpf", [] { return opened(syscall(SYS_bpf, 0, nullptr, 0)); }});
  acts.push_back({"perf_event_open", [] {
                    perf_event_attr attributes{};
                    attributes.size = sizeof attributes;
                    return opened(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
                  }});
  acts.push_back({"userfaultfd", [] { return opened(syscall(SYS_userfaultfd, 1)); }});
  acts.push_back({"io_uring_setup", [] {
                    io_uring_params parameters{};
                    return opened(syscall(SYS_io_uring_setup, 1, &parameters));
                  }});
  acts.push_back({"kexec_load", [] { return outcome(syscall(SYS_kexec_load, 0, 0, nullptr, 0)); }});
  acts.push_back({"init_module", [] { return outcome(syscall(SYS_init_module, nullptr, 0, "")); }});
  acts.push_back({"syslog", [] { return outcome(syscall(SYS_syslog, 10, nullptr, 0)); }});
  acts.push_back({"mknod", [] { return outcome(mknod("/tmp/device", S_IFCHR | 0600, 0x0101)); }});
  acts.push_back({"unknown call", [] { return outcome(syscall(1000)); }});
  for (const std::uint64_t request : {std::uint64_t{TIOCSTI}, std::uint64_t{0x541C}}) {
    const auto name = std::string(request == TIOCSTI ? "TIOCSTI" : "TIOCLINUX");
    acts.push_back({name, [request] { return outcome(syscall(SYS_ioctl, 0, request, "x")); }});
    acts.push_back({name + ", high bits", [request] {
                      return outcome(syscall(SYS_ioctl, 0, HIGH_BITS | request, "x"));
                    }});
  }
#if defined(__x86_64__)
  acts.push_back({"i386 call", [] { return inChild(&oldGate); }});
  acts.push_back({"x32 call", [] { return inChild(&otherTable); }});
#endif
  return acts;
}

std::vector<Act> fileActs(const std::string& scratch) {
  std::vector<Act> acts;
  for (const char* path : {"/etc/passwd",    "/etc/shadow",
                           "/etc/hostname",  "/etc/ssl/openssl.cnf",
                           "/etc/hosts",     "/proc/1/environ",
                           "/proc/1/maps",   "/proc/keys",
                           "/proc/kallsyms", "/proc/timer_list",
                           "/proc/kmsg",     "/proc/kcore",
                           "/dev/ptmx",      "/dev/tty",
                           "/sys/kernel",    "/bin/sh",
                           "/usr/bin/su",    "/root",
                           "/run/dbus",      "/proc/version"}) {
    acts.push_back({std::string("read ") + path, [path] { return readSome(path); }});
  }
  for (const char* path : {"/probe",
                           "/usr/probe",
                           "/usr/lib/probe",
                           "/etc/probe",
                           "/app/probe",
                           "/dev/probe",
                           "/app/bin/probe",
                           "/home/probe",
                           "/run/probe",
                           "/var/tmp/probe"}) {
    acts.push_back({std::string("create ") + path,
                    [path] { return opened(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); }});
  }
  for (const char* path : {"/proc/sys/kernel/hostname",
                           "/proc/self/oom_score_adj",
                           "/proc/sysrq-trigger",
                           "/dev/full",
                           "/app/bin/sallyport-renderer",
                           "/etc/ld.so.cache"}) {
    acts.push_back({std::string("write ") + path,
                    [path] { return opened(open(path, O_WRONLY | O_CLOEXEC)); }});
  }
  acts.push_back({"create in scratch", [scratch] {
                    const auto path = scratch + "/probe-file";
                    const auto result =
                        opened(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
                    unlink(path.c_str());
                    return result;
                  }});
  acts.push_back({"openat2 in scratch", [scratch] {
                    std::array<std::uint64_t, 3> how{O_RDWR | O_CREAT, 0600, 0};
                    const auto path = scratch + "/probe-file-2";
                    const auto result = opened(
                        syscall(SYS_openat2, AT_FDCWD, path.c_str(), how.data(), sizeof how));
                    unlink(path.c_str());
                    return result;
                  }});
  acts.push_back({"300 MiB in scratch", [scratch] {
                    const auto path = scratch + "/probe-bomb";
                    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
                    if (fd < 0) return outcome(-1);
                    const auto result = outcome(fallocate(fd, 0, 0, 300 << 20));
                    close(fd);
                    unlink(path.c_str());
                    return result;
                  }});
  return acts;
}

std::vector<Act> programActs(const std::string& scratch) {
  std::vector<Act> acts;
  acts.push_back({"execute a copy in scratch", [scratch] {
                    const auto path = scratch + "/probe-copy";
                    const auto result = copyFile("/proc/self/exe", path)
                                            ? inChild([&] { return execute(path.c_str()); })
                                            : "no copy: " + outcome(-1);
                    unlink(path.c_str());
                    return result;
                  }});
  acts.push_back({"execute a memory file", [] {
                    const int fd = static_cast<int>(syscall(SYS_memfd_create, "probe", 0));
                    if (fd < 0) return "no memory file: " + outcome(-1);
                    const auto path = "/proc/self/fd/" + std::to_string(fd);
                    const auto result = copyFile("/proc/self/exe", path)
                                            ? inChild([&] { return execute(path.c_str()); })
                                            : "no copy: " + outcome(-1);
                    close(fd);
                    return result;
                  }});
  acts.push_back({"execveat", [] {
                    char name[] = "probe";
                    char* const argv[] = {name, nullptr};
                    return outcome(syscall(SYS_execveat, -1, "", argv, argv + 1, AT_EMPTY_PATH));
                  }});
  acts.push_back({"execve", [] { return outcome(execute("")); }});
  for (const char* path : {"/bin/sh", "/usr/bin/su", "/usr/bin/bwrap", "/bin/mount"}) {
    acts.push_back({std::string("execute ") + path,
                    [path] { return inChild([path] { return execute(path); }); }});
  }
  acts.push_back({"fork", [] { return inChild([] { return 0L; }); }});
  acts.push_back({"clone a process", [] { return cloned(0); }});
  acts.push_back({"thread", [] {
                    try {
                      std::thread([] {}).join();
                      return std::string("ok");
                    } catch (const std::exception&) {
                      return std::string("refused");
                    }
                  }});
  acts.push_back({"signal the parent", [] { return outcome(kill(getppid(), 0)); }});
  return acts;
}

}  // namespace sallyport::test
