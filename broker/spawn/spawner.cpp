// The spawner's loop. See the header.
#include "broker/spawn/spawner.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
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

// Thrown once the broker is gone.
struct BrokerGone {};

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
  Spawner(OwnedDescriptor control, OwnedDescriptor signals, const SpawnerConfig& config)
      : m_control(std::move(control)), m_signals(std::move(signals)), m_config(config) {}

  bool startsAgain() const { return m_startsAgain; }

  void serve() {
    try {
      for (;;) step();
    } catch (const BrokerGone&) {
    }
  }

  void endAll() {
    for (auto& [pid, child] : m_children) {
      if (child.kind == ProcessKind::OPENER) continue;
      kill(child.pidfd);
    }
    for (endOrphans(); hasMoreThanOpeners(); endOrphans()) {
      m_children.erase(waitpid(-1, nullptr, 0));
    }
  }

 private:
  void step() {
    std::array<pollfd, 2> waits{{{m_control.get(), POLLIN, 0}, {m_signals.get(), POLLIN, 0}}};
    if (poll(waits.data(), waits.size(), hasWindows() ? renderer::WATCH_PERIOD_MS : -1) < 0) {
      if (errno == EINTR) return;
      fail("poll");
    }
    if (hasWindows()) watchBounds();
    // Ends before requests: a number that is used again must not be reported twice.
    if (waits[1].revents != 0) reap();
    if (waits[0].revents != 0) answerOne();
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
      if (m_children.count(pid) == 0) ::kill(pid, SIGKILL);
    }
  }

  bool hasMoreThanOpeners() const {
    const auto children = sandbox::proc::childrenOf(getpid());
    return std::any_of(children.begin(), children.end(), [this](pid_t pid) {
      const auto child = m_children.find(pid);
      return child == m_children.end() || child->second.kind != ProcessKind::OPENER;
    });
  }

  void reap() {
    signalfd_siginfo ignored;
    while (read(m_signals.get(), &ignored, sizeof ignored) > 0) {
    }
    for (;;) {
      siginfo_t info{};
      if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return;
      const auto child = m_children.find(info.si_pid);
      if (child == m_children.end()) continue;  // an orphan of a cage
      const bool caged = child->second.kind == ProcessKind::RENDERER;
      m_children.erase(child);
      if (caged) endOrphans();
      wire::Reply reply = makeReply(wire::Operation::EXITED, 0);
      reply.pid = info.si_pid;
      const bool exited = info.si_code == CLD_EXITED;
      reply.code = exited ? info.si_status : -1;
      reply.signal = exited ? 0 : info.si_status;
      send(reply);
    }
  }

  void answerOne() {
    wire::Request request{};
    auto received = wire::receive(m_control.get(), &request, sizeof request, 0);
    if (received.transfer == wire::Transfer::CLOSED) throw BrokerGone{};
    std::vector<OwnedDescriptor> low;
    for (const int fd : received.descriptors) low.emplace_back(fd);
    try {
      if (received.lost) throw std::runtime_error("no descriptors are left");
      answer(request, outOfTheWay(std::move(low)));
    } catch (const std::exception& error) {
      wire::Reply reply = makeReply(wire::Operation::REFUSED, request.id);
      wire::put(reply.text, error.what());
      send(reply);
    }
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
      spawn(request.id, kind, *label, std::move(given));
    } else if (request.operation == wire::Operation::INSPECT && given.empty()) {
      inspect(request.id, kind, request.pid);
    } else if (request.operation == wire::Operation::INSPECT_BROKER && given.empty()) {
      answer(request.id, sandbox::inspectSelfCaged(getppid(), sandbox::CagedAs::BROKER, nullptr));
    } else if (request.operation == wire::Operation::START_AGAIN && given.empty()) {
      m_startsAgain = true;
      send(makeReply(wire::Operation::START_AGAIN, request.id));
    } else if (request.operation == wire::Operation::END && given.empty()) {
      const auto child = m_children.find(request.pid);  // one that ended by itself is gone
      if (child != m_children.end()) kill(child->second.pidfd);
    } else {
      throw std::invalid_argument("an unknown request");
    }
  }

  void spawn(std::uint64_t id,
             ProcessKind kind,
             const std::string& label,
             std::vector<OwnedDescriptor> given) {
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
    sandbox::RendererDescriptors inodes{
        inodeOf(given.front().get()), inodeOf(given.back().get()), 0};
    auto plan = planChild(m_config, kind, label, std::move(given));
    if (std::chrono::steady_clock::now() < m_noScopeUntil) plan.scope = {};
    const auto started = startChild(plan);
    const auto unit = unitOf(plan, started.pid, label);
    inodes.log = started.logInode;
    wire::Reply reply = makeReply(wire::Operation::SPAWNED, id);
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
    send(reply, answered);
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
      wire::Reply reply = makeReply(wire::Operation::CHECK, id);
      reply.state = static_cast<std::uint32_t>(check.state);
      wire::put(reply.name, check.name);
      wire::put(reply.text, check.value);
      send(reply);
    }
    wire::Reply reply = makeReply(wire::Operation::INSPECTED, id);
    reply.pid = report.pid;
    send(reply);
  }

  static wire::Reply makeReply(wire::Operation operation, std::uint64_t id) {
    wire::Reply reply{};
    reply.magic = wire::MAGIC;
    reply.operation = operation;
    reply.id = id;
    return reply;
  }

  void send(const wire::Reply& reply, const std::vector<int>& descriptors = {}) {
    if (wire::send(m_control.get(), &reply, sizeof reply, descriptors, 0) != wire::Transfer::DONE)
      throw BrokerGone{};
  }

  OwnedDescriptor m_control;
  OwnedDescriptor m_signals;
  const SpawnerConfig& m_config;
  std::map<pid_t, Child> m_children;
  std::chrono::steady_clock::time_point m_watched{};
  std::chrono::steady_clock::time_point m_noScopeUntil{};
  bool m_startsAgain = false;
};

