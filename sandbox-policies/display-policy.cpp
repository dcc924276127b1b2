// Prompt and frame: draw on the user's display. No network, no program, the home directory closed
// but for the look of the desktop. Qt needs local sockets to reach the display; a frame gives them
// up once its window is there.
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>

#include "sandbox-policies/allowed-calls.h"
#include "sandbox-policies/process-policies.h"
#include "sandbox-policies/syscall-groups.h"
#include "sandbox-policies/tokens/make-code.h"
#include "sandbox-policies/tokens/memory-files.h"
#include "sandbox-policies/tokens/nest-cages.h"
#include "sandbox-policies/tokens/open-sockets.h"
#include "sandbox-policies/tokens/serve-sockets.h"

namespace sallyport::sandbox {

SyscallPolicy displaySyscalls() {
  SyscallPolicy policy;
  groups::refuseKernelSurface(policy);
  groups::refuseNewProcesses(policy);
  allowed::allowRunning(policy);
  return policy.allow(allowed::readingFiles())
      .allow(allowed::writingFiles())
      .allow(allowed::watchingFolders())
      .allow(tokens::OpenSockets{},
             {"the display server, the desktop's services", {"socket", "connect"}})
      .allow(tokens::ServeSockets{},
             {"a frame's private compositor", {"bind", "listen", "accept", "accept4"}})
      .allow({"the private compositor's pair with a renderer", {"socketpair"}})
      .allow({"pixels shared with an X11 server", {"shmget", "shmat", "shmdt", "shmctl"}})
      .allow(tokens::MemoryFiles{}, {"pixels shared over Wayland", {"memfd_create"}})
      .allow({"the toolkit sets the priority of its threads",
              {"sched_setscheduler",
               "sched_get_priority_min",
               "sched_get_priority_max",
               "sched_getattr",
               "sched_setattr",
               "getpriority"}})
      .allow(tokens::NestCages{},
             {"a frame's second filter, put on once its window is there", {"seccomp"}})
      .allow(tokens::MakeCode{}, "the toolkit compiles patterns")
      .refuse(groups::signalling())
      .refuseUnless(
          "the display server and the desktop are local", EAFNOSUPPORT, "socket", 0, {AF_UNIX})
      .refuseUnless("local pairs only", EAFNOSUPPORT, "socketpair", 0, {AF_UNIX});
}

LandlockPolicy displayFiles(const DisplayPaths& paths) {
  LandlockPolicy policy;
  policy.allow("libraries, fonts, themes, keyboard tables", FileAccess::READ, "/usr")
      .allow("the same, where /lib is a directory of its own", FileAccess::READ, "/lib")
      .allow("fonts, alternatives, locale", FileAccess::READ, "/etc")
      .allow("font cache", FileAccess::READ, "/var/cache/fontconfig")
      .allow("its own limits and mappings", FileAccess::READ, "/proc/self")
      .allow("discarding", FileAccess::READ_WRITE_FILE, "/dev/null")
      .allow("randomness", FileAccess::READ, "/dev/urandom")
      .allow("pixels shared with the display server", FileAccess::OWN, "/dev/shm");
  for (const auto& path : paths.writable) {
    policy.allow("the socket directory of the private compositor", FileAccess::OWN, path);
  }
  if (const char* authority = std::getenv("XAUTHORITY")) {
    policy.allow("the key to the display server", FileAccess::READ, authority);
  }
  if (const char* home = std::getenv("HOME")) {
    const std::filesystem::path base(home);
    policy.allow("the key to the display server", FileAccess::READ, base / ".Xauthority")
        .allow("the user's fonts", FileAccess::READ, base / ".local/share/fonts")
        .allow("the user's font settings", FileAccess::READ, base / ".config/fontconfig")
        .allow("the user's colours", FileAccess::READ, base / ".config/kdeglobals");
  }
  policy.refuseTcp().scopeSignals();
  return policy;
}

// A user may pick any file of theirs, so the files are open; what one click too many could break
// (removing, renaming, folders, links, sockets) is not.
LandlockPolicy chooserFiles() {
  LandlockPolicy policy;
  policy.allow("what the user picks", FileAccess::READ_WRITE_NEW, "/")
      .allow("pixels shared with the display server", FileAccess::OWN, "/dev/shm")
      .refuseTcp()
      .scopeSignals();
  return policy;
}

SyscallPolicy sealedDisplaySyscalls() {
  SyscallPolicy policy;
  policy.refuse(groups::socketCreation())
      .refuse({"nobody connects to this process", EPERM, {"bind", "listen"}});
  return policy;
}

}  // namespace sallyport::sandbox
