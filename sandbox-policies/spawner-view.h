// The spawner's cage as seen from outside, by the broker: who starts everything, and reads the
// cages of all others, does not vouch for itself. The files of /proc are opened before the broker
// is behind Landlock, which closes that folder to it, and stay open.
#pragma once

#include <sys/types.h>

#include <string>

#include "sandbox-policies/report.h"

namespace sallyport::sandbox {

class SpawnerView {
 public:
  // spawner: a process that was not waited for yet.
  explicit SpawnerView(pid_t spawner);
  ~SpawnerView();
  SpawnerView(const SpawnerView&) = delete;
  SpawnerView& operator=(const SpawnerView&) = delete;

  // What cannot be read has failed. Right once the spawner has answered something: it cages itself
  // before.
  CageReport inspect() const;

 private:
  pid_t m_pid;
  int m_status;
  int m_limits;
  std::string m_reach;  // compiling a policy takes a call that the broker has no more in its cage
};

}  // namespace sallyport::sandbox
