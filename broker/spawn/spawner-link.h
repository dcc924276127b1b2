// The broker's end of the spawner: asks for processes and for facts about them. The spawner is
// forked from sallyportd before anything else and holds the only right to exec; it takes a kind and
// descriptors, never an argv.
#pragma once

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <kj/io.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "broker/spawn/process-kind.h"
#include "sandbox-policies/report.h"

namespace sallyport::spawn {

struct SpawnRequest {
  ProcessKind kind;
  std::string label;  // window label for FRAME and RENDERER, else empty; [a-z0-9-]{1,32}
  // Become descriptors 3, 4, … of the child, in order. VAULT: broker. NET: broker. PROMPT: broker,
  // vault. FRAME: broker. CHOOSER: broker. OPENER: broker. RENDERER: session, wayland. Nothing
  // else is inherited but stdio.
  std::vector<kj::AutoCloseFd> fds;
};

struct Spawned {
  pid_t pid;              // of the process the spawner forked (for a caged one: of bubblewrap)
  kj::AutoCloseFd pidfd;  // readable when it ended
  kj::AutoCloseFd log;    // read end of the pipe behind its stdout and stderr; non-blocking
};

struct ExitStatus {
  pid_t pid;
  int code;    // exit code, or -1
  int signal;  // or 0
};

class SpawnerLink {
 public:
  virtual ~SpawnerLink() noexcept(false) = default;

  // Fails (KJ exception) when the spawner refuses or the fork or exec fails; the text goes to the
  // journal only.
  virtual kj::Promise<Spawned> spawn(SpawnRequest request) = 0;

  // Reads the cage of everything under this pid from outside (/proc) and compares it with the
  // policy of its kind.
  virtual kj::Promise<sandbox::CageReport> inspect(pid_t pid, ProcessKind kind) = 0;

  // The same of the broker itself: a process cannot vouch for itself.
  virtual kj::Promise<sandbox::CageReport> inspectBroker() = 0;

  // Of the spawner, read by this process from what it opened before its own cage.
  virtual kj::Promise<sandbox::CageReport> inspectSpawner() = 0;

  // The broker's last word: once all of its processes and it have ended, the app is to start again,
  // by the command line that it was started by. Fulfilled when the spawner knows.
  virtual kj::Promise<void> startAgain() = 0;

  // The exit of a spawned process; fulfilled once for each pid, also when it already ended, as long
  // as it is among the last 64 that nobody had asked for.
  virtual kj::Promise<ExitStatus> exited(pid_t pid) = 0;
};

}  // namespace sallyport::spawn
