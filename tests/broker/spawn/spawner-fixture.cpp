// See the header.
#include "tests/broker/spawn/spawner-fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "broker/spawn/child-plan.h"

namespace sallyport::test {
namespace {

constexpr int SILENCE_MS = 60000;

std::pair<std::string, std::string> splitAt(const std::string& text, const std::string& separator) {
  const auto at = text.find(separator);
  if (at == std::string::npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + separator.size())};
}

void sort(const std::string& line, Report& report) {
  const auto [kind, rest] = splitAt(line, " ");
  if (kind == "act") {
    report.acts.insert(splitAt(rest, " = "));
  } else if (kind == "cage") {
    report.cage.insert(splitAt(rest, " = "));
  } else if (kind == "limit") {
    report.limits.insert(splitAt(rest, " "));
  } else if (kind == "fd") {
    report.descriptors.insert(splitAt(rest, " "));
  } else if (kind == "arg") {
    report.arguments.push_back(rest);
  } else if (kind == "env") {
    report.environment.push_back(rest);
  } else if (kind == "mount") {
    report.mounts.push_back(rest);
  } else if (kind == "done") {
    report.complete = true;
  } else {
    report.rest.push_back(line);
  }
}

std::string readAvailable(int fd, int timeoutMs) {
  pollfd wait{fd, POLLIN, 0};
  if (poll(&wait, 1, timeoutMs) != 1) return "";
  std::array<char, 4096> buffer{};
  const ssize_t size = read(fd, buffer.data(), buffer.size());
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : "";
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "sallyport-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  m_path = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(m_path, ignored);
}

Pair makePair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::runtime_error("socketpair");
  return {kj::AutoCloseFd(ends[0]), kj::AutoCloseFd(ends[1])};
}

Report readReport(int fd) {
  Report report;
  std::string pending;
  while (!report.complete) {
    const auto more = readAvailable(fd, SILENCE_MS);
    if (more.empty()) break;
    pending += more;
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      sort(pending.substr(0, end), report);
      pending.erase(0, end + 1);
    }
  }
  return report;
}

SpawnerFixture::SpawnerFixture(const std::filesystem::path& program,
                               sandbox::CageBounds bounds,
                               const std::filesystem::path& userRuntime)
    : m_loop(m_eventPort), m_waitScope(m_loop) {
  const auto binaries = m_directory.path() / "bin";
  std::filesystem::create_directory(binaries);
  for (const char* name :
       {"sallyport-vault", "sallyport-net", "sallyport-display", "sallyport-renderer"}) {
    std::filesystem::create_symlink(program, binaries / name);
  }
  for (const char* name : {"sallyport-cage", "sallyport-open"}) {
    std::filesystem::create_symlink(std::filesystem::path(SALLYPORT_BINARY_DIR) / "bin" / name,
                                    binaries / name);
  }
  m_config.hostPrograms = m_directory.path() / "host";
  std::filesystem::create_directory(m_config.hostPrograms);
  m_config.windowBounds = bounds;
  m_config.userRuntime = userRuntime;
  m_config.binaries = binaries;
  m_config.stateDirectory = m_directory.path() / "state";
  std::filesystem::create_directories(vaultDirectory());
  m_config.appId = "test-app";
  m_config.displayEnvironment = {
      {"DISPLAY", ":7"}, {"LD_PRELOAD", "/evil.so"}, {"LANG", "C.UTF-8"}, {"HTTPS_PROXY", "p"}};
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::runtime_error("socketpair");
  m_spawner = fork();
  if (m_spawner == 0) {
    close(ends[0]);
    _exit(spawn::runSpawner(ends[1], m_config));
  }
  close(ends[1]);
  m_link = spawn::connectSpawner(kj::AutoCloseFd(ends[0]), m_eventPort, m_spawner);
}

SpawnerFixture::~SpawnerFixture() { end(); }

int SpawnerFixture::end() {
  m_link = nullptr;
  if (m_spawner < 0) return -1;
  int status = 0;
  const bool waited = waitpid(std::exchange(m_spawner, -1), &status, 0) > 0;
  return waited && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

StartedChild SpawnerFixture::start(spawn::ProcessKind kind, const std::string& label) {
  auto first = makePair();
  auto second = makePair();
  spawn::SpawnRequest request{kind, label, {}};
  request.fds.push_back(kj::mv(first.theirs));
  if (spawn::descriptorsOf(kind) == 2) request.fds.push_back(kj::mv(second.theirs));
  auto process = m_link->spawn(kj::mv(request)).wait(m_waitScope);
  return {kj::mv(process), kj::mv(first.ours), kj::mv(second.ours)};
}

std::string readLog(int fd) {
  std::string log;
  for (;;) {
    const auto more = readAvailable(fd, 10000);
    if (more.empty()) return log;
    log += more;
  }
}

bool endsSoon(const kj::AutoCloseFd& pidfd) {
  pollfd wait{pidfd.get(), POLLIN, 0};
  return poll(&wait, 1, 30000) == 1;
}

void order(const StartedChild& child, const std::string& text) {
  if (write(child.first.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("an order to a child");
}

std::string refusal(kj::Promise<spawn::Spawned> promise, kj::WaitScope& waitScope) {
  auto caught = promise.then(
      [](spawn::Spawned&&) -> std::string { return "started"; },
      [](kj::Exception&& error) -> std::string { return error.getDescription().cStr(); });
  return caught.wait(waitScope);
}

spawn::SpawnerConfig configOf(const char* binaries, const char* state, const char* appId) {
  spawn::SpawnerConfig config;
  config.binaries = binaries;
  config.stateDirectory = state;
  config.appId = appId;
  return config;
}

std::filesystem::path testProgram(const char* name) {
  return std::filesystem::path(SALLYPORT_BINARY_DIR) / "tests-bin" / name;
}

std::filesystem::path idle() { return testProgram("sandbox-idle"); }

}  // namespace sallyport::test
