// The opener as a process, with programs of the desktop that the test wrote: shell scripts in a
// folder of its own.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "broker/opener/opener-wire.h"
#include "broker/opener/run-opener.h"

namespace sallyport::opener {
namespace {

namespace fs = std::filesystem;

constexpr int SILENCE_MS = 30'000;

class Desktop {
 public:
  Desktop() {
    std::string name = fs::temp_directory_path() / "sallyport-opener-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    m_folder = name;
    config.programs = m_folder / "bin";
    fs::create_directory(config.programs);
    config.schemes = {"bitcoin"};
    unsetenv("XDG_RUNTIME_DIR");
  }
  ~Desktop() {
    unsetenv("XDG_RUNTIME_DIR");
    std::error_code ignored;
    fs::remove_all(m_folder, ignored);
  }
  Desktop(const Desktop&) = delete;
  Desktop& operator=(const Desktop&) = delete;

  // Writes what it was called with, one argument a line, and does this then.
  void install(const std::string& program, const std::string& then) {
    const auto path = config.programs / program;
    std::ofstream(path) << "#!/bin/sh\nprintf '%s\\n' \"$@\" >" << file(program) << "\n"
                        << then << "\n";
    chmod(path.c_str(), 0700);
  }
  fs::path file(const std::string& name) const { return m_folder / name; }
  // The arguments of its last run; empty when it did not run.
  std::string saw(const std::string& program) const {
    std::ifstream in(file(program));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // What a user's service manager leaves in the runtime folder.
  void makeManager() {
    fs::create_directories(m_folder / "run/systemd");
    for (const char* name : {"run/systemd/private", "run/bus"}) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      const std::string path = m_folder / name;
      REQUIRE(path.size() < sizeof(address.sun_path));
      path.copy(address.sun_path, path.size());
      const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
      close(fd);
    }
    setenv("XDG_RUNTIME_DIR", (m_folder / "run").c_str(), 1);
  }

  OpenerConfig config;

 private:
  fs::path m_folder;
};

// One opener, started and asked.
class Opener {
 public:
  Opener(const OpenerConfig& config, const std::string& request) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    m_pid = fork();
    REQUIRE(m_pid >= 0);
    if (m_pid == 0) {
      close(ends[0]);
      _exit(runOpener(ends[1], config));
    }
    close(ends[1]);
    m_socket = ends[0];
    REQUIRE(write(m_socket, request.data(), request.size()) ==
            static_cast<ssize_t>(request.size()));
    shutdown(m_socket, SHUT_WR);
  }
  ~Opener() {
    close(m_socket);
    if (m_pid > 0) {
      kill(m_pid, SIGKILL);
      waitpid(m_pid, nullptr, 0);
    }
  }
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;

  // 0: it ended without one.
  int answer() const {
    pollfd wait{m_socket, POLLIN, 0};
    REQUIRE(poll(&wait, 1, SILENCE_MS) == 1);
    std::uint8_t byte = 0;
    return read(m_socket, &byte, 1) == 1 ? byte : 0;
  }
  bool ended() {
    if (waitpid(m_pid, nullptr, WNOHANG) != m_pid) return false;
    m_pid = -1;
    return true;
  }
  void waitForEnd() {
    REQUIRE(waitpid(m_pid, nullptr, 0) == m_pid);
    m_pid = -1;
  }

