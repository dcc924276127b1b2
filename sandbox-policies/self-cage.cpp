// Applies the policies of the trusted processes to themselves. See the header for when to call
// what.
#include "sandbox-policies/self-cage.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "sandbox-policies/proc-facts.h"
#include "sandbox-policies/process-policies.h"

namespace sallyport::sandbox {
namespace {

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

// Landlock binds the calling thread alone; an older thread would stay outside.
void requireSingleThread() {
  std::size_t threads = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    ++threads;
  if (threads != 1) fail(EBUSY, "a cage is entered before the first thread is made");
}

// Only root has any. What stays would be a way around the files' owners, and makes the dumpable
// flag worthless.
void dropCapabilities() {
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1;
       ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      if (errno == EPERM) break;
      fail(errno, "PR_CAPBSET_DROP");
    }
  }
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) {
    fail(errno, "PR_CAP_AMBIENT");
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  if (syscall(SYS_capset, &header, none) != 0) fail(errno, "capset");
}

std::vector<CageCheck> enter(const LandlockPolicy& files, const SyscallPolicy& syscalls) {
  hardenProcess();
  requireSingleThread();
  dropCapabilities();
  std::vector<CageCheck> checks;
  checks.push_back(files.enforce());
  syscalls.install();
  checks.push_back(
      {"Seccomp", std::to_string(SyscallPolicy::PROGRAMS) + " programs", CheckState::OK});
  return checks;
}

}  // namespace

void hideProcess() {
  // A pipe as core pattern ignores the limit, and the limit alone leaves ptrace open: so both.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail(errno, "PR_SET_DUMPABLE");
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) fail(errno, "RLIMIT_CORE");
  umask(077);
}

void hardenProcess() {
  hideProcess();
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(errno, "PR_SET_NO_NEW_PRIVS");
}

void requireDescriptors(unsigned sockets) {
  const unsigned wanted = STDERR_FILENO + 1 + sockets;
  const auto descriptors = proc::descriptorsOf(0);
  if (!descriptors) fail(EBADF, "the descriptors cannot be listed");
  unsigned exact = 0;
  for (const auto& descriptor : *descriptors) {
    // The list's own, closed by now.
    if (fcntl(descriptor.number, F_GETFD) < 0) continue;
    if (static_cast<unsigned>(descriptor.number) >= wanted) fail(EBADF, "a descriptor leaked in");
    ++exact;
  }
  if (exact != wanted) fail(EBADF, "a descriptor is missing");
}

std::vector<CageCheck> enterVaultCage(const std::filesystem::path& stateDirectory) {
  return enter(vaultFiles(stateDirectory), vaultSyscalls());
}

std::vector<CageCheck> enterBrokerCage(const BrokerPaths& paths) {
  return enter(brokerFiles(paths), brokerSyscalls());
}

void enterSpawnerCage() {
  hardenProcess();
  spawnerSyscalls().install();
}

std::vector<CageCheck> enterNetCage() { return enter(netFiles(), netSyscalls()); }

std::vector<CageCheck> enterDisplayCage(const DisplayPaths& paths) {
  return enter(displayFiles(paths), displaySyscalls());
}

std::vector<CageCheck> enterChooserCage() { return enter(chooserFiles(), displaySyscalls()); }

void sealDisplayCage() { sealedDisplaySyscalls().install(); }

}  // namespace sallyport::sandbox
