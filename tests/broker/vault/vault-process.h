// The real sallyport-vault, started as its spawner would: descriptor 3, an empty environment, its
// own folder. When the tests run as root it runs as nobody, so that "another process of the same
// user" means something.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/broker/vault/fixtures.h"
#include "tests/broker/vault/vault-peer.h"

namespace sallyport::vault {

inline constexpr unsigned NOBODY = 65534;

class VaultProcess {
 public:
  enum class Kdf { FAST, REAL };

  VaultProcess(kj::AsyncIoContext& io, const TempDir& folder, Kdf kdf = Kdf::FAST);
  ~VaultProcess();
  VaultProcess(const VaultProcess&) = delete;
  VaultProcess& operator=(const VaultProcess&) = delete;

  pid_t pid() const { return m_pid; }
  // Sends a signal, or 0 to only wait, and gives the wait status. The process must be about to end.
  int end(int signal);
  // Drops the connection, as a broker's death does.
  void hangUp() { peer.reset(); }

  std::string proc(const char* file) const;  // the text of /proc/<pid>/<file>
  static std::string stateIn(const TempDir& folder) { return folder.path() + "/state"; }
  static std::string errorsIn(const TempDir& folder) { return folder.path() + "/errors"; }

  std::unique_ptr<VaultPeer> peer;

 private:
  pid_t m_pid = -1;
};

// Starts the binary with these arguments and nothing on descriptor 3; gives the exit code.
int exitCodeOf(const TempDir& folder, const std::vector<std::string>& arguments);

}  // namespace sallyport::vault