 private:
  pid_t m_pid = -1;
  int m_socket = -1;
};

std::string framed(const std::string& link) {
  return std::string{static_cast<char>(link.size() & 0xff), static_cast<char>(link.size() >> 8)} +
         link;
}

constexpr int DONE = static_cast<int>(Opened::DONE),
              NO_PROGRAM = static_cast<int>(Opened::NO_PROGRAM),
              FAILED = static_cast<int>(Opened::FAILED),
              REFUSED = static_cast<int>(Opened::REFUSED);

TEST_CASE("a link is one argument of xdg-open, as it came") {
  Desktop desktop;
  desktop.install("xdg-open", "exit 0");
  for (const char* link : {"https://a.example/x?a=$HOME&b=;'(*)#y",
                           "mailto:a@b.example?subject=Hi%20there",
                           "bitcoin:bc1q?amount=1"}) {
    Opener opener(desktop.config, framed(link));
    CHECK(opener.answer() == DONE);
    opener.waitForEnd();
    CHECK(desktop.saw("xdg-open") == std::string(link) + "\n");
    fs::remove(desktop.file("xdg-open"));
  }
}

TEST_CASE("what is no link in its one spelling is refused, and half a request opens nothing") {
  Desktop desktop;
  desktop.install("xdg-open", "exit 0");
  for (const char* link : {"file:///etc/passwd",
                           "javascript:x",
                           "--help",
                           "",
                           "http://a.example/",
                           "HTTPS://a.example/",
                           "https://a.example",
                           "lightning:x",
                           "mailto:a@b.example?attach=/etc/passwd",
                           "https://a.example/\n"})
    CHECK_MESSAGE(Opener(desktop.config, framed(link)).answer() == REFUSED, link);
  CHECK(Opener(desktop.config, framed("https://a.example/" + std::string(9'000, 'x'))).answer() ==
        REFUSED);
  for (const std::string& half :
       {std::string(), std::string(1, '\5'), framed("https://a.example/").substr(0, 12)})
    CHECK(Opener(desktop.config, half).answer() == 0);
  CHECK(desktop.saw("xdg-open").empty());
}

TEST_CASE("a desktop without the program says so, and one that fails another thing") {
  Desktop desktop;
  CHECK(Opener(desktop.config, framed("https://a.example/")).answer() == NO_PROGRAM);
  desktop.install("xdg-open", "exit 4");
  CHECK(Opener(desktop.config, framed("https://a.example/")).answer() == FAILED);
}

TEST_CASE("a program that stays has opened the link, and its opener stays with all it leaves") {
  Desktop desktop;
  desktop.config.patience = std::chrono::milliseconds(1);
  const auto fifo = desktop.file("fifo");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  // The script ends, and leaves a program behind that reads the fifo to its end.
  desktop.install("xdg-open", "cat " + fifo.string() + " >/dev/null &\nexit 0");
  Opener opener(desktop.config, framed("https://a.example/"));
  CHECK(opener.answer() == DONE);
  std::ofstream gate(fifo);  // opens when the program left behind reads
  CHECK_FALSE(opener.ended());
  gate.close();
  opener.waitForEnd();
}

TEST_CASE("the user's service manager runs it, and no variable of it gets into the link") {
  Desktop desktop;
  desktop.makeManager();
  setenv("DISPLAY", ":7", 1);
  unsetenv("WAYLAND_DISPLAY");
  desktop.install("xdg-open", "exit 0");
  desktop.install("systemd-run", "exit 0");
  Opener opener(desktop.config, framed("https://a.example/?a=${HOME}$PATH"));
  CHECK(opener.answer() == REFUSED);  // braces are in no link
  Opener other(desktop.config, framed("https://a.example/?a=$HOME"));
  CHECK(other.answer() == DONE);
  other.waitForEnd();
  CHECK(desktop.saw("xdg-open").empty());
  const auto command = desktop.saw("systemd-run");
  CHECK(command.find("--user\n--collect\n") == 0);
  CHECK(command.find("--description=A link that an app opens\n") != std::string::npos);
  CHECK(command.find("--setenv=DISPLAY\n") != std::string::npos);
  CHECK(command.find("--setenv=WAYLAND_DISPLAY\n") == std::string::npos);
  CHECK(command.ends_with("--\n" + (desktop.config.programs / "xdg-open").string() +
                          "\nhttps://a.example/?a=$$HOME\n"));
  unsetenv("DISPLAY");
}

}  // namespace
}  // namespace sallyport::opener
