// The broker: decides, and reaches the world only through its children. Local sockets for the admin
// socket and the service manager; no program is started here, that is the spawner's.
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

#include "sandbox-policies/allowed-calls.h"
#include "sandbox-policies/process-policies.h"
#include "sandbox-policies/syscall-groups.h"
#include "sandbox-policies/tokens/open-sockets.h"
#include "sandbox-policies/tokens/serve-sockets.h"
#include "sandbox-policies/tokens/signal-others.h"

namespace sallyport::sandbox {

SyscallPolicy brokerSyscalls() {
  SyscallPolicy policy;
  groups::refuseKernelSurface(policy);
  groups::refuseNewProcesses(policy);
  allowed::allowRunning(policy);
  allowed::allowPlainRequests(policy);
  return policy.allow(allowed::readingFiles())
      .allow(allowed::writingFiles())
      .allow(allowed::watchingFolders())
      .allow({"a page's path stays beneath its scope, whatever its links say", {"openat2"}})
      .allow({"a page's file gets its name when it is whole", {"linkat"}})
      .refuseUnless(
          "of a descriptor, by its name in /proc", EPERM, "linkat", 4, {AT_SYMLINK_FOLLOW})
      .allow({"an app's own code copies and shortens files",
              {"truncate", "sendfile", "copy_file_range"}})
      .allow({"the event loop's library passes a connection on through the kernel", {"splice"}})
      .allow({"the admin socket's folder is nobody else's; pairs for the children",
              {"umask", "socketpair"}})
      .allow(tokens::OpenSockets{}, {"the admin socket", {"socket"}})
      .allow(tokens::ServeSockets{},
             {"the admin socket: nobody but its owner reaches it", {"bind", "listen", "accept4"}})
      .allow(tokens::SignalOthers{}, {"ends what it had started", {"kill", "pidfd_send_signal"}})
      .allow({"learns how it ended", {"wait4", "waitid"}})
      .refuse({"talks to nobody who did not come to it or was given to it", EPERM, {"connect"}})
      .refuseUnless("the network is net's, the kernel's sockets are nobody's",
                    EAFNOSUPPORT,
                    "socket",
                    0,
                    {AF_UNIX})
      .refuseUnless("pairs for the children, local only", EAFNOSUPPORT, "socketpair", 0, {AF_UNIX});
}

LandlockPolicy brokerFiles(const BrokerPaths& paths) {
  LandlockPolicy policy;
  for (const auto& path : paths.writable) {
    policy.allow("state, sockets and locks of this app and user, and what its pages may write",
                 FileAccess::OWN,
                 path);
  }
  for (const auto& path : paths.readable) {
    policy.allow("the app, its capabilities, the admin's policy, and what its pages may read",
                 FileAccess::READ,
                 path);
  }
  policy.allow("libraries and character tables loaded late", FileAccess::READ, "/usr/lib")
      .allow("local time for the log", FileAccess::READ, "/usr/share/zoneinfo")
      .allow("local time for the log", FileAccess::READ, "/etc/localtime")
      .allow("who the user is", FileAccess::READ, "/etc/passwd")
      .allow("its own limits and counters", FileAccess::READ, "/proc/self")
      .allow("discarding", FileAccess::READ_WRITE_FILE, "/dev/null")
      .allow("randomness", FileAccess::READ, "/dev/urandom")
      .refuseTcp();
  return policy;
}

}  // namespace sallyport::sandbox
