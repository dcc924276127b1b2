// The vault: holds every key, so it can reach nobody that was not given to it, start nothing, and
// see only its own state directory and the libraries that it runs on.
#include "sandbox-policies/allowed-calls.h"
#include "sandbox-policies/process-policies.h"
#include "sandbox-policies/syscall-groups.h"
#include "sandbox-policies/tokens/memory-files.h"

namespace sallyport::sandbox {

SyscallPolicy vaultSyscalls() {
  SyscallPolicy policy;
  groups::refuseKernelSurface(policy);
  groups::refuseNewProcesses(policy);
  allowed::allowRunning(policy);
  allowed::allowPlainRequests(policy);
  return policy.allow(allowed::readingFiles())
      .allow(allowed::writingFiles())
      .allow({"SQLite gives a journal the owner of its database, when run by root", {"fchown"}})
      .allow(tokens::MemoryFiles{},
             {"keys in memory that no other process and not the kernel reads", {"memfd_secret"}})
      .allow({"keys that are not swapped, where there is no such memory", {"mlock", "munlock"}})
      .refuse(groups::socketCreation())
      .refuse(groups::socketServing())
      .refuse(groups::socketPairs())
      .refuse(groups::signalling());
}

LandlockPolicy vaultFiles(const std::filesystem::path& stateDirectory) {
  LandlockPolicy policy;
  policy.allow("the database, its journal and the attempt counter", FileAccess::OWN, stateDirectory)
      .allow("libraries that OpenSSL and the C library load late", FileAccess::READ, "/usr/lib")
      .allow("OpenSSL's configuration, read at first use", FileAccess::READ, "/etc/ssl/openssl.cnf")
      .allow("SQLite seeds itself from here", FileAccess::READ, "/dev/urandom")
      .allow("its own limits and mappings", FileAccess::READ, "/proc/self")
      .refuseTcp()
      .scopeSignals()
      .scopeAbstractSockets();
  return policy;
}

}  // namespace sallyport::sandbox
