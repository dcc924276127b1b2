// SpawnerLink over the control socket, on KJ's event loop. See the header.
#include "broker/spawn/connect-spawner.h"

#include <fcntl.h>
#include <kj/debug.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <deque>
#include <map>

#include "broker/spawn/wire.h"
#include "sandbox-policies/spawner-view.h"

namespace sallyport::spawn {
namespace {

kj::AutoCloseFd nonBlocking(kj::AutoCloseFd fd) {
  int flags = 0;
  KJ_SYSCALL(flags = fcntl(fd.get(), F_GETFL));
  KJ_SYSCALL(fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK));
  return fd;
}

constexpr std::size_t MAX_UNTOLD = 64;

class ControlLink final : public SpawnerLink {
 public:
  ControlLink(kj::AutoCloseFd control, kj::UnixEventPort& eventPort, pid_t spawner)
      : m_spawner(spawner),
        m_control(nonBlocking(kj::mv(control))),
        m_observer(eventPort, m_control.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ_WRITE),
        m_reading(read().eagerlyEvaluate([this](kj::Exception&& error) { end(kj::mv(error)); })) {}

  kj::Promise<Spawned> spawn(SpawnRequest request) override {
    KJ_REQUIRE(request.fds.size() <= wire::MAX_DESCRIPTORS, "too many descriptors");
    KJ_REQUIRE(request.label.empty() || wire::isLabel(request.label), "not a label");
    auto message = makeRequest(wire::Operation::SPAWN, request.kind);
    wire::put(message.label, request.label);
    auto answer = kj::newPromiseAndFulfiller<Spawned>();
    m_spawns.emplace(message.id, kj::mv(answer.fulfiller));
    enqueue(message, kj::mv(request.fds));
    return kj::mv(answer.promise);
  }

  kj::Promise<sandbox::CageReport> inspect(pid_t pid, ProcessKind kind) override {
    auto message = makeRequest(wire::Operation::INSPECT, kind);
    message.pid = pid;
    return inspectBy(message);
  }

  kj::Promise<sandbox::CageReport> inspectBroker() override {
    return inspectBy(makeRequest(wire::Operation::INSPECT_BROKER, ProcessKind{}));
  }

  kj::Promise<sandbox::CageReport> inspectSpawner() override {
    // It answers nothing before it has caged itself.
    return inspectBroker().then([this](sandbox::CageReport&&) { return m_spawner.inspect(); });
  }

  kj::Promise<void> startAgain() override {
    auto answer = kj::newPromiseAndFulfiller<void>();
    m_startsAgain = kj::mv(answer.fulfiller);
    enqueue(makeRequest(wire::Operation::START_AGAIN, ProcessKind{}), {});
    return kj::mv(answer.promise);
  }

  kj::Promise<ExitStatus> exited(pid_t pid) override {
    auto child = m_children.find(pid);
    KJ_REQUIRE(child != m_children.end(), "no such child, or its end was already told");
    if (child->second.ended) {
      auto status = child->second.status;
      m_children.erase(child);
      return status;
    }
    KJ_IF_MAYBE (error, m_ended) {
      return kj::cp(*error);
    }
    auto answer = kj::newPromiseAndFulfiller<ExitStatus>();
    child->second.waiter = kj::mv(answer.fulfiller);
    return kj::mv(answer.promise);
  }

 private:
  struct Inspection {
    kj::Own<kj::PromiseFulfiller<sandbox::CageReport>> answer;
    std::vector<sandbox::CageCheck> checks;
  };
  struct Child {
    bool ended = false;
    ExitStatus status{};
    kj::Maybe<kj::Own<kj::PromiseFulfiller<ExitStatus>>> waiter;
  };
  struct Outgoing {
    wire::Request message;
    std::vector<kj::AutoCloseFd> descriptors;
  };

  wire::Request makeRequest(wire::Operation operation, ProcessKind kind) {
    KJ_IF_MAYBE (error, m_ended) {
      kj::throwFatalException(kj::cp(*error));
    }
    wire::Request message{};
    message.magic = wire::MAGIC;
    message.operation = operation;
    message.id = ++m_lastId;
    message.kind = static_cast<std::uint32_t>(kind);
    return message;
  }

