#include "broker/daemon/service.h"

#include <kj/debug.h>

#include "broker/daemon/cage-verification.h"
#include "broker/daemon/descriptor.h"

namespace sallyport::daemon {

constexpr kj::Duration PATIENCE =
    3 * kj::SECONDS;  // between asking a process to end and killing it

struct Service::Connection {
  Connection(kj::LowLevelAsyncIoProvider& io, kj::AutoCloseFd fd)
      : stream(io.wrapUnixSocketFd(kj::mv(fd),
                                   kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC |
                                       kj::LowLevelAsyncIoProvider::ALREADY_NONBLOCK)),
        network(*stream, 1, capnp::rpc::twoparty::Side::CLIENT),
        rpc(capnp::makeRpcClient(network)),
        bootstrap(ask(rpc)) {}

  // Once: to ask when the peer has hung up already is an exception that nobody can catch.
  static capnp::Capability::Client ask(capnp::RpcSystem<capnp::rpc::twoparty::VatId>& rpc) {
    capnp::word scratch[8] = {};
    capnp::MallocMessageBuilder message(scratch);
    auto vat = message.initRoot<capnp::rpc::twoparty::VatId>();
    vat.setSide(capnp::rpc::twoparty::Side::SERVER);
    return rpc.bootstrap(vat);
  }

  kj::Own<kj::AsyncCapabilityStream> stream;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc;
  capnp::Capability::Client bootstrap;
};

Service::Service(Surroundings& around,
                 spawn::ProcessKind kind,
                 std::string name,
                 std::string label,
                 MoreFds moreFds,
                 OnStarted onStarted)
    : m_around(around),
      m_kind(kind),
      m_name(std::move(name)),
      m_label(std::move(label)),
      m_moreFds(kj::mv(moreFds)),
      m_onStarted(kj::mv(onStarted)),
      m_budget(around.crashMemory),
      m_tasks(*this) {}

Service::~Service() noexcept(false) = default;

kj::Promise<void> Service::start() {
  return launch().then(
      [this] { m_tasks.add(keepRunning()); },
      [this](kj::Exception&& failure) {
        m_around.journal.write(
            Level::ERROR, "broker", m_name + " does not start: " + failure.getDescription().cStr());
        kj::throwFatalException(
            KJ_EXCEPTION(FAILED, kj::str(m_name, " does not start; the lines above say why")));
      });
}

kj::Promise<void> Service::launch() {
  auto pair = makeSocketPair();
  spawn::SpawnRequest request{m_kind, m_label, {}};
  request.fds.push_back(kj::mv(pair.theirs));
  for (auto& fd : m_moreFds()) request.fds.push_back(kj::mv(fd));
  return m_around.spawner.spawn(kj::mv(request))
      .then([this, ours = kj::mv(pair.ours)](spawn::Spawned spawned) mutable {
        m_process = kj::heap<ChildProcess>(
            m_around.port, m_around.timer, m_around.journal, m_name, kj::mv(spawned));
        m_fresh = kj::heap<Connection>(m_around.io, kj::mv(ours));
        return untilServing();
      })
      .then([this] { return verifyCage(m_around, cage()); })
      .then([this](bool holds) {
        KJ_REQUIRE(holds, "its cage does not hold");
        KJ_REQUIRE(m_fresh.get() != nullptr, "it is being stopped");
        m_connection = kj::mv(m_fresh);
        watchHeart();
        return m_onStarted();
      });
}

// No call of its interface: that it has one.
kj::Promise<void> Service::untilServing() {
  return m_fresh->bootstrap.whenResolved().exclusiveJoin(
      m_around.timer.afterDelay(SERVE_PATIENCE).then([]() -> kj::Promise<void> {
        return KJ_EXCEPTION(FAILED, "it does not answer");
      }));
}

CageSubject Service::cage() {
  return {m_name,
          [this] { return m_around.spawner.inspect(pid(), m_kind); },
          [this] { return pid() != 0; }};
}

void Service::watchHeart() {
  KJ_IF_MAYBE (ping, m_ping) {
    m_heartbeat = kj::heap<Heartbeat>(
        m_around.timer,
        [ping] { return (*ping)().then([] { return Heartbeat::Answer::YES; }); },
        [this](unsigned missed) {
          if (missed != MOST_MISSES) return;
          m_around.journal.write(
              Level::ERROR, "broker", m_name + " does not answer any more; it is killed");
          m_process->kill();
        });
  }
}

kj::Promise<void> Service::keepRunning() {
  // It comes back as another process, which is verified at its start as well.
  auto verifying = untilCageFails(m_around, cage())
                       .then([this] {
                         if (!m_stopping) restart();
                       })
                       .eagerlyEvaluate(nullptr);
  return m_process->exited().attach(kj::mv(verifying)).then([this]() -> kj::Promise<void> {
    m_heartbeat = nullptr;
    if (m_stopping) return kj::READY_NOW;
    disconnect();
    m_process = nullptr;
    m_around.journal.write(Level::WARNING, "broker", m_name + " ended; it is started again");
    return startAgain();
  });
}

kj::Promise<void> Service::startAgain() {
  ++m_restarts;
  const kj::Duration wait = m_budget.crashed(m_around.timer.now());
  return m_around.timer.afterDelay(wait).then([this]() -> kj::Promise<void> {
    if (m_stopping) return kj::READY_NOW;
    // Also what fails before there is a promise, for want of descriptors perhaps.
    return kj::evalNow([this] { return launch(); })
        .then([this] { return keepRunning(); },
              [this](kj::Exception&& failure) -> kj::Promise<void> {
                m_around.journal.write(
                    Level::ERROR,
                    "broker",
                    m_name + " does not start: " + failure.getDescription().cStr());
                // No process, for want of memory perhaps: what failed now may go later.
                if (m_process.get() == nullptr) return startAgain();
                m_process->kill();  // it runs but could not be set up
                return keepRunning();
              });
  });
}

capnp::Capability::Client Service::bootstrap() {
  if (m_connection.get() == nullptr)
    return capnp::Capability::Client(
        KJ_EXCEPTION(DISCONNECTED, "the process is being started again"));
  return m_connection->bootstrap;
}

kj::Promise<void> Service::stop(kj::Function<kj::Promise<void>()> ask) {
  m_stopping = true;
  m_heartbeat = nullptr;
  if (m_process.get() == nullptr || !m_process->running()) return kj::READY_NOW;
  // Asked, and then without its broker: a trusted process ends when its socket does.
  auto asked = kj::evalNow(kj::mv(ask))
                   .catch_([](kj::Exception&&) {})
                   .then([this] { return kj::evalLater([this] { disconnect(); }); })
                   .eagerlyEvaluate(nullptr);
  return m_process->end(PATIENCE).attach(kj::mv(asked)).then([this] { disconnect(); });
}

void Service::disconnect() {
  m_fresh = nullptr;
  m_connection = nullptr;
}

void Service::restart() {
  if (m_process.get() != nullptr) m_process->kill();
}

pid_t Service::pid() const {
  return m_process.get() != nullptr && m_process->running() ? m_process->pid() : 0;
}

void Service::taskFailed(kj::Exception&& exception) {
  m_around.journal.write(
      Level::ERROR, "broker", m_name + " is given up: " + exception.getDescription().cStr());
}

}  // namespace sallyport::daemon
