// Boost.Process v2 forks, reports a failed exec and executes; what the child is between the two is
// ours. Its bind_fd and close_all are not used: in 1.81 the first returns nothing from a function
// that must, and the second computes each gap between kept descriptors as empty, so it leaves them
// open.
#include "broker/spawn/child-start.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "broker/spawn/enclosure.h"

namespace sallyport::spawn {
namespace {

namespace process = boost::process::v2;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Makes the child what it must be, between fork and exec. The spawner has one thread, so no lock
// is held by anybody who is not there.
class ChildSetup {
 public:
  ChildSetup(const ChildPlan& plan, std::vector<int> descriptors)
      : m_plan(plan), m_descriptors(std::move(descriptors)), m_spawner(getpid()) {}

  process::error_code on_setup(process::posix::default_launcher& launcher,
                               const process::filesystem::path&,
                               const char* const*&) {
    launcher.fd_whitelist.clear();
    for (int fd = 0; fd < kept(); ++fd) launcher.fd_whitelist.push_back(fd);
    return {};
  }

  process::error_code on_exec_setup(process::posix::default_launcher& launcher,
                                    const process::filesystem::path&,
                                    const char* const*&) {
    const bool alone = dieWithSpawner() && resetSignals() && setsid() != -1 && chdir("/") == 0;
    if (alone && !m_plan.scope.program.empty()) enterScope(m_plan.scope);
    const bool done = alone && setLimits() && placeDescriptors(launcher.fd_whitelist.back());
    umask(077);
    const bool ready = done && (!m_plan.enclosed || encloseInProcessNamespace());
    return ready ? process::error_code() : process::error_code(errno, process::system_category());
  }

  // The launcher would go on to exit(), which runs what the broker registered.
  template <typename... Arguments>
  void on_exec_error(Arguments&&...) {
    _exit(127);
  }

 private:
  int kept() const { return static_cast<int>(m_descriptors.size()); }

  bool dieWithSpawner() const {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
    if (getppid() != m_spawner) _exit(127);  // it died before the line above
    return true;
  }

  static bool resetSignals() {
    struct sigaction byDefault {};
    byDefault.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) sigaction(number, &byDefault, nullptr);
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
  }

  bool setLimits() const {
    for (const auto& limit : m_plan.limits) {
      rlimit now{};
      const auto resource = static_cast<__rlimit_resource_t>(limit.resource);
      if (getrlimit(resource, &now) != 0) return false;
      // A limit that is already lower stays: raising it would need a right.
      const rlimit both{std::min<rlim_t>(limit.value, now.rlim_max),
                        std::min<rlim_t>(limit.value, now.rlim_max)};
      if (setrlimit(resource, &both) != 0) return false;
    }
    return true;
  }

  // All sources are above all targets (LOWEST_OWN), so none overwrites another. errorPipe tells of
  // a failed exec.
  bool placeDescriptors(int errorPipe) const {
    for (int target = 0; target < kept(); ++target) {
      if (dup2(m_descriptors[static_cast<std::size_t>(target)], target) < 0) return false;
    }
    const auto from = static_cast<unsigned>(kept());
    const auto pipe = static_cast<unsigned>(errorPipe);
    if (pipe > from && syscall(SYS_close_range, from, pipe - 1, 0) != 0) return false;
    return syscall(SYS_close_range, pipe + 1, ~0U, 0) == 0;
  }

  const ChildPlan& m_plan;
  std::vector<int> m_descriptors;
  pid_t m_spawner;
};

OwnedDescriptor raised(int fd) {
  OwnedDescriptor high(fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_OWN));
  close(fd);
  if (!high) fail("F_DUPFD_CLOEXEC");
  return high;
}

// A line at most. The broker, whose journal would have it, never gets the log of what did not
// start.
std::string whatItSaid(int log) {
  std::array<char, 256> text{};
  const ssize_t size = read(log, text.data(), text.size());
  if (size <= 0) return "";
  const std::string_view all(text.data(), static_cast<std::size_t>(size));
  return ": " + std::string(all.substr(0, all.find('\n')));
}

}  // namespace

StartedChild startChild(const ChildPlan& plan) {
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0) fail("open /dev/null");
  const OwnedDescriptor input = raised(nothing);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
  OwnedDescriptor log = raised(ends[0]);
  const OwnedDescriptor output = raised(ends[1]);
  if (fcntl(log.get(), F_SETFL, O_NONBLOCK) != 0) fail("F_SETFL");
  struct stat status {};
  if (fstat(log.get(), &status) != 0) fail("fstat");

  std::vector<int> descriptors{input.get(), output.get(), output.get()};
  for (const auto& descriptor : plan.descriptors) {
    if (descriptor.get() < LOWEST_OWN)
      throw std::logic_error("a descriptor stands where the child's will be");
    descriptors.push_back(descriptor.get());
  }
  std::vector<const char*> environment;
  for (const auto& variable : plan.environment) environment.push_back(variable.c_str());
  environment.push_back(nullptr);

  boost::asio::io_context context;
  process::posix::default_launcher launcher;
  launcher.env = environment.data();
  process::error_code error;
  auto child = launcher(context.get_executor(),
                        error,
                        process::filesystem::path(plan.program.string()),
                        plan.arguments,
                        ChildSetup(plan, std::move(descriptors)));
  if (error)
    throw std::system_error(error.value(),
                            std::generic_category(),
                            "start " + plan.program.string() + whatItSaid(log.get()));
  // Still unreaped, so the number is still its own.
  OwnedDescriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, launcher.pid, 0)));
  const pid_t pid = launcher.pid;
  child.detach();
  if (!pidfd) {
    kill(pid, SIGKILL);
    fail("pidfd_open");
  }
  return {pid, std::move(pidfd), std::move(log), status.st_ino};
}

}  // namespace sallyport::spawn
