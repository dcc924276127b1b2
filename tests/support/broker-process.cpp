// See the header.
#include "tests/support/broker-process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t TAIL = 40;  // lines of the journal in a failure

struct Started {
  pid_t pid;
  int output;  // read end of both streams
};

Started start(const std::vector<std::string>& command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  std::vector<char*> argv;
  for (const auto& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork");
  if (pid == 0) {
    // A broken test must not leave a broker either.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126);
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(null, 0);
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  return {pid, ends[0]};
}

int exitCode(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void writeFile(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error(path.string());
}

// As the broker writes what a page said: "\\x5c" for a byte that could be misread.
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "\\x") == 0 && i + 3 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

const boost::json::object* processNamed(const boost::json::object& status,
                                        const std::string& name) {
  for (const auto& process : status.at("processes").as_array())
    if (process.at("name").as_string() == name) return &process.as_object();
  return nullptr;
}

}  // namespace

Finished run(const std::vector<std::string>& command) {
  const auto started = start(command);
  Finished finished;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(started.output, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    finished.output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(started.output);
  int status = 0;
  waitpid(started.pid, &status, 0);
  finished.code = exitCode(status);
  return finished;
}

fs::path binary(const std::string& name) { return fs::path(SALLYPORT_BINARY_DIR) / "bin" / name; }

fs::path testBinary(const std::string& name) {
  return fs::path(SALLYPORT_BINARY_DIR) / "tests-bin" / name;
}

fs::path testApp(const std::string& name) {
  return fs::path(SALLYPORT_SOURCE_DIR) / "tests/integration/apps" / name;
}

BrokerProcess::BrokerProcess(BrokerSetup setup, bool startNow)
    : m_runtime(m_folder.path() / "runtime"),
      m_state(m_folder.path() / "state"),
      m_setup(std::move(setup)) {
  adoptOrphans();
  const auto children = livingChildren();
  m_before.insert(children.begin(), children.end());
  writeFile(m_folder.path() / "page.js", m_setup.pageScript);
  writeFile(m_folder.path() / "prompt.jsonl", m_setup.promptScript);
  if (startNow) start();
}

std::vector<std::string> BrokerProcess::commandLine() const {
  std::vector<std::string> arguments{"--headless",
                                     "--test-fast-kdf",
                                     "--app-dir",
                                     m_setup.app,
                                     "--state",
                                     m_state,
                                     "--runtime",
                                     m_runtime,
                                     "--page-script",
                                     m_folder.path() / "page.js",
                                     "--prompt-script",
                                     m_folder.path() / "prompt.jsonl"};
  if (!m_setup.renderer.empty())
    arguments.insert(arguments.end(), {"--renderer", m_setup.renderer});
  arguments.insert(arguments.end(), m_setup.more.begin(), m_setup.more.end());
  return arguments;
}

void BrokerProcess::start() {
  if (m_reader.joinable()) m_reader.join();
  std::vector<std::string> command{m_setup.program};
  const auto arguments = commandLine();
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto started = sallyport::test::start(command);
  m_pid = started.pid;
  m_closed = false;
  m_reader = std::thread([this, output = started.output] { readJournal(output); });
}

// Always read: the broker drops lines rather than wait for a reader.
void BrokerProcess::readJournal(int fd) {
  std::string pending;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    pending.append(buffer.data(), static_cast<std::size_t>(count));
    const std::lock_guard lock(m_mutex);
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      m_lines.push_back(pending.substr(0, end));
      pending.erase(0, end + 1);
    }
    m_more.notify_all();
  }
  close(fd);
  const std::lock_guard lock(m_mutex);
  m_closed = true;
  m_more.notify_all();
}

