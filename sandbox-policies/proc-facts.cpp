// Reads /proc. See the header.
#include "sandbox-policies/proc-facts.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

namespace sallyport::sandbox::proc {
namespace {

std::string pathOf(pid_t pid, const std::string& rest) {
  return "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid)) + "/" + rest;
}

std::optional<std::string> linkOf(const std::string& path) {
  std::array<char, 4096> target{};
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

std::optional<std::string> contentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// The number that the text begins with.
std::optional<int> numberAt(std::string_view text) {
  int number = 0;
  if (std::from_chars(text.begin(), text.end(), number).ec != std::errc()) return std::nullopt;
  return number;
}

// Numeric names of a directory under /proc.
std::optional<std::vector<int>> numbersIn(const std::string& path) {
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) return std::nullopt;
  std::vector<int> numbers;
  while (const dirent* entry = readdir(directory)) {
    if (const auto number = numberAt(entry->d_name)) numbers.push_back(*number);
  }
  closedir(directory);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// While it lives, this single-threaded process acts without its effective capabilities.
class WithoutCapabilities {
 public:
  WithoutCapabilities() {
    if (syscall(SYS_capget, &m_header, m_before) != 0) fail("capget");
    auto without = std::to_array(m_before);
    for (auto& part : without) part.effective = 0;
    if (syscall(SYS_capset, &m_header, without.data()) != 0) fail("capset");
  }
  ~WithoutCapabilities() { syscall(SYS_capset, &m_header, m_before); }
  WithoutCapabilities(const WithoutCapabilities&) = delete;
  WithoutCapabilities& operator=(const WithoutCapabilities&) = delete;

 private:
  [[noreturn]] static void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  __user_cap_header_struct m_header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct m_before[2]{};
};

}  // namespace

std::optional<std::string> fieldIn(const std::string& status, const std::string& name) {
  std::istringstream file(status);
  for (std::string line; std::getline(file, line);) {
    if (line.size() <= name.size() || line.compare(0, name.size(), name) != 0 ||
        line[name.size()] != ':')
      continue;
    const auto start = line.find_first_not_of(" \t", name.size() + 1);
    return start == std::string::npos ? std::string() : line.substr(start);
  }
  return std::nullopt;
}

std::optional<std::string> statusField(pid_t pid, const std::string& name) {
  const auto status = contentOf(pathOf(pid, "status"));
  return status ? fieldIn(*status, name) : std::nullopt;
}

unsigned ownFilters() {
  const auto filters = statusField(0, "Seccomp_filters");
  return filters ? static_cast<unsigned>(numberAt(*filters).value_or(0)) : 0;
}

std::optional<std::string> namespaceOf(pid_t pid, const std::string& name) {
  return linkOf(pathOf(pid, "ns/" + name));
}

std::optional<pid_t> parentOf(pid_t pid) {
  const auto parent = statusField(pid, "PPid");
  return parent ? numberAt(*parent) : std::nullopt;
}

std::vector<pid_t> allProcesses() {
  const auto numbers = numbersIn("/proc");
  return numbers ? *numbers : std::vector<pid_t>{};
}

std::vector<pid_t> childrenOf(pid_t pid) {
  std::vector<pid_t> children;
  for (const pid_t other : allProcesses()) {
    if (parentOf(other) == pid) children.push_back(other);
  }
  return children;
}

std::optional<std::vector<Descriptor>> descriptorsOf(pid_t pid) {
  const auto numbers = numbersIn(pathOf(pid, "fd"));
  if (!numbers) return std::nullopt;
  std::vector<Descriptor> descriptors;
  for (const int number : *numbers) {
    const auto path = pathOf(pid, "fd/" + std::to_string(number));
    const auto target = linkOf(path);
    struct stat status {};
    if (!target || stat(path.c_str(), &status) != 0) continue;  // closed meanwhile
    Descriptor descriptor{number, *target, status.st_ino, 0, -1, S_ISREG(status.st_mode), false};
    if (S_ISCHR(status.st_mode)) descriptor.device = status.st_rdev;
    std::ifstream info(pathOf(pid, "fdinfo/" + std::to_string(number)));
    for (std::string word; info >> word;) {
      if (word == "mnt_id:") info >> descriptor.mount;
      if (word == "flags:" && info >> word)
        descriptor.isWritable = (std::strtol(word.c_str(), nullptr, 8) & O_ACCMODE) != O_RDONLY;
    }
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

std::set<int> mountsOf(pid_t pid) {
  std::set<int> mounts;
  std::ifstream file(pathOf(pid, "mountinfo"));
  for (std::string line; std::getline(file, line);) {
    if (const auto id = numberAt(line)) mounts.insert(*id);
  }
  return mounts;
}

std::map<std::uint64_t, UnixSocket> unixSocketsOf(pid_t pid) {
  constexpr unsigned long ACCEPTS = 0x10000;  // __SO_ACCEPTCON
  std::map<std::uint64_t, UnixSocket> sockets;
  std::ifstream file(pathOf(pid, "net/unix"));
  std::string line;
  std::getline(file, line);  // the heading
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string number, references, protocol, flags, type, state, path;
    std::uint64_t inode = 0;
    fields >> number >> references >> protocol >> flags >> type >> state >> inode >> path;
    sockets[inode] = {(std::strtoul(flags.c_str(), nullptr, 16) & ACCEPTS) != 0,
                      !path.empty() && path.front() == '/'};
  }
  return sockets;
}

std::map<std::uint64_t, bool> ipSocketsOf(pid_t pid) {
  constexpr std::string_view LISTENS = "0A";  // TCP_LISTEN
  std::map<std::uint64_t, bool> sockets;
  for (const std::string protocol : {"tcp", "tcp6", "udp", "udp6"}) {
    std::ifstream file(pathOf(pid, "net/" + protocol));
    std::string line;
    std::getline(file, line);  // the heading
    while (std::getline(file, line)) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, queues, timer, retransmits, user, timeout;
      std::uint64_t inode = 0;
      fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
          timeout >> inode;
      sockets[inode] = protocol.starts_with("tcp") && state == LISTENS;
    }
  }
  return sockets;
}

std::optional<std::vector<std::string>> environmentOf(pid_t pid) {
  const auto content = contentOf(pathOf(pid, "environ"));
  if (!content) return std::nullopt;
  std::vector<std::string> variables;
  std::istringstream stream(*content);
  for (std::string variable; std::getline(stream, variable, '\0');) {
    if (!variable.empty()) variables.push_back(variable);
  }
  return variables;
}

std::optional<std::string> executableOf(pid_t pid) { return linkOf(pathOf(pid, "exe")); }

std::optional<std::string> limitIn(const std::string& limits, const std::string& resource) {
  std::istringstream file(limits);
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, resource.size(), resource) != 0) continue;
    std::istringstream fields(line.substr(resource.size()));
    std::string soft, hard;
    fields >> soft >> hard;
    return soft + " " + hard;
  }
  return std::nullopt;
}

std::optional<std::string> limitOf(pid_t pid, const std::string& resource) {
  const auto limits = contentOf(pathOf(pid, "limits"));
  return limits ? limitIn(*limits, resource) : std::nullopt;
}

std::optional<bool> isDumpable(pid_t pid) {
  const WithoutCapabilities plain;
  const int fd = open(pathOf(pid, "environ").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    close(fd);
    return true;
  }
  if (errno == EACCES || errno == EPERM) return false;
  return std::nullopt;
}

}  // namespace sallyport::sandbox::proc
