// Both ends of the starter. See the header.
#include "broker/spawn/starter.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "broker/spawn/child-plan.h"
#include "broker/spawn/child-start.h"
#include "broker/spawn/forked-process.h"
#include "broker/spawn/request-socket.h"

namespace sallyport::spawn {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Service {
 public:
  Service(OwnedDescriptor spawner, OwnedDescriptor signals, const SpawnerConfig& config)
      : m_spawner(std::move(spawner)), m_signals(std::move(signals)), m_config(config) {}

  // Until the spawner is gone; answers whether the app is to start again.
  bool serve() {
    try {
      for (;;) step();
    } catch (const AskerGone&) {
      return m_startsAgain;
    }
  }

 private:
  void step() {
    std::array<pollfd, 2> waits{{{m_spawner.get(), POLLIN, 0}, {m_signals.get(), POLLIN, 0}}};
    if (poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) return;
      fail("poll");
    }
    if (waits[1].revents != 0)
      reapChildren(m_signals, [this](const siginfo_t& info) { ended(info); });
    if (waits[0].revents != 0) {
      m_spawner.answerOne([this](const wire::Request& request, std::vector<OwnedDescriptor> given) {
        answer(request, std::move(given));
      });
    }
  }

  void ended(const siginfo_t& info) {
    m_openers.erase(info.si_pid);
    m_spawner.send(wire::exitOf(info));
  }

  void answer(const wire::Request& request, std::vector<OwnedDescriptor> given) {
    if (request.operation == wire::Operation::START_AGAIN) {
      m_startsAgain = true;
      m_spawner.send(wire::makeReply(wire::Operation::START_AGAIN, request.id));
    } else if (request.operation == wire::Operation::END) {
      if (const auto opener = m_openers.find(request.pid); opener != m_openers.end())
        syscall(SYS_pidfd_send_signal, opener->second.get(), SIGKILL, nullptr, 0);
    } else {
      open(request.id, std::move(given));
    }
  }

  void open(std::uint64_t id, std::vector<OwnedDescriptor> given) {
    const auto plan = planChild(m_config, ProcessKind::OPENER, "", std::move(given));
    auto started = startChild(plan);
    wire::Reply reply = wire::makeReply(wire::Operation::SPAWNED, id);
    reply.pid = started.pid;
    const std::vector<int> answered{started.pidfd.get(), started.log.get()};
    m_spawner.send(reply, answered);
    m_openers.insert_or_assign(started.pid, std::move(started.pidfd));
  }

  RequestSocket m_spawner;
  OwnedDescriptor m_signals;
  const SpawnerConfig& m_config;
  std::map<pid_t, OwnedDescriptor> m_openers;  // by number: pidfd
  bool m_startsAgain = false;
};

// In a process of its own, which outlives them all: the broker's locks are free when it has ended.
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

int runStarter(int control, pid_t broker, const SpawnerConfig& config) {
  try {
    OwnedDescriptor spawner = keepOnly(control);
    const OwnedDescriptor end(static_cast<int>(syscall(SYS_pidfd_open, broker, 0)));
    if (!end) fail("pidfd_open");
    becomeOwnProcess("sallyport-start");
    Service service(std::move(spawner), childSignals(), config);
    if (service.serve() && !config.program.empty()) startAgain(end.get(), config);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sallyport starter: %s\n", error.what());
    return 1;
  }
}

}  // namespace

Starter::Starter(const SpawnerConfig& config, pid_t broker) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
  m_control = OwnedDescriptor(ends[0]);
  const OwnedDescriptor theirs(ends[1]);
  m_pid = fork();
  if (m_pid < 0) fail("fork");
  if (m_pid == 0) _exit(runStarter(theirs.get(), broker, config));
}

bool Starter::send(const wire::Request& request, const std::vector<int>& descriptors) {
  return m_control && wire::send(m_control.get(), &request, sizeof request, descriptors, 0) ==
                          wire::Transfer::DONE;
}

void Starter::ask(const wire::Request& request, const std::vector<OwnedDescriptor>& given) {
  std::vector<int> descriptors;
  descriptors.reserve(given.size());
  for (const auto& descriptor : given) descriptors.push_back(descriptor.get());
  if (!send(request, descriptors)) throw std::runtime_error("the starter is gone");
  m_open.insert(request.id);
}

void Starter::endOpener(pid_t pid) {
  wire::Request request{};
  request.magic = wire::MAGIC;
  request.operation = wire::Operation::END;
  request.pid = pid;
  send(request, {});
}

std::optional<Starter::Answer> Starter::takeOne() {
  Answer answer{};
  auto received = wire::receive(m_control.get(), &answer.reply, sizeof answer.reply, MSG_DONTWAIT);
  if (received.transfer == wire::Transfer::CLOSED) m_control = OwnedDescriptor();
  if (received.transfer != wire::Transfer::DONE) return std::nullopt;
  for (const int fd : received.descriptors) answer.descriptors.emplace_back(fd);
  if (received.lost) {
    // It runs, and there was no room to hold it by.
    endOpener(answer.reply.pid);
    answer.reply = wire::makeReply(wire::Operation::REFUSED, answer.reply.id);
    wire::put(answer.reply.text, "no descriptors are left");
  }
  m_open.erase(answer.reply.id);
  return answer;
}

std::vector<Starter::Answer> Starter::takeAnswers() {
  std::vector<Answer> answers;
  while (m_control) {
    auto answer = takeOne();
    if (!answer) break;
    answers.push_back(std::move(*answer));
  }
  if (!m_control) {
    for (const auto id : std::exchange(m_open, {})) {
      Answer refused{wire::makeReply(wire::Operation::REFUSED, id), {}};
      wire::put(refused.reply.text, "the starter is gone");
      answers.push_back(std::move(refused));
    }
  }
  return answers;
}

void Starter::end() {
  m_control = OwnedDescriptor();
  if (m_pid < 0) return;
  // One that is stopped would not see it.
  kill(m_pid, SIGCONT);
  while (waitpid(m_pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace sallyport::spawn
