// A trusted process that is to run all the time (vault, prompt, net, a frame): started through the
// spawner, reached over one socketpair, started again with back-off when it ends. Runs in the
// broker.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <kj/function.h>

#include <string>
#include <vector>

#include "broker/daemon/child-process.h"
#include "broker/daemon/heartbeat.h"
#include "broker/daemon/journal.h"
#include "broker/daemon/restart-budget.h"
#include "broker/spawn/spawner-link.h"

namespace sallyport::daemon {

// What every part of the broker that starts processes needs.
struct Surroundings {
  spawn::SpawnerLink& spawner;
  kj::UnixEventPort& port;
  kj::LowLevelAsyncIoProvider& io;
  kj::Timer& timer;
  Journal& journal;
  kj::Duration crashMemory = RestartBudget::WINDOW;  // of whatever is started again
};

struct CageSubject;

class Service final : private kj::TaskSet::ErrorHandler {
 public:
  // onStarted: what to tell a fresh process before anyone else uses it; runs after each start, when
  // its cage was read from outside and holds.
  using OnStarted = kj::Function<kj::Promise<void>()>;
  // moreFds: descriptors after the broker's own; runs before each start.
  using MoreFds = kj::Function<std::vector<kj::AutoCloseFd>()>;
  // Asks the process that runs whether it answers.
  using Ping = kj::Function<kj::Promise<void>()>;

  // Half a minute: longer than what may keep a loop of ours (a disk, a large transaction).
  static constexpr unsigned MOST_MISSES = 6;
  // From a process's start to its serving, which it does from inside its cage; then it is killed.
  static constexpr kj::Duration SERVE_PATIENCE = 60 * kj::SECONDS;

  Service(Surroundings& around,
          spawn::ProcessKind kind,
          std::string name,
          std::string label,
          MoreFds moreFds,
          OnStarted onStarted);
  ~Service() noexcept(false);
  KJ_DISALLOW_COPY(Service);

  // Before start(): one that misses MOST_MISSES beats is killed, and comes back as after a crash.
  void watchBy(Ping ping) { m_ping = kj::mv(ping); }

  // Fulfilled when the cage was read from outside and holds, and after the first onStarted. From
  // then on it is kept running until stop().
  kj::Promise<void> start();

  // The bootstrap object; calls fail while there is no process, and while its cage was not read
  // yet: one that was tampered with at its start gets no call.
  capnp::Capability::Client bootstrap();
  bool usable() const { return m_connection.get() != nullptr; }

  // Told by `ask`, then its socket is closed, then it is killed when it is too slow. It is not
  // started again.
  kj::Promise<void> stop(kj::Function<kj::Promise<void>()> ask);

  // Ends the process; it comes back as after a crash, which this is not.
  void restart();

  const std::string& name() const { return m_name; }
  pid_t pid() const;  // 0 while there is none
  unsigned restarts() const { return m_restarts; }

 private:
  struct Connection;

  void watchHeart();
  kj::Promise<void> launch();
  kj::Promise<void> untilServing();
  void disconnect();
  CageSubject cage();
  kj::Promise<void> keepRunning();
  kj::Promise<void> startAgain();
  void taskFailed(kj::Exception&& exception) override;

  Surroundings& m_around;
  const spawn::ProcessKind m_kind;
  const std::string m_name;
  const std::string m_label;
  MoreFds m_moreFds;
  OnStarted m_onStarted;
  kj::Maybe<Ping> m_ping;
  RestartBudget m_budget;
  unsigned m_restarts = 0;
  bool m_stopping = false;
  kj::Own<ChildProcess> m_process;
  kj::Own<Connection> m_fresh;       // of a process that nobody may use yet
  kj::Own<Connection> m_connection;  // of the verified one
  kj::Own<Heartbeat> m_heartbeat;
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::daemon
