// Stands in for a child of the spawner: takes its name (argv[0]) for the cage it enters, tries the
// forbidden acts there and reports on descriptor 3, a line each:
//   arg VALUE | env NAME=VALUE | fd NUMBER TARGET | act NAME = OUTCOME | mount LINE | limit NAME
//   VALUE | done
// Then it does what the other end says: "exit N", "abort", "hang" (ignore the end of the socket),
// or ends at its close.
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "sandbox-policies/self-cage.h"
#include "tests/sandbox/forbidden-acts.h"

namespace {

using sallyport::test::Act;

constexpr int REPORT = 3;

void say(const std::string& line) {
  const std::string out = line + "\n";
  for (std::size_t done = 0; done < out.size();) {
    const ssize_t written = write(REPORT, out.data() + done, out.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(99);
    done += static_cast<std::size_t>(written);
  }
}

void sayDescriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return say("fd list unreadable");
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] == '.' || std::atoi(entry->d_name) == dirfd(directory)) continue;
    std::array<char, 512> target{};
    const auto path = std::string("/proc/self/fd/") + entry->d_name;
    const ssize_t size = readlink(path.c_str(), target.data(), target.size());
    say(std::string("fd ") + entry->d_name + " " +
        std::string(target.data(), static_cast<std::size_t>(size < 0 ? 0 : size)));
  }
  closedir(directory);
}

void sayStart(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) say(std::string("arg ") + argv[i]);
  for (char** variable = environ; *variable != nullptr; ++variable)
    say(std::string("env ") + *variable);
  sayDescriptors();
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, nullptr, &blocked);
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    const bool byDefault = sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_DFL;
    if (sigismember(&blocked, number) == 1 || !byDefault)
      say("signal " + std::to_string(number) + " not as at birth");
  }
  const mode_t mask = umask(0);
  umask(mask);
  say("limit umask " + std::to_string(mask));
  rlimit limit{};
  getrlimit(RLIMIT_CORE, &limit);
  say("limit core " + std::to_string(limit.rlim_max));
  getrlimit(RLIMIT_NOFILE, &limit);
  say("limit files " + std::to_string(limit.rlim_max));
  getrlimit(RLIMIT_NPROC, &limit);
  say("limit processes " + std::to_string(limit.rlim_max));
  say("limit session " +
      std::string(getsid(0) == getpid() || getsid(0) == 0 || getppid() == 1 ? "own" : "shared"));
  std::array<char, 65> host{};
  gethostname(host.data(), host.size() - 1);
  say(std::string("limit host ") + host.data());
}

void sayMounts() {
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) say("mount " + line);
}

void sayProcesses() {
  DIR* directory = opendir("/proc");
  if (directory == nullptr) return;
  int count = 0;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') ++count;
  }
  closedir(directory);
  say("limit visible " + std::to_string(count));
}

void attempt(const std::vector<Act>& acts) {
  for (const auto& act : acts) say("act " + act.name + " = " + act.attempt());
}

std::string enterOwnCage(const std::string& name, int argc, char** argv) {
  namespace sandbox = sallyport::sandbox;
  std::string scratch = "/tmp";
  std::vector<sandbox::CageCheck> checks;
  if (name == "sallyport-vault" && argc == 3) {
    scratch = argv[2];
    checks = sandbox::enterVaultCage(scratch);
  } else if (name == "sallyport-net") {
    checks = sandbox::enterNetCage();
  } else if (name == "sallyport-display") {
    checks = sandbox::enterDisplayCage({});
    if (argc > 2 && std::string(argv[2]) == "frame") sandbox::sealDisplayCage();
  } else if (name == "sallyportd" && argc == 3) {
    scratch = argv[2];
    checks = sandbox::enterBrokerCage({{scratch}, {"/usr/share/sallyport"}});
  }
  for (const auto& check : checks) say("cage " + check.name + " = " + check.value);
  return scratch;
}

void obey() {
  std::string order;
  for (char c; read(REPORT, &c, 1) == 1;) {
    if (c != '\n') {
      order += c;
      continue;
    }
    if (order.compare(0, 5, "exit ") == 0) _exit(std::atoi(order.c_str() + 5));
    if (order == "abort") std::abort();
    if (order == "print") {
      std::fputs("printed out\n", stdout);
      std::fflush(stdout);
      std::fputs("printed err\n", stderr);
    }
    order.clear();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string path(argv[0]);
  const auto name = path.substr(path.rfind('/') + 1);
  signal(SIGPIPE, SIG_DFL);
  sayStart(argc, argv);
  const auto scratch = enterOwnCage(name, argc, argv);
  attempt(sallyport::test::socketActs());
  attempt(sallyport::test::kernelActs());
  attempt(sallyport::test::fileActs(scratch));
  attempt(sallyport::test::programActs(scratch));
  if (name == "sallyport-renderer") {
    sayMounts();
    sayProcesses();
  }
  say("done");
  obey();
  return 0;
}
