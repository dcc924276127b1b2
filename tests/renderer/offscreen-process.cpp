#include "tests/renderer/offscreen-process.h"

#include <fcntl.h>
#include <kj/async-unix.h>
#include <kj/debug.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>

namespace sallyport::renderer {

namespace {

std::string makeHome() {
  std::string path =
      (std::filesystem::temp_directory_path() / "sallyport-offscreen-XXXXXX").string();
  KJ_REQUIRE(::mkdtemp(path.data()) != nullptr);
  return path;
}

std::vector<std::string> environment(const std::string& home) {
  std::vector<std::string> list{"HOME=" + home,
                                "XDG_RUNTIME_DIR=" + home,
                                "TMPDIR=" + home,
                                "LANG=C.UTF-8",
                                "PATH=/usr/bin:/bin",
                                "QT_QPA_PLATFORM=offscreen"};
  if (::geteuid() == 0) {
    list.emplace_back("QTWEBENGINE_DISABLE_SANDBOX=1");  // Chromium refuses to run as root
  }
  return list;
}

pid_t start(const std::string& program, int socket, const std::string& home) {
  auto list = environment(home);
  std::vector<char*> variables;
  for (auto& variable : list) {
    variables.push_back(variable.data());
  }
  variables.push_back(nullptr);
  std::string name = program;
  std::array<char*, 2> arguments{name.data(), nullptr};
  const bool verbose = std::getenv("SALLYPORT_TEST_VERBOSE") != nullptr;
  const pid_t pid = ::fork();
  KJ_REQUIRE(pid >= 0);
  if (pid == 0) {
    // Through a number above 3: dup2 onto itself would keep CLOEXEC.
    const int high = ::fcntl(socket, F_DUPFD, 10);
    ::dup2(high, 3);
    ::syscall(SYS_close_range, 4U, ~0U, 0U);
    if (!verbose) {
      const int null = ::open("/dev/null", O_RDWR);
      ::dup2(null, 1);
      ::dup2(null, 2);
      ::close(null);
    }
    ::execve(program.c_str(), arguments.data(), variables.data());
    ::_exit(127);
  }
  return pid;
}

}  // namespace

OffscreenProcess::OffscreenProcess(const std::string& program) : m_home(makeHome()) {
  std::array<int, 2> pair{};
  KJ_SYSCALL(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()));
  m_socket = kj::AutoCloseFd(pair[0]);
  kj::AutoCloseFd theirs(pair[1]);
  m_pid = start(program, theirs.get(), m_home);
}

OffscreenProcess::~OffscreenProcess() {
  if (m_pid > 0) {
    ::kill(m_pid, SIGKILL);
    ::waitpid(m_pid, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(m_home, ignored);
}

int OffscreenProcess::waitExit(kj::AsyncIoContext& io, kj::Duration deadline) {
  // A descriptor of the process becomes readable when it ends: no signal handler is needed.
  const auto fd = static_cast<int>(::syscall(SYS_pidfd_open, m_pid, 0));
  KJ_REQUIRE(fd >= 0);
  kj::AutoCloseFd pidfd(fd);
  kj::UnixEventPort::FdObserver observer(
      io.unixEventPort, pidfd.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ);
  io.provider->getTimer().timeoutAfter(deadline, observer.whenBecomesReadable()).wait(io.waitScope);
  int status = 0;
  KJ_SYSCALL(::waitpid(m_pid, &status, 0));
  m_pid = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::vector<pid_t> OffscreenProcess::children() const {
  std::vector<pid_t> result;
  std::deque<pid_t> todo{m_pid};
  while (!todo.empty()) {
    const auto tasks = "/proc/" + std::to_string(todo.front()) + "/task";
    todo.pop_front();
    std::error_code gone;  // a process may end while we look
    for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
      std::ifstream file(task.path() / "children");
      for (pid_t child = 0; file >> child;) {
        result.push_back(child);
        todo.push_back(child);
      }
    }
  }
  return result;
}

}  // namespace sallyport::renderer