void requireUsable(const SpawnerConfig& config) {
#ifndef SALLYPORT_TESTING
  if (config.fastKdf || !config.promptScript.empty() || !config.rendererReplacements.empty() ||
      config.hostPrograms != HOST_PROGRAMS ||
      config.windowBounds.memory != sandbox::renderer::WINDOW_BOUNDS.memory ||
      config.windowBounds.processes != sandbox::renderer::WINDOW_BOUNDS.processes) {
    throw std::invalid_argument("options of the testing build");
  }
#endif
  if (!config.binaries.is_absolute() || !config.stateDirectory.is_absolute() ||
      !config.hostPrograms.is_absolute() || !wire::isLabel(config.appId)) {
    throw std::invalid_argument("the spawner's configuration");
  }
}

// Only 0-2 and the control socket stay, and the socket moves out of the way of the children's
// descriptors.
OwnedDescriptor keepOnly(int control) {
  OwnedDescriptor moved(fcntl(control, F_DUPFD_CLOEXEC, LOWEST_OWN));
  if (!moved) fail("F_DUPFD_CLOEXEC");
  const auto at = static_cast<unsigned>(moved.get());
  if (syscall(SYS_close_range, 3U, at - 1, 0) != 0 ||
      syscall(SYS_close_range, at + 1, ~0U, 0) != 0) {
    fail("close_range");
  }
  // Taken, so that what is opened from here on gets a number above the children's.
  for (int fd = open("/dev/null", O_RDONLY | O_CLOEXEC); fd < LOWEST_OWN - 1; fd = dup(fd)) {
    if (fd < 0) fail("/dev/null");
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) fail("F_SETFD");
  }
  return moved;
}

OwnedDescriptor childSignals() {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  if (sigprocmask(SIG_SETMASK, &children, nullptr) != 0) fail("sigprocmask");
  OwnedDescriptor signals(signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) fail("signalfd");
  return signals;
}

OwnedDescriptor brokerProcess() {
  OwnedDescriptor broker(static_cast<int>(syscall(SYS_pidfd_open, getppid(), 0)));
  if (!broker) fail("pidfd_open");
  return broker;
}

// In a process of its own, which outlives both: the broker's locks are free when it has ended.
void startAgain(int broker, const SpawnerConfig& config) {
  const pid_t pid = fork();
  if (pid < 0) fail("fork");
  if (pid > 0) return;
  pollfd end{broker, POLLIN, 0};
  while (poll(&end, 1, -1) < 0 && errno == EINTR) {
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::vector<char*> arguments;
  arguments.reserve(config.commandLine.size() + 1);
  for (const auto& argument : config.commandLine)
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): execv only reads
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execv(config.program.c_str(), arguments.data());
  std::fprintf(stderr, "sallyport: cannot start again: %s\n", std::strerror(errno));
  _exit(1);
}

}  // namespace

int runSpawner(int control, const SpawnerConfig& config) {
  try {
    sandbox::hardenProcess();
    requireUsable(config);
    OwnedDescriptor socket = keepOnly(control);
    const OwnedDescriptor broker = brokerProcess();
    // A terminal's interrupt is for the broker, which ends its children in order.
    if (setsid() < 0 && errno != EPERM) fail("setsid");
    if (prctl(PR_SET_NAME, "sallyport-spawn", 0, 0, 0) != 0) fail("PR_SET_NAME");
    // One that is stopped goes on when the broker is gone, sees so, and ends.
    if (prctl(PR_SET_PDEATHSIG, SIGCONT, 0, 0, 0) != 0) fail("PR_SET_PDEATHSIG");
    // What a killed bubblewrap leaves becomes ours to end and to wait for.
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) fail("PR_SET_CHILD_SUBREAPER");
    Spawner spawner(std::move(socket), childSignals(), config);
    spawner.serve();
    spawner.endAll();
    if (spawner.startsAgain() && !config.program.empty()) startAgain(broker.get(), config);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sallyport spawner: %s\n", error.what());
    return 1;
  }
}

}  // namespace sallyport::spawn
