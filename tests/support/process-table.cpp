// Reads /proc. See the header.
#include "tests/support/process-table.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

fs::path entry(pid_t pid, const char* name) {
  return fs::path("/proc") / (pid == 0 ? "self" : std::to_string(pid)) / name;
}

// State and parent stand behind the name, which may hold anything.
std::optional<std::pair<char, pid_t>> stateAndParent(pid_t pid) {
  const auto text = readAll(entry(pid, "stat"));
  const auto end = text.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(end + 1));
  char state = 0;
  pid_t parent = 0;
  rest >> state >> parent;
  return std::make_pair(state, parent);
}

std::vector<std::string> splitAtNul(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, '\0');) parts.push_back(part);
  return parts;
}

}  // namespace

bool eventually(const std::function<bool()>& holds, Milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(Milliseconds(10));
  }
  return true;
}

bool endsSoon(pid_t pid, Milliseconds deadline) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) return true;
  pollfd wait{pidfd, POLLIN, 0};
  const bool ended = poll(&wait, 1, static_cast<int>(deadline.count())) == 1;
  close(pidfd);
  return ended;
}

bool isAlive(pid_t pid) {
  const auto found = stateAndParent(pid);
  return found && found->first != 'Z' && found->first != 'X';
}

pid_t parentOf(pid_t pid) {
  const auto found = stateAndParent(pid);
  return found ? found->second : 0;
}

std::vector<pid_t> childrenOf(pid_t pid) {
  std::vector<pid_t> children;
  for (const auto& process : fs::directory_iterator("/proc")) {
    const auto number = static_cast<pid_t>(std::atoi(process.path().filename().c_str()));
    if (number > 0 && parentOf(number) == pid) children.push_back(number);
  }
  return children;
}

std::vector<pid_t> descendantsOf(pid_t pid) {
  std::vector<pid_t> all = childrenOf(pid);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto more = childrenOf(all[i]);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

std::vector<std::string> argumentsOf(pid_t pid) {
  return splitAtNul(readAll(entry(pid, "cmdline")));
}

std::optional<std::vector<std::string>> environmentOf(pid_t pid) {
  if (access(entry(pid, "environ").c_str(), R_OK) != 0 || !descriptorsOf(pid)) return std::nullopt;
  return splitAtNul(readAll(entry(pid, "environ")));
}

std::optional<std::map<int, std::string>> descriptorsOf(pid_t pid) {
  std::map<int, std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(entry(pid, "fd"), error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    const auto target = fs::read_symlink(it->path(), gone);
    if (!gone) found[std::atoi(it->path().filename().c_str())] = target.string();
  }
  if (error) return std::nullopt;
  return found;
}

std::string commandName(pid_t pid) {
  auto name = readAll(entry(pid, "comm"));
  if (!name.empty()) name.pop_back();
  return name;
}

std::map<std::string, std::string> listeningLocalSockets(pid_t pid) {
  constexpr unsigned ACCEPTS = 0x10000;  // __SO_ACCEPTCON of the kernel
  std::map<std::string, std::string> found;
  std::ifstream in(entry(pid, "net/unix"));
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string number, references, protocol, flags, type, state, inode, path;
    fields >> number >> references >> protocol >> flags >> type >> state >> inode >> path;
    if ((std::strtoul(flags.c_str(), nullptr, 16) & ACCEPTS) != 0) found[inode] = path;
  }
  return found;
}

bool listensOnTcp(pid_t pid) {
  constexpr const char* LISTEN = "0A";  // TCP_LISTEN
  for (const auto* table : {"net/tcp", "net/tcp6"}) {
    std::ifstream in(entry(pid, table));
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream fields(line);
      std::string number, local, remote, state;
      fields >> number >> local >> remote >> state;
      if (state == LISTEN) return true;
    }
  }
  return false;
}

// Not a stream: reading of a process that ends meanwhile is no exception.
std::string readAll(const fs::path& file) {
  std::string text;
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  std::array<char, 4096> buffer{};
  for (ssize_t count; (count = read(fd, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  close(fd);
  return text;
}

void adoptOrphans() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    throw std::runtime_error("PR_SET_CHILD_SUBREAPER");
}

std::vector<pid_t> livingChildren() {
  auto children = childrenOf(getpid());
  children.erase(std::remove_if(children.begin(),
                                children.end(),
                                [](pid_t pid) {
                                  return !isAlive(pid) && waitpid(pid, nullptr, WNOHANG) == pid;
                                }),
                 children.end());
  return children;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = fs::temp_directory_path() / "sallyport-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  m_path = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(m_path, ignored);
}

}  // namespace sallyport::test
