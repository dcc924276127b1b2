#include "tests/broker/vault/vault-process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

namespace sallyport::vault {
namespace {

// Where nobody may start it from, wherever the build is.
std::string binaryIn(const TempDir& folder) {
  const std::string copy = folder.path() + "/sallyport-vault";
  if (!std::filesystem::exists(copy)) {
    std::filesystem::copy_file(SALLYPORT_BINARY_DIR "/bin/sallyport-vault", copy);
    if (geteuid() == 0) {
      KJ_SYSCALL(chown(folder.path().c_str(), NOBODY, NOBODY));
    }
  }
  return copy;
}

pid_t start(const TempDir& folder, std::vector<std::string> arguments, int brokerFd) {
  const std::string binary = binaryIn(folder);
  arguments.insert(arguments.begin(), "sallyport-vault");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const std::string errorFile = VaultProcess::errorsIn(folder);
  const int errors = open(errorFile.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  KJ_ASSERT(errors >= 0 && null >= 0);
  char* environment[] = {nullptr};
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(null, 0);
    dup2(null, 1);
    dup2(errors, 2);
    if (brokerFd == 3) {
      fcntl(3, F_SETFD, 0);
    } else {
      dup2(brokerFd >= 0 ? brokerFd : null, 3);
    }
    // As the spawner does it: nothing else comes along.
    close_range(4, ~0U, 0);
    if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) _exit(126);
    execve(binary.c_str(), argv.data(), environment);
    _exit(127);
  }
  close(errors);
  close(null);
  return pid;
}

}  // namespace

VaultProcess::VaultProcess(kj::AsyncIoContext& io, const TempDir& folder, Kdf kdf) {
  auto [ours, theirs] = socketPair();
  std::vector<std::string> arguments{"--state", stateIn(folder)};
  if (kdf == Kdf::FAST) arguments.push_back("--test-fast-kdf");
  m_pid = start(folder, kj::mv(arguments), theirs.get());
  peer = std::make_unique<VaultPeer>(io, kj::mv(ours));
}

VaultProcess::~VaultProcess() {
  if (m_pid > 0) end(SIGKILL);
}

int VaultProcess::end(int signal) {
  if (signal != 0) kill(m_pid, signal);
  int status = 0;
  KJ_SYSCALL(waitpid(m_pid, &status, 0));
  m_pid = -1;
  return status;
}

std::string VaultProcess::proc(const char* file) const {
  std::ifstream in("/proc/" + std::to_string(m_pid) + "/" + file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

int exitCodeOf(const TempDir& folder, const std::vector<std::string>& arguments) {
  const pid_t pid = start(folder, arguments, -1);
  int status = 0;
  KJ_SYSCALL(waitpid(pid, &status, 0));
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace sallyport::vault
