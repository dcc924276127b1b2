// A program with Qt WebEngine started as the cage would start it, without the cage and without a
// display: one socket on descriptor 3, a short environment, a home of its own that is removed with
// it.
#pragma once

#include <kj/async-io.h>
#include <kj/io.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace sallyport::renderer {

class OffscreenProcess {
 public:
  explicit OffscreenProcess(const std::string& program);
  // Kills what still runs.
  ~OffscreenProcess();
  OffscreenProcess(const OffscreenProcess&) = delete;
  OffscreenProcess& operator=(const OffscreenProcess&) = delete;

  // Our end of the socketpair; once.
  kj::AutoCloseFd takeSocket() { return kj::mv(m_socket); }
  pid_t pid() const { return m_pid; }
  const std::string& home() const { return m_home; }
  std::vector<pid_t> children() const;  // all below the process, parents first

  // The exit code, or minus the signal. Throws when it takes longer than the deadline.
  int waitExit(kj::AsyncIoContext& io, kj::Duration deadline);

 private:
  std::string m_home;
  kj::AutoCloseFd m_socket;
  pid_t m_pid = -1;
};

}  // namespace sallyport::renderer