BrokerProcess::~BrokerProcess() {
  if (m_pid > 0) {
    kill(m_pid, SIGTERM);
    if (!endsSoon(m_pid)) kill(m_pid, SIGKILL);
    waitpid(m_pid, nullptr, 0);
  }
  // What is left came to us: a test that cares has looked before. Never a child that the test has
  // started itself.
  for (const pid_t pid : livingChildren()) {
    if (m_before.count(pid) > 0 || commandName(pid) == m_setup.program.filename()) continue;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  if (m_reader.joinable()) m_reader.join();
}

std::string BrokerProcess::waitFor(const std::string& text, Milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  std::unique_lock lock(m_mutex);
  for (std::size_t at = m_waited;;) {
    for (; at < m_lines.size(); ++at) {
      if (m_lines[at].find(text) == std::string::npos) continue;
      m_waited = at + 1;
      return m_lines[at];
    }
    if (m_closed || m_more.wait_until(lock, end) == std::cv_status::timeout) break;
  }
  std::string tail;
  std::size_t shown = 0;
  for (auto line = m_lines.rbegin(); line != m_lines.rend() && shown < TAIL; ++line) {
    if (line->find("info renderer ") != std::string::npos) continue;  // the engine is talkative
    tail.insert(0, "\n  " + *line);
    ++shown;
  }
  throw std::runtime_error((m_closed ? "ended without: " : "not in time: ") + text + tail);
}

std::string BrokerProcess::waitForPage(const std::string& name, Milliseconds deadline) {
  const std::string start = ": @" + name + " ";
  const auto line = waitFor(start, deadline);
  return unescaped(line.substr(line.find(start) + start.size()));
}

std::size_t BrokerProcess::count(const std::string& text) const {
  const std::lock_guard lock(m_mutex);
  return static_cast<std::size_t>(
      std::count_if(m_lines.begin(), m_lines.end(), [&](const std::string& line) {
        return line.find(text) != std::string::npos;
      }));
}

std::string BrokerProcess::journal() const {
  const std::lock_guard lock(m_mutex);
  std::string all;
  for (const auto& line : m_lines) all += line + "\n";
  return all;
}

std::vector<std::string> BrokerProcess::linesFrom(std::size_t& next) const {
  const std::lock_guard lock(m_mutex);
  std::vector<std::string> lines(m_lines.begin() + static_cast<std::ptrdiff_t>(next),
                                 m_lines.end());
  next = m_lines.size();
  return lines;
}

void BrokerProcess::signal(int number) const { kill(m_pid, number); }

int BrokerProcess::waitForEnd(Milliseconds deadline) {
  if (!endsSoon(m_pid, deadline)) throw std::runtime_error("sallyportd does not end\n" + journal());
  int status = 0;
  waitpid(m_pid, &status, 0);
  m_pid = -1;
  return exitCode(status);
}

int BrokerProcess::end() {
  signal(SIGTERM);
  return waitForEnd();
}

Finished BrokerProcess::cli(std::vector<std::string> arguments) const {
  std::vector<std::string> command{binary("sallyport"), "--runtime", m_runtime};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(command);
}

boost::json::object BrokerProcess::status() const {
  const auto answer = cli({"status", "--json"});
  if (answer.code != 0) throw std::runtime_error("sallyport status: " + answer.output);
  return boost::json::parse(answer.output).as_object();
}

pid_t BrokerProcess::pidOf(const std::string& name) const {
  const auto all = status();
  const auto* process = processNamed(all, name);
  return process == nullptr ? 0 : static_cast<pid_t>(process->at("pid").to_number<int>());
}

std::int64_t BrokerProcess::restartsOf(const std::string& name) const {
  const auto all = status();
  const auto* process = processNamed(all, name);
  return process == nullptr ? -1 : process->at("restarts").to_number<std::int64_t>();
}

pid_t BrokerProcess::waitForOther(const std::string& name,
                                  pid_t than,
                                  Milliseconds deadline) const {
  pid_t found = 0;
  const bool came = eventually(
      [&] {
        found = pidOf(name);
        return found != 0 && found != than;
      },
      deadline);
  if (!came) throw std::runtime_error("no other process: " + name + "\n" + journal());
  return found;
}

pid_t BrokerProcess::spawner() const {
  for (const pid_t pid : childrenOf(m_pid))
    if (commandName(pid) == "sallyport-spawn") return pid;
  return 0;
}

pid_t BrokerProcess::display() const {
  for (const pid_t pid : childrenOf(m_pid))
    if (commandName(pid) == "Xvfb") return pid;
  return 0;
}

std::vector<std::string> BrokerProcess::leftovers(Milliseconds deadline, pid_t other) const {
  const auto left = [&] {
    auto children = livingChildren();
    std::erase(children, m_pid);
    std::erase(children, other);
    return children;
  };
  eventually([&] { return left().empty(); }, deadline);
  std::vector<std::string> found;
  for (const pid_t pid : left()) found.push_back(std::to_string(pid) + " " + commandName(pid));
  return found;
}

}  // namespace sallyport::test
