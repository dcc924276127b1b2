// The starter: a process beside the spawner for what must inherit neither its filter nor its
// NoNewPrivs: an opener, which becomes the user's browser, a sandbox itself and at times a setuid
// one; and the app's next start. Forked from the spawner before that cages itself. It starts those
// two by the spawner's configuration and nothing else; only the spawner talks to it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "broker/spawn/owned-descriptor.h"
#include "broker/spawn/spawner.h"
#include "broker/spawn/wire.h"

namespace sallyport::spawn {

// The spawner's end of it.
class Starter {
 public:
  // Forks it; config must live as long. Throws std::system_error.
  Starter(const SpawnerConfig& config, pid_t broker);

  pid_t pid() const { return m_pid; }
  // To poll for replies; -1 when it is gone.
  int control() const { return m_control.get(); }

  // SPAWN of an opener, or START_AGAIN. It answers later, by id; throws std::runtime_error when it
  // is gone.
  void ask(const wire::Request& request, const std::vector<OwnedDescriptor>& given);
  // Nothing when there is no such opener.
  void endOpener(pid_t pid);

  struct Answer {
    wire::Reply reply;
    std::vector<OwnedDescriptor> descriptors;
  };
  // When control() is readable: for the broker as it is. When the starter is gone, each request
  // that had no answer is refused.
  std::vector<Answer> takeAnswers();

  // It was waited for by somebody else.
  void ended() { m_pid = -1; }
  // Lets go of it and waits for its end. What it started stays.
  void end();

 private:
  bool send(const wire::Request& request, const std::vector<int>& descriptors);
  std::optional<Answer> takeOne();

  pid_t m_pid = -1;
  OwnedDescriptor m_control;
  std::set<std::uint64_t> m_open;  // ids of requests without an answer
};

}  // namespace sallyport::spawn
