// The spawner's loop. See the header.
#include "broker/spawn/spawner.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "broker/spawn/child-plan.h"
#include "broker/spawn/child-start.h"
#include "broker/spawn/forked-process.h"
#include "broker/spawn/request-socket.h"
#include "broker/spawn/starter.h"
#include "broker/spawn/wire.h"
#include "sandbox-policies/cage-usage.h"
#include "sandbox-policies/inspect.h"
#include "sandbox-policies/proc-facts.h"
#include "sandbox-policies/renderer-policy.h"
#include "sandbox-policies/self-cage.h"
#include "sandbox-policies/window-group.h"

namespace sallyport::spawn {
namespace {

namespace renderer = sandbox::renderer;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Child {
  ProcessKind kind;
  OwnedDescriptor pidfd;
  sandbox::RendererDescriptors given;
  sandbox::GivenToTrusted trusted;
  std::string unit;  // of its control group; empty: it has none
};

std::uint64_t inodeOf(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) fail("fstat");
  return status.st_ino;
}

sandbox::CagedAs cageOf(ProcessKind kind) {
  switch (kind) {
    case ProcessKind::VAULT:
      return sandbox::CagedAs::VAULT;
    case ProcessKind::NET:
      return sandbox::CagedAs::NET;
    case ProcessKind::CHOOSER:
      return sandbox::CagedAs::CHOOSER;
    default:
      return sandbox::CagedAs::DISPLAY;
  }
}

class Spawner {
 public:
  Spawner(OwnedDescriptor control,
          OwnedDescriptor signals,
          Starter& starter,
          const SpawnerConfig& config)
      : m_broker(std::move(control)),
        m_signals(std::move(signals)),
        m_starter(starter),
        m_config(config) {}

  void serve() {
    try {
      for (;;) step();
    } catch (const AskerGone&) {
    }
  }

  void endAll() {
    for (auto& [pid, child] : m_children) kill(child.pidfd);
    for (endOrphans(); hasMoreThanStarter(); endOrphans()) {
      m_children.erase(waitpid(-1, nullptr, 0));
    }
  }

 private:
  void step() {
    std::array<pollfd, 3> waits{{{m_broker.get(), POLLIN, 0},
                                 {m_signals.get(), POLLIN, 0},
                                 {m_starter.control(), POLLIN, 0}}};
    if (poll(waits.data(), waits.size(), hasWindows() ? renderer::WATCH_PERIOD_MS : -1) < 0) {
      if (errno == EINTR) return;
      fail("poll");
    }
    if (hasWindows()) watchBounds();
    // Ends before requests: a number that is used again must not be reported twice.
    if (waits[1].revents != 0)
      reapChildren(m_signals, [this](const siginfo_t& info) { ended(info); });
    if (waits[2].revents != 0) passOn();
    if (waits[0].revents != 0) {
      m_broker.answerOne([this](const wire::Request& request, std::vector<OwnedDescriptor> low) {
        answer(request, outOfTheWay(std::move(low)));
      });
    }
  }

  bool hasWindows() const {
    return std::any_of(m_children.begin(), m_children.end(), [](const auto& child) {
      return child.second.kind == ProcessKind::RENDERER;
    });
  }

  // At most once a period, however many requests there are. The broker sees the end, and its
  // journal has this line.
  void watchBounds() {
    const auto now = std::chrono::steady_clock::now();
    if (now - m_watched < std::chrono::milliseconds(renderer::WATCH_PERIOD_MS)) return;
    m_watched = now;
    for (const auto& [pid, child] : m_children) {
      if (child.kind != ProcessKind::RENDERER) continue;
      const auto over = sandbox::overBounds(sandbox::usageOf(pid), m_config.windowBounds);
      if (over.empty()) continue;
      std::fprintf(stderr, "sallyport spawner: a renderer (%d) is ended: %s\n", pid, over.c_str());
      kill(child.pidfd);
    }
  }

  static void kill(const OwnedDescriptor& pidfd) {
    syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  }

  // What an ended child leaves becomes ours: the first process of a renderer's namespace, which has
  // its death signal already (enclosure.h).
  void endOrphans() const {
    for (const pid_t pid : sandbox::proc::childrenOf(getpid())) {
      if (m_children.count(pid) == 0 && pid != m_starter.pid()) ::kill(pid, SIGKILL);
    }
  }

