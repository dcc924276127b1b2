// See the header.
#include "tests/support/terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

namespace sallyport::test {

Conversation converse(const std::vector<std::string>& command,
                      const std::function<std::optional<std::string>(const std::string&)>& answer) {
  constexpr int QUIET_MS = 50;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::vector<char*> argv;
  for (const auto& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  int terminal = -1;
  const pid_t pid = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid < 0) throw std::runtime_error("forkpty");
  if (pid == 0) {
    execv(argv[0], argv.data());
    _exit(127);
  }
  Conversation held;
  for (std::size_t answered = 0;;) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
      close(terminal);
      throw std::runtime_error("the terminal's program does not end: " + held.output);
    }
    pollfd wait{terminal, POLLIN, 0};
    if (poll(&wait, 1, QUIET_MS) == 0) {
      // Each question once: there is something new since the last answer.
      if (held.output.size() == answered) continue;
      if (const auto line = answer(held.output)) {
        answered = held.output.size();
        const auto typed = *line + "\r";
        if (write(terminal, typed.data(), typed.size()) < 0) break;
      }
      continue;
    }
    std::array<char, 4096> buffer{};
    const ssize_t count = read(terminal, buffer.data(), buffer.size());
    if (count <= 0) break;  // EIO: the program has gone
    held.output.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(terminal);
  int status = 0;
  waitpid(pid, &status, 0);
  held.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return held;
}

}  // namespace sallyport::test
