// What the kernel shows of running processes, for tests that start whole trees of them. Waiting is
// bounded and watches the kernel's own facts; nothing here sleeps for luck.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::test {

using Milliseconds = std::chrono::milliseconds;

// Looks until it holds or the deadline passes; false is a deadline missed.
bool eventually(const std::function<bool()>& holds, Milliseconds deadline = Milliseconds(15'000));

// Fulfilled by the kernel when the process ends, whoever its parent is.
bool endsSoon(pid_t pid, Milliseconds deadline = Milliseconds(15'000));
bool isAlive(pid_t pid);  // a zombie is not

pid_t parentOf(pid_t pid);  // 0 when gone
std::vector<pid_t> childrenOf(pid_t pid);
std::vector<pid_t> descendantsOf(pid_t pid);

// Empty when the process is gone or hides it.
std::vector<std::string> argumentsOf(pid_t pid);
std::optional<std::vector<std::string>> environmentOf(pid_t pid);
std::optional<std::map<int, std::string>> descriptorsOf(pid_t pid);  // number -> "socket:[123]"
std::string commandName(pid_t pid);                                  // at most 15 characters

// Local sockets that listen in this network namespace, or in this process's own: inode -> path,
// "@name" when abstract.
std::map<std::string, std::string> listeningLocalSockets(pid_t pid = 0);
bool listensOnTcp(pid_t pid);  // anyone in its network namespace

std::string readAll(const std::filesystem::path& file);

// Processes that lose their parent come to this process, so that a test can see and end them.
void adoptOrphans();
// Of the adopted: waits for those that have ended, then lists those that have not.
std::vector<pid_t> livingChildren();

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return m_path; }

 private:
  std::filesystem::path m_path;
};

}  // namespace sallyport::test