  bool hasMoreThanStarter() const {
    const auto children = sandbox::proc::childrenOf(getpid());
    return std::any_of(
        children.begin(), children.end(), [this](pid_t pid) { return pid != m_starter.pid(); });
  }

  // What the starter answered and saw, to the broker.
  void passOn() {
    for (const auto& [reply, descriptors] : m_starter.takeAnswers()) {
      std::vector<int> numbers;
      numbers.reserve(descriptors.size());
      for (const auto& descriptor : descriptors) numbers.push_back(descriptor.get());
      m_broker.send(reply, numbers);
    }
  }

  void ended(const siginfo_t& info) {
    if (info.si_pid == m_starter.pid()) m_starter.ended();
    const auto child = m_children.find(info.si_pid);
    if (child == m_children.end()) return;  // an orphan of a cage
    const bool caged = child->second.kind == ProcessKind::RENDERER;
    m_children.erase(child);
    if (caged) endOrphans();
    m_broker.send(wire::exitOf(info));
  }

  // Of the children's numbers.
  static std::vector<OwnedDescriptor> outOfTheWay(std::vector<OwnedDescriptor> low) {
    std::vector<OwnedDescriptor> high;
    for (const auto& descriptor : low) {
      high.emplace_back(fcntl(descriptor.get(), F_DUPFD_CLOEXEC, LOWEST_OWN));
      if (!high.back()) fail("F_DUPFD_CLOEXEC");
    }
    return high;
  }

  void answer(const wire::Request& request, std::vector<OwnedDescriptor> given) {
    const auto label = wire::take(request.label);
    if (request.magic != wire::MAGIC || request.kind >= PROCESS_KINDS || !label) {
      throw std::invalid_argument("a malformed request");
    }
    const auto kind = static_cast<ProcessKind>(request.kind);
    if (request.operation == wire::Operation::SPAWN) {
      requireGiven(kind, *label, given);
      if (kind == ProcessKind::OPENER)
        m_starter.ask(request, given);
      else
        spawn(request.id, kind, *label, std::move(given));
    } else if (request.operation == wire::Operation::INSPECT && given.empty()) {
      inspect(request.id, kind, request.pid);
    } else if (request.operation == wire::Operation::INSPECT_BROKER && given.empty()) {
      answer(request.id, sandbox::inspectSelfCaged(getppid(), sandbox::CagedAs::BROKER, nullptr));
    } else if (request.operation == wire::Operation::START_AGAIN && given.empty()) {
      m_starter.ask(request, {});
    } else if (request.operation == wire::Operation::END && given.empty()) {
      const auto child = m_children.find(request.pid);
      if (child != m_children.end())
        kill(child->second.pidfd);
      else
        m_starter.endOpener(request.pid);  // or one that ended by itself
    } else {
      throw std::invalid_argument("an unknown request");
    }
  }

  static void requireGiven(ProcessKind kind,
                           const std::string& label,
                           const std::vector<OwnedDescriptor>& given) {
    if (given.size() != descriptorsOf(kind))
      throw std::invalid_argument("the wrong number of descriptors");
    if (hasLabel(kind) ? !wire::isLabel(label) : !label.empty())
      throw std::invalid_argument("a bad label");
    for (const auto& descriptor : given) {
      struct stat status {};
      if (fstat(descriptor.get(), &status) != 0 || !S_ISSOCK(status.st_mode)) {
        throw std::invalid_argument("a descriptor that is not a socket");
      }
    }
  }

  void spawn(std::uint64_t id,
             ProcessKind kind,
             const std::string& label,
             std::vector<OwnedDescriptor> given) {
    sandbox::RendererDescriptors inodes{
        inodeOf(given.front().get()), inodeOf(given.back().get()), 0};
    auto plan = planChild(m_config, kind, label, std::move(given));
    if (std::chrono::steady_clock::now() < m_noScopeUntil) plan.scope = {};
    const auto started = startChild(plan);
    const auto unit = unitOf(plan, started.pid, label);
    inodes.log = started.logInode;
    wire::Reply reply = wire::makeReply(wire::Operation::SPAWNED, id);
    reply.pid = started.pid;
    const std::vector<int> answered{started.pidfd.get(), started.log.get()};
    OwnedDescriptor own(fcntl(started.pidfd.get(), F_DUPFD_CLOEXEC, LOWEST_OWN));
    if (!own) {
      kill(started.pidfd);  // nobody would know of it
      fail("F_DUPFD_CLOEXEC");
    }
    m_children.insert_or_assign(
        started.pid,
        Child{kind, std::move(own), inodes, {started.logInode, plan.environment}, unit});
    m_broker.send(reply, answered);
  }

