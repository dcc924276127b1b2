// Applies a LandlockPolicy with raw system calls. See the header.
#include "sandbox-policies/landlock-policy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sallyport::sandbox {
namespace {

// linux/landlock.h, as of ABI 7. The numbers are the same on every architecture.
constexpr long CREATE_RULESET = 444;
constexpr long ADD_RULE = 445;
constexpr long RESTRICT_SELF = 446;
constexpr std::uint32_t QUERY_VERSION = 1;
constexpr int RULE_PATH_BENEATH = 1;

constexpr std::uint64_t EXECUTE = 1ull << 0;
constexpr std::uint64_t WRITE_FILE = 1ull << 1;
constexpr std::uint64_t READ_FILE = 1ull << 2;
constexpr std::uint64_t READ_DIR = 1ull << 3;
constexpr std::uint64_t REMOVE_DIR = 1ull << 4;
constexpr std::uint64_t REMOVE_FILE = 1ull << 5;
constexpr std::uint64_t MAKE_DIR = 1ull << 7;
constexpr std::uint64_t MAKE_REG = 1ull << 8;
constexpr std::uint64_t MAKE_SOCK = 1ull << 9;
constexpr std::uint64_t MAKE_FIFO = 1ull << 10;
constexpr std::uint64_t MAKE_SYM = 1ull << 12;
constexpr std::uint64_t UP_TO_MAKE_SYM = (1ull << 13) - 1;
constexpr std::uint64_t REFER = 1ull << 13;         // ABI 2
constexpr std::uint64_t TRUNCATE = 1ull << 14;      // ABI 3
constexpr std::uint64_t IOCTL_DEV = 1ull << 15;     // ABI 5
constexpr std::uint64_t BIND_AND_CONNECT_TCP = 3;   // ABI 4
constexpr std::uint64_t SCOPE_ABSTRACT_SOCKET = 1;  // ABI 6
constexpr std::uint64_t SCOPE_SIGNAL = 2;           // ABI 6

constexpr std::uint64_t ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;

struct RulesetAttributes {
  std::uint64_t handledFiles;
  std::uint64_t handledNetwork;
  std::uint64_t scoped;
};

struct __attribute__((packed)) PathBeneath {
  std::uint64_t allowed;
  std::int32_t parent;
};

struct Closer {
  int fd;
  ~Closer() {
    if (fd >= 0) close(fd);
  }
};

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::uint64_t handledBy(int abi) {
  std::uint64_t handled = UP_TO_MAKE_SYM;
  if (abi >= 2) handled |= REFER;
  if (abi >= 3) handled |= TRUNCATE;
  if (abi >= 5) handled |= IOCTL_DEV;
  return handled;
}

std::uint64_t rightsOf(FileAccess access) {
  switch (access) {
    case FileAccess::READ:
      return READ_FILE | READ_DIR;
    case FileAccess::READ_WRITE_FILE:
      return READ_FILE | WRITE_FILE | TRUNCATE;
    case FileAccess::READ_WRITE_NEW:
      return READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | MAKE_REG;
    case FileAccess::OWN:
      break;
  }
  return READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR |
         MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_SYM | REFER;
}

// The first ABIs take a shorter structure.
std::size_t attributeSize(int abi) {
  if (abi >= 6) return sizeof(RulesetAttributes);
  return abi >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

}  // namespace

LandlockPolicy& LandlockPolicy::allow(std::string_view reason,
                                      FileAccess access,
                                      std::filesystem::path path) {
  m_rules.push_back({access, std::move(path), std::string(reason)});
  return *this;
}

LandlockPolicy& LandlockPolicy::allow(tokens::StartPrograms,
                                      std::string_view reason,
                                      std::filesystem::path path) {
  m_rules.push_back({FileAccess::READ, std::move(path), std::string(reason), true});
  return *this;
}

LandlockPolicy& LandlockPolicy::refuseTcp() {
  m_refuseTcp = true;
  return *this;
}

LandlockPolicy& LandlockPolicy::scopeSignals() {
  m_scopeSignals = true;
  return *this;
}

LandlockPolicy& LandlockPolicy::scopeAbstractSockets() {
  m_scopeAbstractSockets = true;
  return *this;
}

int LandlockPolicy::kernelAbi() {
  const long abi = syscall(CREATE_RULESET, nullptr, 0, QUERY_VERSION);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

CageCheck LandlockPolicy::describe(int abi) {
  if (abi <= 0) return {"Landlock", "not in this kernel", CheckState::DEGRADED};
  std::string value = "ABI " + std::to_string(abi);
  if (abi < 3) value += ", truncation not covered";
  if (abi < 4) value += ", TCP not covered";
  if (abi < 5) value += ", device ioctls not covered";
  if (abi < 6) value += ", signals and abstract sockets not covered";
  return {"Landlock", value, abi >= 6 ? CheckState::OK : CheckState::DEGRADED};
}

CageCheck LandlockPolicy::enforce(int abi) const {
  if (abi == 0) return describe(0);
  const std::uint64_t handled = handledBy(abi);
  RulesetAttributes attributes{handled, 0, 0};
  if (abi >= 4 && m_refuseTcp) attributes.handledNetwork = BIND_AND_CONNECT_TCP;
  if (abi >= 6 && m_scopeSignals) attributes.scoped |= SCOPE_SIGNAL;
  if (abi >= 6 && m_scopeAbstractSockets) attributes.scoped |= SCOPE_ABSTRACT_SOCKET;
  const Closer ruleset{
      static_cast<int>(syscall(CREATE_RULESET, &attributes, attributeSize(abi), 0))};
  if (ruleset.fd < 0) fail("landlock_create_ruleset");
  for (const auto& rule : m_rules) {
    const Closer path{open(rule.path.c_str(), O_PATH | O_CLOEXEC)};
    if (path.fd < 0) {
      if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) continue;
      fail("Landlock rule for " + rule.path.string());
    }
    struct stat status {};
    if (fstat(path.fd, &status) != 0) fail("fstat " + rule.path.string());
    std::uint64_t allowed = rightsOf(rule.access) & handled;
    if (rule.mayStart) allowed |= EXECUTE;
    if (!S_ISDIR(status.st_mode)) allowed &= ON_FILES;
    PathBeneath beneath{allowed, path.fd};
    if (syscall(ADD_RULE, ruleset.fd, RULE_PATH_BENEATH, &beneath, 0) != 0) {
      fail("Landlock rule for " + rule.path.string());
    }
  }
  if (syscall(RESTRICT_SELF, ruleset.fd, 0) != 0) fail("landlock_restrict_self");
  return describe(abi);
}

}  // namespace sallyport::sandbox
