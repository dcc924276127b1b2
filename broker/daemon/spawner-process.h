// The spawner as the broker's child: forked, watched and waited for. Runs in the broker before
// anything else exists, and again as its last act.
#pragma once

#include <kj/async-unix.h>
#include <kj/io.h>
#include <sys/types.h>

#include "broker/spawn/spawner.h"

namespace sallyport::daemon {

class SpawnerProcess {
 public:
  // Forks it. spared: a child of ours that is none of its business, or 0. From here on, what the
  // spawner leaves when it is killed comes to this process and not to the system.
  SpawnerProcess(const spawn::SpawnerConfig& config, pid_t spared);

  // Waits for it, which ends every process of its own once its control socket is closed; then ends
  // what is left, when it was killed before it could.
  ~SpawnerProcess();

  SpawnerProcess(const SpawnerProcess&) = delete;
  SpawnerProcess& operator=(const SpawnerProcess&) = delete;

  pid_t pid() const { return m_pid; }
  kj::AutoCloseFd takeControl() { return kj::mv(m_control); }

  // Fulfilled when it ended, which it must not do while there is a broker.
  kj::Promise<void> ended(kj::UnixEventPort& port);

 private:
  void endOrphans() const;

  const pid_t m_spared;
  pid_t m_pid = -1;
  kj::AutoCloseFd m_control;
  kj::AutoCloseFd m_pidfd;
};

}  // namespace sallyport::daemon
