// Net: parses what strangers send, so it holds no file and changes none. Reads what names and
// certificates need.
#include <sys/socket.h>

#include <cerrno>

#include "sandbox-policies/allowed-calls.h"
#include "sandbox-policies/process-policies.h"
#include "sandbox-policies/syscall-groups.h"
#include "sandbox-policies/tokens/open-sockets.h"

namespace sallyport::sandbox {
namespace {

// The file is replaced by renaming a new one into its directory, so the right must be on the
// directory: without it a laptop that changes networks loses its names. A link's target
// (systemd-resolved, resolvconf) counts.
std::filesystem::path resolverDirectory() {
  std::error_code ignored;
  const auto target = std::filesystem::canonical("/etc/resolv.conf", ignored);
  return ignored ? std::filesystem::path("/etc/resolv.conf") : target.parent_path();
}

}  // namespace

SyscallPolicy netSyscalls() {
  SyscallPolicy policy;
  groups::refuseKernelSurface(policy);
  groups::refuseNewProcesses(policy);
  groups::refuseFileChanges(policy);
  allowed::allowRunning(policy);
  // No list of ioctl() requests: a name server with a link-local address is found by its
  // interface's name (SIOCGIFINDEX), and net has nothing but sockets to ask.
  policy.allow(allowed::readingFiles())
      .allow(tokens::OpenSockets{}, {"connections to servers", {"socket", "connect"}})
      .allow({"the pair by which the transfer library wakes itself", {"socketpair"}})
      .allow({"the event loop's library passes a connection on through the kernel", {"splice"}})
      .allow({"the resolver asks for both kinds of address at once", {"sendmmsg", "recvmmsg"}})
      .refuse(groups::socketServing())
      .refuse(groups::signalling())
      .refuseUnless("IP only: no local services, no kernel sockets",
                    EAFNOSUPPORT,
                    "socket",
                    0,
                    {AF_INET, AF_INET6})
      .refuseUnless("the transfer library wakes itself by a local pair",
                    EAFNOSUPPORT,
                    "socketpair",
                    0,
                    {AF_UNIX});
  // The kernel takes the type from the low four bits; the flags above them are fine.
  for (const std::uint64_t type : {SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, SOCK_DCCP, SOCK_PACKET}) {
    policy.refuseWhen("streams and datagrams only", EPERM, "socket", {{1, 0xF, type}});
  }
  return policy;
}

LandlockPolicy netFiles() {
  LandlockPolicy policy;
  policy.allow("certificate authorities and OpenSSL's configuration", FileAccess::READ, "/etc/ssl")
      .allow("certificate authorities, where the links lead",
             FileAccess::READ,
             "/usr/share/ca-certificates")
      .allow("certificate authorities of this machine",
             FileAccess::READ,
             "/usr/local/share/ca-certificates")
      .allow("name servers", FileAccess::READ, resolverDirectory())
      .allow("how names are looked up", FileAccess::READ, "/etc/nsswitch.conf")
      .allow("how names are looked up", FileAccess::READ, "/etc/host.conf")
      .allow("which address is tried first", FileAccess::READ, "/etc/gai.conf")
      .allow("names of this machine", FileAccess::READ, "/etc/hosts")
      .allow("the resolver's own libraries, loaded at the first name", FileAccess::READ, "/usr/lib")
      .allow("where those libraries are", FileAccess::READ, "/etc/ld.so.cache")
      .allow("randomness", FileAccess::READ, "/dev/urandom")
      .scopeSignals()
      .scopeAbstractSockets();
  return policy;
}

}  // namespace sallyport::sandbox
