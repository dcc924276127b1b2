// While it lives, a process opens nothing more: its limit is where its next descriptor would be.
// For the process itself, or for another one of this user.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace sallyport::faults {

class NoDescriptors {
 public:
  // Of another one that hides what it has open, as ours do, only root can. free: so many may still
  // be opened.
  explicit NoDescriptors(pid_t pid = getpid(), unsigned free = 0) : m_pid(pid) {
    rlimit limit{};
    if (prlimit(pid, RLIMIT_NOFILE, nullptr, &m_former) != 0) fail();
    limit = m_former;
    limit.rlim_cur = lowestFree(pid, free);
    if (prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) != 0) fail();
  }
  ~NoDescriptors() { prlimit(m_pid, RLIMIT_NOFILE, &m_former, nullptr); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  // The limit below which there are so many numbers that are not taken.
  static rlim_t lowestFree(pid_t pid, unsigned free) {
    const auto folder = "/proc/" + std::to_string(pid) + "/fd/";
    if (access(folder.c_str(), R_OK) != 0) fail();
    char target[8];
    for (rlim_t number = 0;; ++number) {
      const bool taken = readlink((folder + std::to_string(number)).c_str(), target, 1) >= 0;
      if (!taken && free-- == 0) return number;
    }
  }
  [[noreturn]] static void fail() {
    throw std::system_error(errno, std::generic_category(), "RLIMIT_NOFILE");
  }

  const pid_t m_pid;
  rlimit m_former{};
};

}  // namespace sallyport::faults
