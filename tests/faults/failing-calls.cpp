#include "tests/faults/failing-calls.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sallyport::faults {
namespace {

[[noreturn]] void fail(const char* what, int number) {
  throw std::system_error(number, std::generic_category(), what);
}

std::string nameOf(int number) {
  char* name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
  std::string text = name == nullptr ? std::to_string(number) : name;
  std::free(name);
  return text;
}

// For the calling thread and those that it starts. The descriptor on which it asks. Not by
// libseccomp, which opens one such descriptor a process.
int enterFilter(std::vector<std::string> names) {
  names.emplace_back("write");  // of the end of the work
  std::vector<sock_filter> program{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const auto& name : names) {
    const int number = seccomp_syscall_resolve_name(name.c_str());
    if (number < 0) continue;
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("PR_SET_NO_NEW_PRIVS", errno);
  const long asked =
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
  if (asked < 0) fail("seccomp", errno);
  return static_cast<int>(asked);
}

}  // namespace

class FailingCalls::Worker {
 public:
  explicit Worker(const std::vector<std::string>& names)
      : m_over(eventfd(0, EFD_CLOEXEC)), m_thread([this, names] { work(names); }) {
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_asked >= 0 || m_thrown; });
    if (!m_thrown) return;
    lock.unlock();
    m_thread.join();
    close(m_over);
    std::rethrow_exception(m_thrown);
  }
  ~Worker() {
    {
      const std::lock_guard lock(m_mutex);
      m_ending = true;
    }
    m_changed.notify_all();
    close(m_asked);  // what the thread's end still asks is refused
    m_thread.join();
    close(m_over);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  std::optional<std::string> run(const Fault& fault, std::function<void()> task) {
    {
      const std::lock_guard lock(m_mutex);
      m_task = std::move(task);
    }
    m_changed.notify_all();
    std::optional<std::string> failed;
    for (unsigned seen = 0;;) {
      seccomp_notif question{};
      if (ioctl(m_asked, SECCOMP_IOCTL_NOTIF_RECV, &question) != 0) {
        if (errno == EINTR || errno == ENOENT) continue;
        fail("SECCOMP_IOCTL_NOTIF_RECV", errno);
      }
      std::uint64_t arguments[6];
      std::copy(std::begin(question.data.args), std::end(question.data.args), arguments);
      const SystemCall call{question.data.nr, arguments};
      const bool over =
          call.number == SYS_write && arguments[0] == static_cast<std::uint64_t>(m_over);
      const bool counts = !over && (!fault.chosen || fault.chosen(call));
      seccomp_notif_resp answer{};
      answer.id = question.id;
      if (counts && ++seen == fault.nth) {
        failed = nameOf(call.number);
        answer.error = -fault.error;
      } else {
        answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
      }
      if (ioctl(m_asked, SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0 && errno != ENOENT)
        fail("SECCOMP_IOCTL_NOTIF_SEND", errno);
      if (over) break;
    }
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return !m_task; });
    if (auto thrown = std::exchange(m_thrown, nullptr)) std::rethrow_exception(thrown);
    return failed;
  }

 private:
  void work(const std::vector<std::string>& names) {
    std::unique_lock lock(m_mutex);
    try {
      m_asked = enterFilter(names);
    } catch (...) {
      m_thrown = std::current_exception();
    }
    m_changed.notify_all();
    while (!m_thrown) {
      m_changed.wait(lock, [this] { return m_task || m_ending; });
      if (m_ending) return;
      const auto task = m_task;
      lock.unlock();
      std::exception_ptr thrown;
      try {
        task();
      } catch (const std::exception& error) {
        // KJ's own may not leave their thread.
        thrown = std::make_exception_ptr(std::runtime_error(error.what()));
      } catch (...) {
        thrown = std::current_exception();
      }
      const std::uint64_t one = 1;
      if (write(m_over, &one, sizeof one) != sizeof one) std::abort();  // nobody would ever answer
      lock.lock();
      m_thrown = thrown;
      m_task = nullptr;
      m_changed.notify_all();
      m_changed.wait(lock, [this] { return !m_thrown; });
    }
  }

  const int m_over;
  std::mutex m_mutex;
  std::condition_variable m_changed;
  std::function<void()> m_task;
  std::exception_ptr m_thrown;
  bool m_ending = false;
  int m_asked = -1;
  std::thread m_thread;
};

FailingCalls::FailingCalls(const std::vector<std::string>& names)
    : m_worker(std::make_unique<Worker>(names)) {}

FailingCalls::~FailingCalls() = default;

std::optional<std::string> FailingCalls::run(const Fault& fault, std::function<void()> work) {
  return m_worker->run(fault, std::move(work));
}

const std::vector<std::string>& storageCalls() {
  static const std::vector<std::string> names{
      "open",     "openat",     "openat2",    "creat",      "read",      "pread64",   "readv",
      "preadv",   "write",      "pwrite64",   "writev",     "pwritev",   "fsync",     "fdatasync",
      "rename",   "renameat",   "renameat2",  "link",       "linkat",    "unlink",    "unlinkat",
      "rmdir",    "mkdir",      "mkdirat",    "stat",       "lstat",     "fstat",     "newfstatat",
      "statx",    "statfs",     "fstatfs",    "truncate",   "ftruncate", "fallocate", "flock",
      "fcntl",    "getdents64", "readlink",   "readlinkat", "chmod",     "fchmod",    "fchmodat",
      "access",   "faccessat",  "faccessat2", "lseek",      "dup",       "dup2",      "dup3",
      "getrandom"};
  return names;
}

std::size_t openDescriptors() {
  namespace fs = std::filesystem;
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

}  // namespace sallyport::faults
