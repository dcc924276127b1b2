#include "tests/broker/display/harness.h"

#include <fcntl.h>
#include <kj/debug.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xcb/xcb.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sallyport::display::test {
namespace {

constexpr int SCREEN_WIDTH = 1280;
constexpr int SCREEN_HEIGHT = 900;
constexpr int FIRST_FREE_FD = 200;

std::vector<char*> pointersTo(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (auto& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Child::Child(const SpawnRequest& request) {
  auto arguments = request.arguments;
  std::vector<std::string> variables;
  for (const auto& [name, value] : request.environment) variables.push_back(name + "=" + value);
  auto argv = pointersTo(arguments);
  auto envp = pointersTo(variables);
  const pid_t parent = getpid();
  KJ_SYSCALL(m_pid = fork());
  if (m_pid != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  std::map<int, int> parked;  // out of the way first: a target may be another's source
  for (const auto& [target, source] : request.descriptors) {
    parked[target] = fcntl(source, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
  }
  for (const auto& [target, source] : parked) dup2(source, target);
  // As the spawner does it: nothing else comes along.
  const int last = parked.empty() ? STDERR_FILENO : std::max(parked.rbegin()->first, STDERR_FILENO);
  close_range(static_cast<unsigned>(last) + 1, ~0U, 0);
  execvpe(argv[0], argv.data(), envp.data());
  _exit(127);
}

Child::~Child() {
  if (m_pid <= 0) return;
  kill(m_pid, SIGKILL);
  waitpid(m_pid, nullptr, 0);
}

bool Child::running() {
  if (m_pid <= 0) return false;
  if (waitpid(m_pid, &m_status, WNOHANG) != m_pid) return true;
  m_pid = -1;
  return false;
}

int Child::wait() {
  if (m_pid > 0) waitpid(m_pid, &m_status, 0);
  m_pid = -1;
  return WIFEXITED(m_status) ? WEXITSTATUS(m_status) : 128 + WTERMSIG(m_status);
}

std::string run(const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment,
                int* code) {
  auto pipe = pipePair();
  Child child({arguments, environment, {{1, pipe.theirs.get()}}});
  pipe.theirs = nullptr;
  std::string output;
  char buffer[65536];
  for (;;) {
    const auto count = read(pipe.ours.get(), buffer, sizeof(buffer));
    if (count <= 0) break;
    output.append(buffer, static_cast<std::size_t>(count));
  }
  const int result = child.wait();
  KJ_REQUIRE(
      code != nullptr || result == 0, arguments[0].c_str(), arguments.back().c_str(), result);
  if (code != nullptr) *code = result;
  return output;
}

Pair socketPair() {
  int fds[2];
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  return {kj::AutoCloseFd(fds[0]), kj::AutoCloseFd(fds[1])};
}

Pair pipePair() {
  int fds[2];
  KJ_SYSCALL(pipe2(fds, O_CLOEXEC));
  return {kj::AutoCloseFd(fds[0]), kj::AutoCloseFd(fds[1])};
}

bool Colour::near(const Colour& other) const {
  return std::abs(red - other.red) < 8 && std::abs(green - other.green) < 8 &&
         std::abs(blue - other.blue) < 8;
}

VirtualScreen& VirtualScreen::the() {
  static VirtualScreen screen;
  return screen;
}

VirtualScreen::VirtualScreen() : m_home(tempDirectory()) {
  auto pipe = pipePair();
  const auto size = std::to_string(SCREEN_WIDTH) + "x" + std::to_string(SCREEN_HEIGHT) + "x24";
  m_server.emplace_back(SpawnRequest{
      {"Xvfb", "-displayfd", "5", "-screen", "0", size, "-nolisten", "tcp", "-noreset"},
      {{"PATH", "/usr/bin:/bin"}, {"HOME", m_home}},
      {{5, pipe.theirs.get()}}});
  pipe.theirs = nullptr;
  std::string number;  // in two writes: a reader that leaves after the first one kills the server
  for (char c; read(pipe.ours.get(), &c, 1) == 1 && c != '\n';) number += c;
  KJ_REQUIRE(!number.empty(), "Xvfb did not start");
  m_name = ":" + number;
}

std::map<std::string, std::string> VirtualScreen::environment() const {
  return {{"DISPLAY", m_name}, {"QT_QPA_PLATFORM", "xcb"}, {"LANG", "C.UTF-8"}};
}

std::string VirtualScreen::xdotool(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all{"timeout", "20", "xdotool"};  // --sync waits for ever
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run(all, {{"DISPLAY", m_name}, {"PATH", "/usr/bin:/bin"}});
}

std::string VirtualScreen::window(const std::string& title) const {
  auto id = xdotool({"search", "--sync", "--onlyvisible", "--name", "^" + title + "$"});
  return id.substr(0, id.find('\n'));
}

bool VirtualScreen::isNot(const std::string& title) const {
  int code = 0;
  run({"xdotool", "search", "--onlyvisible", "--name", "^" + title + "$"},
      {{"DISPLAY", m_name}, {"PATH", "/usr/bin:/bin"}},
      &code);
  return code != 0;
}

VirtualScreen::Geometry VirtualScreen::geometry(const std::string& window) const {
  std::istringstream lines(xdotool({"getwindowgeometry", "--shell", window}));
  Geometry geometry;
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    const auto name = line.substr(0, equals);
    const int value = std::atoi(line.c_str() + equals + 1);
    if (name == "X") geometry.x = value;
    if (name == "Y") geometry.y = value;
    if (name == "WIDTH") geometry.width = value;
    if (name == "HEIGHT") geometry.height = value;
  }
  return geometry;
}

void VirtualScreen::closeWindow(const std::string& window) const {
  auto* connection = xcb_connect(m_name.c_str(), nullptr);
  KJ_DEFER(xcb_disconnect(connection));
  const auto atom = [&](const char* name) {
    auto* reply = xcb_intern_atom_reply(
        connection,
        xcb_intern_atom(connection, 0, static_cast<uint16_t>(strlen(name)), name),
        nullptr);
    KJ_DEFER(free(reply));
    return reply->atom;
  };
  xcb_client_message_event_t event{};
  event.response_type = XCB_CLIENT_MESSAGE;
  event.format = 32;
  event.window = static_cast<xcb_window_t>(std::stoul(window));
  event.type = atom("WM_PROTOCOLS");
  event.data.data32[0] = atom("WM_DELETE_WINDOW");
  xcb_send_event(
      connection, 0, event.window, XCB_EVENT_MASK_NO_EVENT, reinterpret_cast<const char*>(&event));
  xcb_flush(connection);
  free(xcb_get_input_focus_reply(
      connection, xcb_get_input_focus(connection), nullptr));  // a round trip
}

Colour VirtualScreen::at(int x, int y) const {
  const auto offset = "1x1+" + std::to_string(x) + "+" + std::to_string(y);
  const auto pixel =
      run({"import", "-silent", "-window", "root", "-crop", offset, "-depth", "8", "rgb:-"},
          {{"DISPLAY", m_name}, {"PATH", "/usr/bin:/bin"}, {"HOME", m_home}});
  KJ_REQUIRE(pixel.size() == 3, pixel.size());
  const auto byte = [&](std::size_t i) {
    return static_cast<int>(static_cast<unsigned char>(pixel[i]));
  };
  return {byte(0), byte(1), byte(2)};
}

void VirtualScreen::save(const std::string& file) const {
  run({"import", "-silent", "-window", "root", file},
      {{"DISPLAY", m_name}, {"PATH", "/usr/bin:/bin"}, {"HOME", m_home}});
}

bool Loop::until(const std::function<bool()>& done, int milliseconds) {
  auto& timer = io.provider->getTimer();
  const auto deadline = timer.now() + milliseconds * kj::MILLISECONDS;
  while (!done()) {
    if (timer.now() > deadline) return false;
    timer.afterDelay(5 * kj::MILLISECONDS).wait(io.waitScope);
  }
  return true;
}

void Loop::turnFor(int milliseconds) {
  io.provider->getTimer().afterDelay(milliseconds * kj::MILLISECONDS).wait(io.waitScope);
}

Reports::Reports(Loop& loop, kj::AutoCloseFd pipe)
    : m_loop(loop),
      m_stream(loop.io.lowLevelProvider->wrapInputFd(kj::mv(pipe),
                                                     kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP)) {
  m_reading = read().eagerlyEvaluate([](kj::Exception&&) {});
}

kj::Promise<void> Reports::read() {
  return m_stream->tryRead(m_buffer, 1, sizeof(m_buffer))
      .then([this](std::size_t count) -> kj::Promise<void> {
        for (std::size_t i = 0; i < count; ++i) {
          if (m_buffer[i] != '\n') {
            m_partial += m_buffer[i];
            continue;
          }
          m_lines.push_back(m_partial);
          m_partial.clear();
        }
        if (count == 0) return kj::READY_NOW;
        return read();
      });
}

std::string Reports::expect(const std::string& beginning, int milliseconds) {
  std::string found;
  m_loop.until(
      [&] {
        for (std::size_t i = 0; i < m_lines.size(); ++i) {
          if (m_lines[i].rfind(beginning, 0) != 0) continue;
          found = m_lines[i];
          m_lines.erase(m_lines.begin(), m_lines.begin() + static_cast<std::ptrdiff_t>(i) + 1);
          return true;
        }
        return false;
      },
      milliseconds);
  return found;
}

bool Reports::contains(const std::string& beginning) const {
  for (const auto& line : m_lines) {
    if (line.rfind(beginning, 0) == 0) return true;
  }
  return false;
}

std::string Reports::all() const {
  std::string text;
  for (const auto& line : m_lines) text += line + "\n";
  return text;
}

std::string displayBinary() { return SALLYPORT_BINARY_DIR "/bin/sallyport-display"; }

std::string tempDirectory() {
  struct Directories {
    std::vector<std::string> paths;
    ~Directories() {
      for (const auto& path : paths) std::filesystem::remove_all(path);
    }
  };
  static Directories directories;
  std::string path =
      (std::filesystem::temp_directory_path() / "sallyport-display-test-XXXXXX").string();
  KJ_REQUIRE(mkdtemp(path.data()) != nullptr);
  directories.paths.push_back(path);
  return path;
}

}  // namespace sallyport::display::test
