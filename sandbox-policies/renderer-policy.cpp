// The renderer's cage. Each line of the file system is there because Qt WebEngine stops without it
// (seen on 6.4 and 6.8) or for the reason given. See the header.
#include "sandbox-policies/renderer-policy.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <filesystem>

#include "sandbox-policies/allowed-calls.h"
#include "sandbox-policies/syscall-groups.h"
#include "sandbox-policies/tokens/make-code.h"
#include "sandbox-policies/tokens/nest-cages.h"
#include "sandbox-policies/tokens/signal-others.h"
#include "sandbox-policies/tokens/start-programs.h"

namespace sallyport::sandbox::renderer {
namespace {

constexpr const char* LIBRARIES = "/usr/lib/" SALLYPORT_MULTIARCH;
constexpr const char* ENGINE_PROCESS = "/usr/lib/qt6/libexec/QtWebEngineProcess";
constexpr unsigned long MIB = 1024UL * 1024;

using Arguments = std::vector<std::string>;

void add(Arguments& arguments, std::initializer_list<std::string_view> more) {
  for (const auto part : more) arguments.emplace_back(part);
}

void addReadOnly(Arguments& arguments, std::string_view path) {
  add(arguments, {"--ro-bind", path, path});
}

void addReadOnlyIfThere(Arguments& arguments, std::string_view path) {
  add(arguments, {"--ro-bind-try", path, path});
}

void addTemporary(Arguments& arguments, std::string_view path, unsigned long bytes) {
  add(arguments, {"--perms", "0700", "--size", std::to_string(bytes), "--tmpfs", path});
}

void addNamespaces(Arguments& arguments, std::string_view hostName) {
  add(arguments, {"--unshare-user", "--uid", "1000", "--gid", "1000"});
  add(arguments,
      {"--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup"});
  // The host's name tells one machine from another.
  add(arguments, {"--hostname", hostName});
  // No second user namespace: most kernel exploits of the last years began with one.
  add(arguments,
      {"--disable-userns",
       "--cap-drop",
       "ALL",
       "--die-with-parent",
       "--new-session",
       "--chdir",
       "/"});
}

void addSystem(Arguments& arguments) {
  addReadOnly(arguments, LIBRARIES);
  // The loader: a directory on x86-64, a link beside the libraries elsewhere.
  addReadOnlyIfThere(arguments, "/usr/lib64");
  addReadOnlyIfThere(arguments, "/usr/lib/ld-linux-aarch64.so.1");
  addReadOnly(arguments, ENGINE_PROCESS);
  // Data of Qt and the engine (ICU, resource packs, locales); fonts and their settings; keyboard
  // tables and compose rules; media types; time zones, so that a page shows local time.
  addReadOnly(arguments, "/usr/share/qt6");
  for (const auto path : {"/usr/share/fonts",
                          "/usr/local/share/fonts",
                          "/usr/share/fontconfig",
                          "/usr/share/X11/xkb",
                          "/usr/share/X11/locale",
                          "/usr/share/mime",
                          "/usr/share/zoneinfo",
                          "/etc/fonts",
                          "/etc/localtime",
                          // Debian 13 reaches some libraries through here.
                          "/etc/alternatives",
                          "/etc/ld.so.cache",
                          // Without it each renderer scans every font at its start.
                          "/var/cache/fontconfig"}) {
    addReadOnlyIfThere(arguments, path);
  }
  add(arguments, {"--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"});
}

void addDevicesAndSpace(Arguments& arguments) {
  // The engine reads its own maps and threads there; it shows this cage's processes only. What it
  // shows of the machine beyond that is covered: names of kernel objects, and counters that tell a
  // key stroke from the next.
  add(arguments, {"--proc", "/proc"});
  for (const auto* name : {"keys",
                           "key-users",
                           "kallsyms",
                           "timer_list",
                           "interrupts",
                           "softirqs",
                           "modules",
                           "iomem",
                           "ioports",
                           "config.gz",
                           "cmdline",
                           "slabinfo",
                           "vmallocinfo",
                           "sched_debug",
                           "latency_stats",
                           "schedstat"}) {
    const auto path = std::string("/proc/") + name;
    if (std::filesystem::exists(path)) add(arguments, {"--ro-bind", "/dev/null", path});
  }
  // Not bubblewrap's --dev: its tmpfs is unbounded and it brings terminals.
  for (const auto device : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    add(arguments, {"--dev-bind", device, device});
  }
  add(arguments, {"--symlink", "/proc/self/fd", "/dev/fd"});
  // Bitmaps between the engine's processes; uploads of a page; window buffers; Qt's scratch files.
  addTemporary(arguments, "/dev/shm", 512 * MIB);
  addTemporary(arguments, "/tmp", 256 * MIB);
  addTemporary(arguments, "/run/user", 256 * MIB);
  addTemporary(arguments, "/home/user", 64 * MIB);
}

// What only a browser does. Seen on 6.4 and 6.8; what a page reaches in the engine and no test of
// ours does is there by the engine's own list for its processes.
void allowEngine(SyscallPolicy& policy) {
  policy
      .allow({"memory of compiled scripts, and what the engine asks about its pages",
              {"pkey_alloc",
               "pkey_free",
               "pkey_mprotect",
               "membarrier",
               "mincore",
               "msync",
               "mlock",
               "mlock2",
               "munlock"}})
      .allow({"which thread of the engine goes first",
              {"sched_setscheduler",
               "sched_setparam",
               "sched_setattr",
               "sched_getattr",
               "sched_setaffinity",
               "sched_get_priority_max",
               "sched_get_priority_min",
               "sched_rr_get_interval",
               "setpriority",
               "getpriority"}})
      .allow({"the engine's watchdogs and profiler",
              {"alarm",
               "setitimer",
               "getitimer",
               "times",
               "timer_create",
               "timer_settime",
               "timer_gettime",
               "timer_getoverrun",
               "timer_delete"}})
      .allow({"the engine's profile, caches and downloads, in its own bounded space",
              {"inotify_init",
               "creat",
               "chmod",
               "chdir",
               "copy_file_range",
               "fchdir",
               "fchmodat",
               "fchown",
               "link",
               "linkat",
               "sendfile",
               "symlink",
               "symlinkat",
               "sync_file_range",
               "truncate",
               "umask",
               "utimensat"}});
}

}  // namespace

const std::array<Variable, 5> ENVIRONMENT{{
    {"HOME", "/home/user"},
    {"LANG", "C.UTF-8"},
    {"XDG_RUNTIME_DIR", "/run/user"},
    {"WAYLAND_SOCKET", "4"},
    {"QT_QPA_PLATFORM", "wayland"},
}};

std::vector<std::string> commandLine() {
  return {"--args", std::to_string(ARGUMENTS), "--", std::string(STAGE)};
}

std::vector<std::string> bubblewrapArguments(std::string_view hostName) {
  Arguments arguments;
  addNamespaces(arguments, hostName);
  for (const int filter : {SYSCALL_TABLE, SYSCALL_ARGUMENTS}) {
    add(arguments, {"--add-seccomp-fd", std::to_string(filter)});
  }
  addSystem(arguments);
  addDevicesAndSpace(arguments);
  // Copies, not binds: a bind would show in /proc/self/mountinfo where on this machine the program
  // lies.
  add(arguments, {"--perms", "0555", "--file", std::to_string(PROGRAM_FILE), PROGRAM});
  add(arguments, {"--perms", "0555", "--file", std::to_string(STAGE_FILE), STAGE});
  // Last: what was not made above cannot be made any more.
  add(arguments, {"--remount-ro", "/"});
  return arguments;
}

// Wider than the others': the engine is a browser, and its processes share one filter.
SyscallPolicy syscalls() {
  SyscallPolicy policy;
  groups::refuseKernelSurface(policy);
  for (const auto* group : {&allowed::memory(),
                            &allowed::threads(),
                            &allowed::ending(),
                            &allowed::time(),
                            &allowed::waiting(),
                            &allowed::descriptors(),
                            &allowed::messages(),
                            &allowed::aboutItself(),
                            &allowed::readingFiles(),
                            &allowed::writingFiles(),
                            &allowed::watchingFolders()})
    policy.allow(*group);
  allowEngine(policy);
  return policy
      .allow(tokens::StartPrograms{},
             {"the stage starts the renderer, the engine its page processes",
              {"execve", "fork", "vfork"}})
      .allow(tokens::SignalOthers{}, {"the engine ends its page processes", {"kill", "tkill"}})
      .allow({"and learns how they ended", {"wait4", "waitid"}})
      .allow(tokens::NestCages{},
             {"the stage's and the engine's own layers inside this one",
              {"landlock_create_ruleset",
               "landlock_add_rule",
               "landlock_restrict_self",
               "seccomp",
               "capset"}})
      .allow({"what those layers look up and lower", {"capget", "setrlimit"}})
      .allow(tokens::MakeCode{}, "the engine compiles scripts")
      .allow({"the engine's processes talk over local pairs", {"socketpair"}})
      .allow(
          {"who it is, as libraries ask", {"getgroups", "getpgid", "getpgrp", "getsid", "setsid"}})
      .refuse(groups::socketCreation())
      .refuse(groups::socketServing())
      .refuse(groups::executableMemoryFiles())
      .refuseUnless("limits of its own, nobody else's", EPERM, "prlimit64", 0, {0})
      .refuseUnless(
          "the engine's processes talk over local pairs", EAFNOSUPPORT, "socketpair", 0, {AF_UNIX});
}

LandlockPolicy files() {
  LandlockPolicy policy;
  policy.allow("libraries, resources, fonts", FileAccess::READ, "/usr")
      .allow("font settings, loader cache, local time", FileAccess::READ, "/etc")
      .allow("font cache", FileAccess::READ, "/var/cache/fontconfig")
      .allow("the engine looks at its own processes", FileAccess::READ, "/proc")
      .allow(tokens::StartPrograms{}, "this program", PROGRAM)
      .allow(tokens::StartPrograms{}, "the engine's page process", ENGINE_PROCESS)
      // Needed to start either. It can load what a process may map anyway, so it adds no right.
      .allow(tokens::StartPrograms{}, "the loader", "/lib64/ld-linux-x86-64.so.2")
      .allow(tokens::StartPrograms{}, "the loader", "/lib/ld-linux-aarch64.so.1");
  for (const auto path : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    policy.allow("harmless devices", FileAccess::READ_WRITE_FILE, path);
  }
  for (const auto path : {"/dev/shm", "/tmp", "/run/user", "/home/user"}) {
    policy.allow("its own bounded space", FileAccess::OWN, path);
  }
  policy.refuseTcp().scopeSignals().scopeAbstractSockets();
  return policy;
}

std::vector<Limit> outerLimits() {
  return {{RLIMIT_CORE, 0, "a dump would hold the page's content"},
          {RLIMIT_NOFILE, 4096, "descriptors are kernel memory"},
          {RLIMIT_FSIZE, 1024 * MIB, "one file, also a sparse one"},
          {RLIMIT_MEMLOCK, 0, "memory that cannot be swapped is the host's"},
          {RLIMIT_MSGQUEUE, 0, "not used"}};
}

std::vector<Limit> innerLimits() {
  return {{RLIMIT_NPROC, 512, "processes and threads of the whole cage"},
          {RLIMIT_DATA, 4096 * MIB, "heap of each process; WINDOW_BOUNDS has their sum"}};
}

}  // namespace sallyport::sandbox::renderer