  // A manager that did not do it may not answer at all, and must not hold up every window's start.
  std::string unitOf(const ChildPlan& plan, pid_t pid, const std::string& label) {
    if (plan.scope.program.empty()) return "";
    auto unit = scopeName(plan.scope, pid);
    if (sandbox::isInWindowGroup(pid, unit)) return unit;
    m_noScopeUntil = std::chrono::steady_clock::now() + std::chrono::seconds(SCOPE_PAUSE_S);
    std::fprintf(stderr,
                 "sallyport spawner: the user's service manager made no control group for window "
                 "%s; its bounds are looked at each second\n",
                 label.c_str());
    return "";
  }

  void inspect(std::uint64_t id, ProcessKind kind, pid_t pid) {
    const auto child = m_children.find(pid);
    if (child == m_children.end() || child->second.kind != kind) {
      throw std::invalid_argument("no such child of this kind");
    }
    answer(id,
           kind == ProcessKind::RENDERER
               ? sandbox::inspectRenderer(pid, child->second.given, child->second.unit)
               : sandbox::inspectSelfCaged(pid, cageOf(kind), &child->second.trusted));
  }

  void answer(std::uint64_t id, const sandbox::CageReport& report) {
    for (const auto& check : report.checks) {
      wire::Reply reply = wire::makeReply(wire::Operation::CHECK, id);
      reply.state = static_cast<std::uint32_t>(check.state);
      wire::put(reply.name, check.name);
      wire::put(reply.text, check.value);
      m_broker.send(reply);
    }
    wire::Reply reply = wire::makeReply(wire::Operation::INSPECTED, id);
    reply.pid = report.pid;
    m_broker.send(reply);
  }

  RequestSocket m_broker;
  OwnedDescriptor m_signals;
  Starter& m_starter;
  const SpawnerConfig& m_config;
  std::map<pid_t, Child> m_children;
  std::chrono::steady_clock::time_point m_watched{};
  std::chrono::steady_clock::time_point m_noScopeUntil{};
};

void requireUsable(const SpawnerConfig& config) {
#ifndef SALLYPORT_TESTING
  if (config.fastKdf || !config.promptScript.empty() || !config.rendererReplacements.empty() ||
      config.hostPrograms != HOST_PROGRAMS || config.profile != sandbox::STRICT ||
      config.windowBounds.memory != sandbox::renderer::WINDOW_BOUNDS.memory ||
      config.windowBounds.processes != sandbox::renderer::WINDOW_BOUNDS.processes) {
    throw std::invalid_argument("options of the testing build");
  }
#endif
  if (sandbox::findProfile(config.profile) == nullptr)
    throw std::invalid_argument("there is no profile " + config.profile);
  if (!config.binaries.is_absolute() || !config.stateDirectory.is_absolute() ||
      !config.hostPrograms.is_absolute() || !wire::isLabel(config.appId)) {
    throw std::invalid_argument("the spawner's configuration");
  }
}

}  // namespace

int runSpawner(int control, const SpawnerConfig& config) {
  try {
    sandbox::hideProcess();
    requireUsable(config);
    OwnedDescriptor socket = keepOnly(control);
    becomeOwnProcess("sallyport-spawn");
    // What a killed bubblewrap leaves becomes ours to end and to wait for.
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) fail("PR_SET_CHILD_SUBREAPER");
    Starter starter(config, getppid());
    sandbox::enterSpawnerCage();
    Spawner spawner(std::move(socket), childSignals(), starter, config);
    spawner.serve();
    spawner.endAll();
    starter.end();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sallyport spawner: %s\n", error.what());
    return 1;
  }
}

}  // namespace sallyport::spawn
