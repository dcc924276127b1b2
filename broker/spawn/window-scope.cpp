#include "broker/spawn/window-scope.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstring>

#include "sandbox-policies/renderer-policy.h"

namespace sallyport::spawn {
namespace {

namespace fs = std::filesystem;
namespace renderer = sandbox::renderer;

bool isSocket(const fs::path& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

long long nowMs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1'000'000;
}

[[noreturn]] void ask(const ScopePlan& plan, pid_t window) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != window) _exit(127);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int target = 0; target < 3; ++target)
    if (dup2(nothing, target) < 0) _exit(127);
  if (syscall(SYS_close_range, 3U, ~0U, 0) != 0) _exit(127);
  auto arguments = plan.arguments;
  arguments[plan.unitAt] = scopeName(plan, window);
  arguments[plan.processAt] = std::to_string(window);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 2);
  auto program = plan.program.string();
  auto environment = plan.environment;
  argv.push_back(program.data());
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  char* variables[] = {environment.data(), nullptr};
  execve(program.c_str(), argv.data(), variables);
  _exit(127);
}

// Waits for its end until then, and ends it.
bool succeeded(pid_t pid, long long deadline) {
  const int end = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  pollfd wait{end, POLLIN, 0};
  const long long left = deadline - nowMs();
  if (end < 0 || poll(&wait, 1, left > 0 ? static_cast<int>(left) : 0) != 1) kill(pid, SIGKILL);
  if (end >= 0) close(end);
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool isIn(const std::string& unit) {
  char groups[8192];
  const int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t size = read(fd, groups, sizeof groups - 1);
  close(fd);
  if (size < 0) return false;
  groups[size] = '\0';
  return std::strstr(groups, ("/" + unit + "\n").c_str()) != nullptr;
}

}  // namespace

ScopePlan planScope(const fs::path& hostPrograms,
                    const fs::path& runtime,
                    const std::string& appId,
                    const std::string& label,
                    const sandbox::CageBounds& bounds) {
  ScopePlan plan;
  if (!runtime.is_absolute() || !isSocket(runtime / "bus") ||
      !isSocket(runtime / "systemd/private"))
    return plan;
  plan.unit = "app-sallyport-" + appId + "-" + label + "-";
  plan.environment = "XDG_RUNTIME_DIR=" + runtime.string();
  auto& all = plan.arguments;
  all = {"--user",
         "--quiet",
         "--allow-interactive-authorization=no",
         "call",
         "org.freedesktop.systemd1",
         "/org/freedesktop/systemd1",
         "org.freedesktop.systemd1.Manager",
         "StartTransientUnit",
         "ssa(sv)a(sa(sv))"};
  plan.unitAt = all.size();
  // Gone with its last process, however that ended; a name may be there once.
  for (const auto* text :
       {"", "fail", "7", "Description", "s", "A window of a Sallyport app", "PIDs", "au", "1"})
    all.emplace_back(text);
  plan.processAt = all.size();
  for (const auto& text :
       std::initializer_list<std::string>{"",
                                          "CollectMode",
                                          "s",
                                          "inactive-or-failed",
                                          "MemoryMax",
                                          "t",
                                          std::to_string(bounds.memory),
                                          "MemorySwapMax",
                                          "t",
                                          "0",
                                          "TasksMax",
                                          "t",
                                          std::to_string(renderer::WINDOW_TASKS),
                                          "CPUWeight",
                                          "t",
                                          std::to_string(renderer::WINDOW_CPU_WEIGHT),
                                          "0"})
    all.push_back(text);
  plan.program = hostPrograms / "busctl";
  return plan;
}

std::string scopeName(const ScopePlan& plan, pid_t pid) {
  return plan.unit + std::to_string(pid) + ".scope";
}

void enterScope(const ScopePlan& plan) {
  const long long deadline = nowMs() + SCOPE_PATIENCE_MS;
  const pid_t self = getpid();
  const pid_t asking = fork();
  if (asking < 0) return;
  if (asking == 0) ask(plan, self);
  if (!succeeded(asking, deadline)) return;
  // The answer says that the manager will; it has no event for who is moved.
  const auto unit = scopeName(plan, self);
  constexpr timespec PAUSE{0, 2'000'000};
  while (!isIn(unit) && nowMs() < deadline) nanosleep(&PAUSE, nullptr);
}

}  // namespace sallyport::spawn
