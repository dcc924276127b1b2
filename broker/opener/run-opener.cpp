// One thread, system calls, and the broker's own reading of a link. See the header.
#include "broker/opener/run-opener.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "broker/opener/opener-wire.h"
#include "capabilities/link.h"

namespace sallyport::opener {
namespace {

namespace fs = std::filesystem;

// What a unit of the user's service manager needs of this session and may not have from it.
constexpr auto SESSION_VARIABLES = std::to_array<const char*>({"DISPLAY",
                                                               "XAUTHORITY",
                                                               "WAYLAND_DISPLAY",
                                                               "XDG_CURRENT_DESKTOP",
                                                               "XDG_SESSION_TYPE",
                                                               "DESKTOP_SESSION",
                                                               "KDE_FULL_SESSION",
                                                               "KDE_SESSION_VERSION",
                                                               "LANG"});

bool readAll(int from, char* to, std::size_t size) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t count = recv(from, to + done, size - done, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

std::optional<std::string> readRequest(int broker) {
  unsigned char length[2];
  if (!readAll(broker, reinterpret_cast<char*>(length), sizeof length)) return std::nullopt;
  const std::size_t size = length[0] + 256U * length[1];
  std::string text(std::min(size, capabilities::MAX_LINK_BYTES + 1), '\0');
  if (!readAll(broker, text.data(), text.size())) return std::nullopt;
  return text;
}

bool mayOpen(const std::string& text, const OpenerConfig& config) {
  std::string problem;
  const auto link = capabilities::parseLink(text, problem);
  return link && link->text == text &&
         (link->scheme == "https" || link->scheme == "mailto" ||
          std::find(config.schemes.begin(), config.schemes.end(), link->scheme) !=
              config.schemes.end());
}

bool isSocket(const fs::path& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

bool hasUserManager(const OpenerConfig& config) {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  return runtime != nullptr && *runtime == '/' && isSocket(fs::path(runtime) / "systemd/private") &&
         isSocket(fs::path(runtime) / "bus") &&
         access((config.programs / "systemd-run").c_str(), X_OK) == 0;
}

// The manager replaces variables in arguments, and the link is a page's.
std::string withoutVariables(const std::string& text) {
  std::string plain;
  for (const char c : text) plain += c == '$' ? "$$" : std::string(1, c);
  return plain;
}

// The link begins with a letter, so it is an option to nobody.
std::vector<std::string> commandLine(const OpenerConfig& config,
                                     const std::string& link,
                                     bool managed) {
  const std::string program = config.programs / "xdg-open";
  if (!managed) return {program, link};
  // What xdg-open leaves behind is the browser, which stays when xdg-open ends.
  std::vector<std::string> command{config.programs / "systemd-run",
                                   "--user",
                                   "--collect",
                                   "--quiet",
                                   "--wait",
                                   // Else the journal has the link, and what a browser says.
                                   "--description=A link that an app opens",
                                   "--property=StandardOutput=null",
                                   "--property=StandardError=null",
                                   "--property=KillMode=process"};
  for (const char* name : SESSION_VARIABLES)
    if (std::getenv(name) != nullptr) command.push_back(std::string("--setenv=") + name);
  command.insert(command.end(), {"--", program, withoutVariables(link)});
  return command;
}

// -1 when there is no process to be had.
pid_t start(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): execv only reads
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  execv(arguments[0], arguments.data());
  _exit(127);
}

// How it went: what it says at its end, or that it still runs.
Opened outcomeOf(pid_t program, std::chrono::milliseconds patience, bool& runs) {
  const int end = static_cast<int>(syscall(SYS_pidfd_open, program, 0));
  pollfd wait{end, POLLIN, 0};
  const int ready = end < 0 ? 1 : poll(&wait, 1, static_cast<int>(patience.count()));
  close(end);
  runs = ready == 0;
  if (runs) return Opened::DONE;
  int status = 0;
  while (waitpid(program, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? Opened::DONE : Opened::FAILED;
}

int answer(int broker, Opened outcome) {
  const auto byte = static_cast<std::uint8_t>(outcome);
  send(broker, &byte, 1, MSG_NOSIGNAL);
  close(broker);
  return 0;
}

// Nobody listens to what a browser says to its terminal.
bool silence() {
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  return nothing >= 0 && dup2(nothing, 0) == 0 && dup2(nothing, 1) == 1 && dup2(nothing, 2) == 2;
}

}  // namespace

int runOpener(int broker, const OpenerConfig& config) {
  if (!silence() || fcntl(broker, F_SETFD, FD_CLOEXEC) != 0) return 1;
  const auto link = readRequest(broker);
  if (!link) return 0;
  if (!mayOpen(*link, config)) return answer(broker, Opened::REFUSED);
  if (access((config.programs / "xdg-open").c_str(), X_OK) != 0)
    return answer(broker, Opened::NO_PROGRAM);
  // From here on it is the user's: it outlives broker and spawner.
  if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    return answer(broker, Opened::FAILED);
  const bool managed = hasUserManager(config);
  const pid_t program = start(commandLine(config, *link, managed));
  if (program < 0) return answer(broker, Opened::FAILED);
  bool runs = false;
  answer(broker, outcomeOf(program, config.patience, runs));
  if (managed && runs) kill(program, SIGTERM);  // it only waited; the unit goes on
  while (waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
  return 0;
}

}  // namespace sallyport::opener
