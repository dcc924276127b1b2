// Starts build/<preset>/bin/sallyport-devnet and reads the port from its standard output.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/devnet/devnet.h"

extern char** environ;

namespace sallyport::devnet {
namespace {

// Up to the end of the line; empty when the child ended first.
std::string readLine(int fd) {
  std::string out;
  char c = 0;
  while (::read(fd, &c, 1) == 1 && c != '\n') out.push_back(c);
  return out;
}

}  // namespace

DevnetProcess::DevnetProcess(const std::vector<std::string>& arguments) {
  std::vector<std::string> all{SALLYPORT_BINARY_DIR "/bin/sallyport-devnet"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& argument : all) argv.push_back(argument.data());
  argv.push_back(nullptr);
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error("devnet: no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  auto failed = ::posix_spawn(&m_pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  auto line = failed == 0 ? readLine(pipe[0]) : std::string();
  ::close(pipe[0]);
  m_port = static_cast<unsigned>(std::strtoul(line.c_str(), nullptr, 10));
  if (m_port != 0) return;
  if (failed == 0) ::waitpid(m_pid, nullptr, 0);
  throw std::runtime_error("devnet: the node did not start");
}

DevnetProcess::~DevnetProcess() {
  ::kill(m_pid, SIGTERM);
  ::waitpid(m_pid, nullptr, 0);
}

}  // namespace sallyport::devnet
