// A Landlock ruleset: nothing beneath "/" may be touched but what is listed, each with its reason.
// Raw system calls and our own constants, because Debian 12's headers know only ABI 2. An extra
// layer, never the only one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox-policies/report.h"
#include "sandbox-policies/tokens/start-programs.h"

namespace sallyport::sandbox {

enum class FileAccess : std::uint8_t {
  READ,             // files and directories
  READ_WRITE_FILE,  // existing files and devices only
  READ_WRITE_NEW,   // and new regular files; nothing is removed or renamed
  OWN               // everything but starting programs and making devices
};

class LandlockPolicy {
 public:
  // A path that does not exist is left out: a rule can only speak of what is there.
  LandlockPolicy& allow(std::string_view reason, FileAccess access, std::filesystem::path path);
  // A program that may be read and started.
  LandlockPolicy& allow(tokens::StartPrograms, std::string_view reason, std::filesystem::path path);
  // No TCP port is bound or connected to (ABI 4).
  LandlockPolicy& refuseTcp();
  // Signals only to processes of this cage (ABI 6).
  LandlockPolicy& scopeSignals();
  // No connection to an abstract Unix socket made outside of this cage (ABI 6).
  LandlockPolicy& scopeAbstractSockets();

  // On the calling thread and its children, so before the first other thread. Needs NoNewPrivs.
  // Returns the state: OK, or DEGRADED when the kernel has no Landlock or an ABI that leaves a part
  // out. Throws std::system_error when the kernel has it and it fails.
  [[nodiscard]] CageCheck enforce() const { return enforce(kernelAbi()); }
  // As if the kernel had an older version than it has: asks for no more than that one knows.
  [[nodiscard]] CageCheck enforce(int abi) const;

  // 0 when the kernel has none or it is off.
  static int kernelAbi();
  // What the kernel's version leaves out, as a check.
  static CageCheck describe(int abi);

 private:
  struct Rule {
    FileAccess access;
    std::filesystem::path path;
    std::string reason;
    bool mayStart = false;
  };
  std::vector<Rule> m_rules;
  bool m_refuseTcp = false;
  bool m_scopeSignals = false;
  bool m_scopeAbstractSockets = false;
};

}  // namespace sallyport::sandbox
