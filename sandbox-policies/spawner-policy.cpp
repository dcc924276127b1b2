// The spawner, and whatever it starts: a filter is inherited, so this one is what all of its
// children's cages have in common, and what making those takes. Each child's own takes away more.
// What the user's desktop starts is not under it (broker/spawn/starter.h). No Landlock: bubblewrap
// cannot work behind it.
#include <sys/socket.h>

#include <cerrno>

#include "sandbox-policies/allowed-calls.h"
#include "sandbox-policies/process-policies.h"
#include "sandbox-policies/renderer-policy.h"
#include "sandbox-policies/syscall-groups.h"
#include "sandbox-policies/tokens/make-cages.h"
#include "sandbox-policies/tokens/memory-files.h"
#include "sandbox-policies/tokens/nest-cages.h"
#include "sandbox-policies/tokens/open-sockets.h"
#include "sandbox-policies/tokens/serve-sockets.h"
#include "sandbox-policies/tokens/signal-others.h"
#include "sandbox-policies/tokens/start-programs.h"

namespace sallyport::sandbox {

SyscallPolicy spawnerSyscalls() {
  SyscallPolicy policy;
  groups::refuseTyping(policy);
  return policy.refuse(groups::otherProcesses())
      .allowAllOf("what a renderer may, by its own policy", renderer::syscalls())
      .allowAllOf("what the vault may", vaultSyscalls())
      .allowAllOf("what net may", netSyscalls())
      .allowAllOf("what prompt, frame and chooser may", displaySyscalls())
      .allow(tokens::StartPrograms{}, {"starts processes and programs", {"fork", "execve"}})
      .allow(tokens::SignalOthers{},
             {"ends what it started, which it holds by descriptor", {"kill", "pidfd_send_signal"}})
      .allow({"and learns how that ended", {"pidfd_open", "wait4", "waitid"}})
      .allow(tokens::MemoryFiles{},
             {"gives bubblewrap its arguments and filters, which nobody changes any more",
              {"memfd_create"}})
      .allow(tokens::MakeCages{},
             {"a renderer's process namespace; in it, bubblewrap makes the cage",
              {"unshare", "mount", "umount2", "pivot_root", "sethostname"}})
      .allow({"bubblewrap makes the files and folders of the cage, each beneath its new root",
              {"creat", "chmod", "mkdir", "symlink", "openat2"}})
      .allow(tokens::NestCages{},
             {"each child puts its own cage on",
              {"seccomp",
               "capset",
               "landlock_create_ruleset",
               "landlock_add_rule",
               "landlock_restrict_self"}})
      .allow({"a child is born with limits, a session, a folder and a mask of its own",
              {"capget", "setrlimit", "setsid", "chdir", "umask"}})
      .allow(tokens::OpenSockets{},
             {"the network's and the display's; bubblewrap's, to bring up a cage's loopback",
              {"socket", "connect"}})
      .allow(tokens::ServeSockets{}, {"a frame's private compositor", {"bind", "listen"}})
      .refuseUnless("limits of its own, nobody else's", EPERM, "prlimit64", 0, {0})
      .refuseUnless("what its children talk over: no raw packets, no virtual machines, no radio",
                    EAFNOSUPPORT,
                    "socket",
                    0,
                    {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK})
      .refuseUnless("local pairs only", EAFNOSUPPORT, "socketpair", 0, {AF_UNIX});
}

}  // namespace sallyport::sandbox