  kj::Promise<sandbox::CageReport> inspectBy(const wire::Request& message) {
    auto answer = kj::newPromiseAndFulfiller<sandbox::CageReport>();
    m_inspections.emplace(message.id, Inspection{kj::mv(answer.fulfiller), {}});
    enqueue(message, {});
    return kj::mv(answer.promise);
  }

  void enqueue(const wire::Request& message, std::vector<kj::AutoCloseFd> descriptors) {
    m_outgoing.push_back({message, kj::mv(descriptors)});
    if (m_outgoing.size() == 1) {
      m_writing = write().eagerlyEvaluate([this](kj::Exception&& error) { end(kj::mv(error)); });
    }
  }

  kj::Promise<void> write() {
    while (!m_outgoing.empty()) {
      auto& next = m_outgoing.front();
      std::vector<int> descriptors;
      for (const auto& descriptor : next.descriptors) descriptors.push_back(descriptor.get());
      switch (wire::send(
          m_control.get(), &next.message, sizeof next.message, descriptors, MSG_DONTWAIT)) {
        case wire::Transfer::DONE:
          m_outgoing.pop_front();
          break;
        case wire::Transfer::WOULD_BLOCK:
          return m_observer.whenBecomesWritable().then([this]() { return write(); });
        case wire::Transfer::CLOSED:
          return KJ_EXCEPTION(DISCONNECTED, "the spawner is gone");
      }
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> read() {
    for (;;) {
      wire::Reply reply{};
      auto received = wire::receive(m_control.get(), &reply, sizeof reply, MSG_DONTWAIT);
      std::vector<kj::AutoCloseFd> descriptors;
      for (const int fd : received.descriptors) descriptors.emplace_back(fd);
      switch (received.transfer) {
        case wire::Transfer::DONE:
          if (received.lost)
            loseSpawned(reply);
          else
            take(reply, kj::mv(descriptors));
          break;
        case wire::Transfer::WOULD_BLOCK:
          return m_observer.whenBecomesReadable().then([this]() { return read(); });
        case wire::Transfer::CLOSED:
          return KJ_EXCEPTION(DISCONNECTED, "the spawner is gone");
      }
    }
  }

  void take(const wire::Reply& reply, std::vector<kj::AutoCloseFd> descriptors) {
    KJ_REQUIRE(reply.magic == wire::MAGIC, "a malformed reply of the spawner");
    switch (reply.operation) {
      case wire::Operation::SPAWNED:
        return takeSpawned(reply, kj::mv(descriptors));
      case wire::Operation::REFUSED:
        return takeRefused(reply);
      case wire::Operation::CHECK:
      case wire::Operation::INSPECTED:
        return takeInspection(reply);
      case wire::Operation::EXITED:
        return takeExited(reply);
      case wire::Operation::START_AGAIN:
        KJ_REQUIRE(m_startsAgain.get() != nullptr, "an answer to nothing");
        return m_startsAgain->fulfill();
      default:
        KJ_FAIL_REQUIRE("an unknown reply of the spawner");
    }
  }

  void takeSpawned(const wire::Reply& reply, std::vector<kj::AutoCloseFd> descriptors) {
    KJ_REQUIRE(descriptors.size() == 2, "a malformed reply of the spawner");
    auto waiting = m_spawns.find(reply.id);
    KJ_REQUIRE(waiting != m_spawns.end(), "an answer to nothing");
    auto answer = kj::mv(waiting->second);
    m_spawns.erase(waiting);
    if (!answer->isWaiting()) {
      // Nobody wants it any more.
      syscall(SYS_pidfd_send_signal, descriptors[0].get(), SIGKILL, nullptr, 0);
      return;
    }
    m_children[reply.pid] = Child{};
    answer->fulfill(Spawned{reply.pid, kj::mv(descriptors[0]), kj::mv(descriptors[1])});
  }

  // The process is there, and this one has no descriptor left to hold it by.
  void loseSpawned(const wire::Reply& reply) {
    auto waiting = m_spawns.find(reply.id);
    KJ_REQUIRE(waiting != m_spawns.end(), "an answer to nothing");
    auto message = makeRequest(wire::Operation::END, ProcessKind{});
    message.pid = reply.pid;
    enqueue(message, {});
    waiting->second->reject(KJ_EXCEPTION(OVERLOADED, "no descriptors are left for the process"));
    m_spawns.erase(waiting);
  }

  void takeRefused(const wire::Reply& reply) {
    const auto why = wire::take(reply.text).value_or("no reason given");
    if (auto waiting = m_spawns.find(reply.id); waiting != m_spawns.end()) {
      waiting->second->reject(KJ_EXCEPTION(FAILED, "the spawner refused", why));
      m_spawns.erase(waiting);
    } else if (auto inspection = m_inspections.find(reply.id); inspection != m_inspections.end()) {
      inspection->second.answer->reject(KJ_EXCEPTION(FAILED, "the spawner refused", why));
      m_inspections.erase(inspection);
    } else if (m_startsAgain.get() != nullptr) {
      m_startsAgain->reject(KJ_EXCEPTION(FAILED, "the spawner refused", why));
    } else {
      KJ_FAIL_REQUIRE("an answer to nothing");
    }
  }

  void takeInspection(const wire::Reply& reply) {
    auto inspection = m_inspections.find(reply.id);
    KJ_REQUIRE(inspection != m_inspections.end(), "an answer to nothing");
    if (reply.operation == wire::Operation::CHECK) {
      // An unknown state counts as the worst.
      const auto state = reply.state <= static_cast<std::uint32_t>(sandbox::CheckState::FAILED)
                             ? static_cast<sandbox::CheckState>(reply.state)
                             : sandbox::CheckState::FAILED;
      inspection->second.checks.push_back(
          {wire::take(reply.name).value_or("?"), wire::take(reply.text).value_or("?"), state});
      return;
    }
    inspection->second.answer->fulfill(
        sandbox::CageReport{reply.pid, kj::mv(inspection->second.checks)});
    m_inspections.erase(inspection);
  }

  void takeExited(const wire::Reply& reply) {
    auto child = m_children.find(reply.pid);
    if (child == m_children.end()) return;  // a spawn that was dropped
    const ExitStatus status{reply.pid, reply.code, reply.signal};
    KJ_IF_MAYBE (waiter, child->second.waiter) {
      (*waiter)->fulfill(ExitStatus(status));
      m_children.erase(child);
    } else {
      child->second.ended = true;
      child->second.status = status;
      // Most are never asked for: their pidfd has told it.
      m_untold.push_back(reply.pid);
      if (m_untold.size() <= MAX_UNTOLD) return;
      const auto oldest = m_children.find(m_untold.front());
      m_untold.pop_front();
      if (oldest != m_children.end() && oldest->second.ended) m_children.erase(oldest);
    }
  }

  void end(kj::Exception&& error) {
    if (m_ended != nullptr) return;
    for (auto& [id, answer] : m_spawns) answer->reject(kj::cp(error));
    for (auto& [id, inspection] : m_inspections) inspection.answer->reject(kj::cp(error));
    for (auto& [pid, child] : m_children) {
      KJ_IF_MAYBE (waiter, child.waiter) {
        (*waiter)->reject(kj::cp(error));
      }
    }
    if (m_startsAgain.get() != nullptr) m_startsAgain->reject(kj::cp(error));
    m_spawns.clear();
    m_inspections.clear();
    m_ended = kj::mv(error);
  }

  const sandbox::SpawnerView m_spawner;
  kj::AutoCloseFd m_control;
  kj::UnixEventPort::FdObserver m_observer;
  std::uint64_t m_lastId = 0;
  std::map<std::uint64_t, kj::Own<kj::PromiseFulfiller<Spawned>>> m_spawns;
  std::map<std::uint64_t, Inspection> m_inspections;
  std::map<pid_t, Child> m_children;
  std::deque<pid_t> m_untold;  // ended, oldest first; those that were asked for since among them
  std::deque<Outgoing> m_outgoing;
  kj::Own<kj::PromiseFulfiller<void>> m_startsAgain;
  kj::Maybe<kj::Exception> m_ended;
  kj::Promise<void> m_writing = nullptr;
  kj::Promise<void> m_reading;
};

}  // namespace

kj::Own<SpawnerLink> connectSpawner(kj::AutoCloseFd control,
                                    kj::UnixEventPort& eventPort,
                                    pid_t spawner) {
  return kj::heap<ControlLink>(kj::mv(control), eventPort, spawner);
}

}  // namespace sallyport::spawn
