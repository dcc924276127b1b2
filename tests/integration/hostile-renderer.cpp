// Programs that run in the renderer's place and cage. Which one is decided when it is built: a
// renderer gets no argument. They say what came of it on stderr, which the broker puts into its
// journal.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace {

constexpr int SESSION = 3;

[[noreturn]] [[maybe_unused]] void stayForEver() {
  // Nothing that may be refused or told to end makes it go.
  for (int number = 1; number < 32; ++number) std::signal(number, SIG_IGN);
  for (;;) pause();
}

[[maybe_unused]] void say(const std::string& what, bool worked) {
  const std::string line =
      "hostile: " + what + ": " + (worked ? "worked" : std::strerror(errno)) + "\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, line.data(), line.size());
}

// Never attaches.
[[maybe_unused]] void silent() { stayForEver(); }

// Not a message of any protocol.
[[maybe_unused]] void garbage() {
  const std::vector<char> bytes(64 * 1024, '\xff');
  [[maybe_unused]] const auto written = write(SESSION, bytes.data(), bytes.size());
  stayForEver();
}

// Looks for a way to the admin socket, to the stores and to other processes.
[[maybe_unused]] void prying() {
  say("a local socket", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
  say("a network socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
  sockaddr_un admin{};
  admin.sun_family = AF_UNIX;
  std::strcpy(admin.sun_path, "admin.sock");
  say("a connection", connect(SESSION, reinterpret_cast<sockaddr*>(&admin), sizeof admin) == 0);
  std::string seen;
  for (const char* root : {"/", "/run", "/tmp", "/home", "/root", "/var", "/etc", "/app", "/dev"}) {
    std::error_code error, gone;
    for (std::filesystem::recursive_directory_iterator it(root, error), end; !error && it != end;
         it.increment(error))
      if (it->is_socket(gone) || it->path().extension() == ".db") seen += it->path().string() + " ";
  }
  errno = ENOENT;
  say("a socket or a store in the file system", !seen.empty());
  std::size_t strangers = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    const int number = std::atoi(it->path().filename().c_str());
    if (number > 2) ++strangers;  // bubblewrap's init, and this
  }
  errno = ESRCH;
  say("another process", strangers > 0);
  errno = ECHILD;
  say("end", false);
  stayForEver();
}

}  // namespace

int main() { HOSTILE(); }
