// For the tests of others: a devnet of their own, as a child process on a free port. Link
// `devnet_process`. (Who needs no HTTP can use tests/devnet/node.h with tests/devnet/api.h
// directly.)
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace sallyport::devnet {

class DevnetProcess {
 public:
  // Returns when the node answers. Further arguments as for sallyport-devnet, such as {"--state",
  // path}.
  explicit DevnetProcess(const std::vector<std::string>& arguments = {});
  ~DevnetProcess();  // ends it and waits
  DevnetProcess(const DevnetProcess&) = delete;
  DevnetProcess& operator=(const DevnetProcess&) = delete;

  unsigned port() const { return m_port; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(m_port); }
  pid_t pid() const { return m_pid; }

 private:
  pid_t m_pid = -1;
  unsigned m_port = 0;
};

}  // namespace sallyport::devnet
