// A renderer's Wayland messages into the frame: the real compositor, canvas and window of role
// frame, drawn nowhere, and a socket whose other end says what the input says. The input is a list
// of steps (steps.h); its first byte says whether the globals are bound beforehand, so that deep
// code is reached at once, and from which step on it is shown and waits no more.
#include <kj/debug.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-server-core.h>

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/display/frame-window.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/wayland/steps.h"

using namespace sallyport;
using namespace sallyport::fuzz;

// What Qt and fontconfig keep to the end is not ours to find.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace {

constexpr int SETTLES = 200;  // rounds of events in which a client that hung up is gone
constexpr std::size_t FILE_UNIT = 4096;
constexpr std::size_t MAX_STEPS = 512;
constexpr auto PICTURE_INTERVAL =
    std::chrono::milliseconds(18);  // the offscreen platform's and a bit

// Sockets and memory files, which is what a renderer hands over and what it is given.
std::multiset<std::string> handedOver() {
  std::multiset<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry, gone).string();
    if (target.starts_with("socket:") || target.starts_with("/memfd:") ||
        target.starts_with("/dev/shm/"))
      open.insert(target);
  }
  return open;
}

void turn() { QCoreApplication::processEvents(); }

// One window for all cases, as one frame has one after another renderer.
struct Frame {
  Frame() : window(QStringLiteral("main"), events()) {
    window.open(QStringLiteral("fuzz"), {QSize(320, 240), {}, Qt::WindowNoState});
    turn();
  }
  display::FrameWindow::Events events() {
    return {.closeRequested = [] {},
            .reloadRequested = [] {},
            .firstFrame = [] {},
            .placed = [](const display::FramePlace&, bool) {},
            .rendererGone = [this] { ++gone; },
            .endRequested = [] {},
            .waitRequested = [] {}};
  }
  int gone = 0;
  display::FrameWindow window;
};

Frame& frame() {
  static Frame* const FRAME = [] {
    setenv("QT_QPA_PLATFORM", "offscreen", 1);
    static int argc = 1;
    static char name[] = "wayland-fuzz";
    static char* argv[] = {name, nullptr};
    qInstallMessageHandler([](QtMsgType, const QMessageLogContext&, const QString&) {});
    wl_log_set_handler_server([](const char*, va_list) {});
    new QApplication(argc, argv);
    QApplication::setQuitOnLastWindowClosed(false);
    return new Frame;
  }();
  return *FRAME;
}

// The renderer's end.
class Client {
 public:
  explicit Client(int fd) : m_fd(fd) {}
  ~Client() {
    close(m_fd);
    if (m_file >= 0) close(m_file);
    if (m_lastFile >= 0) close(m_lastFile);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void add(const void* from, std::size_t size) {
    const auto* bytes = static_cast<const char*>(from);
    m_out.insert(m_out.end(), bytes, bytes + size);
  }
  void add(std::uint32_t word) { add(&word, sizeof word); }
  void message(std::uint32_t object, std::uint16_t opcode, const std::vector<char>& arguments) {
    add(object);
    add(static_cast<std::uint32_t>((8 + arguments.size()) << 16 | opcode));
    add(arguments.data(), arguments.size());
  }
  // Goes along with what is sent next.
  void attachFile(std::size_t size) {
    flush();
    if (m_file >= 0) close(m_file);
    m_file = memfd_create("fuzz", MFD_CLOEXEC);
    KJ_SYSCALL(ftruncate(m_file, static_cast<off_t>(size)));
  }
  void shrinkFile() {
    if (m_lastFile < 0) return;
    KJ_SYSCALL(ftruncate(m_lastFile, 0));
  }

  // Gives the frame what there is and takes what it says.
  void settle() {
    for (int i = 0; i < 4; ++i) {
      flush();
      turn();
      read();
    }
  }

  void wait() {
    if (m_waits == MAX_WAITS) return;
    ++m_waits;
    flush();
    const auto end = std::chrono::steady_clock::now() + PICTURE_INTERVAL;
    while (std::chrono::steady_clock::now() < end)
      QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents, 1);
    settle();
  }

  std::uint32_t serial() const { return m_serial; }
  std::uint32_t global(const std::string& interface) const {
    const auto found = m_globals.find(interface);
    return found == m_globals.end() ? 0 : found->second;
  }

 private:
  void flush() {
    if (m_out.empty()) return;
    iovec part{m_out.data(), m_out.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (m_file >= 0) {
      header.msg_control = control.data();
      header.msg_controllen = control.size();
      cmsghdr* rights = CMSG_FIRSTHDR(&header);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(rights), &m_file, sizeof m_file);
    }
    const ssize_t sent = sendmsg(m_fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN) m_out.clear();
      return;
    }
    m_out.erase(m_out.begin(), m_out.begin() + sent);
    if (m_file < 0) return;
    if (m_lastFile >= 0) close(m_lastFile);
    m_lastFile = std::exchange(m_file, -1);
  }

  void read() {
    std::array<std::uint32_t, 16384> words{};
    iovec part{words.data(), words.size() * sizeof(words[0])};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(28 * sizeof(int))> control{};
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t size = recvmsg(m_fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size <= 0) return;
    for (cmsghdr* one = CMSG_FIRSTHDR(&header); one != nullptr; one = CMSG_NXTHDR(&header, one)) {
      const std::size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(one) + i * sizeof fd, sizeof fd);
        close(fd);
      }
    }
    note(words.data(), static_cast<std::size_t>(size) / sizeof(words[0]));
  }

  // The names of the globals, and the number that the last short event brought: mostly a serial.
  void note(const std::uint32_t* words, std::size_t count) {
    for (std::size_t at = 0; at + 2 < count;) {
      const std::size_t length = (words[at + 1] >> 16) / sizeof(words[0]);
      if (length < 2 || at + length > count) return;
      if (length == 3) m_serial = words[at + 2];
      if (words[at] == REGISTRY && (words[at + 1] & 0xffff) == 0 && length > 4) {
        const auto* text = reinterpret_cast<const char*>(words + at + 4);
        m_globals[std::string(text, strnlen(text, (length - 4) * sizeof(words[0])))] =
            words[at + 2];
      }
      at += length;
    }
  }

  int m_fd;
  int m_file = -1, m_lastFile = -1;
  int m_waits = 0;
  std::vector<char> m_out;
  std::uint32_t m_serial = 0;
  std::map<std::string, std::uint32_t> m_globals;
};

void addWord(std::vector<char>& to, std::uint32_t word) {
  const auto* bytes = reinterpret_cast<const char*>(&word);
  to.insert(to.end(), bytes, bytes + sizeof word);
}

void addText(std::vector<char>& to, const std::string& text) {
  addWord(to, static_cast<std::uint32_t>(text.size() + 1));
  to.insert(to.end(), text.begin(), text.end());
  to.resize((to.size() + 4) / 4 * 4);  // the NUL, and up to a word
}

void bindGlobals(Client& client) {
  std::vector<char> arguments;
  addWord(arguments, REGISTRY);
  client.message(1, 1, arguments);  // wl_display.get_registry
  client.settle();
  std::uint32_t id = FIRST_GLOBAL;
  for (const auto& [name, version] : GLOBALS) {
    arguments.clear();
    addWord(arguments, client.global(name));
    addText(arguments, name);
    addWord(arguments, version);
    addWord(arguments, id++);
    client.message(REGISTRY, 0, arguments);
  }
  client.settle();
}

std::vector<char> argumentsOf(Bytes& in, const Client& client) {
  std::vector<char> arguments;
  for (std::size_t count = in.below(MAX_ARGUMENTS + 1); count > 0; --count) {
    const std::uint8_t tag = in.byte();
    switch (tag) {
      case TAG_WORD: {
        std::uint32_t word = 0;
        for (int i = 0; i < 4; ++i) word |= std::uint32_t{in.byte()} << (8 * i);
        addWord(arguments, word);
        break;
      }
      case TAG_SERIAL:
        addWord(arguments, client.serial());
        break;
      case TAG_NEGATIVE:
        addWord(arguments, -std::uint32_t{in.byte()});
        break;
      case TAG_LARGE:
        addWord(arguments, std::uint32_t{in.byte()} << 8);
        break;
      case TAG_TEXT:
        addText(arguments, in.text());
        break;
      default:
        addWord(arguments, tag);
    }
  }
  return arguments;
}

// What the user does meanwhile.
void act(std::uint8_t what) {
  auto& window = frame().window;
  auto* target = window.childAt(window.rect().center());
  if (target == nullptr) target = &window;
  const QPointF place(what, what / 2);
  const auto mouse = [&](QEvent::Type type, Qt::MouseButtons down) {
    QMouseEvent event(type,
                      place,
                      window.mapToGlobal(place),
                      type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton,
                      down,
                      Qt::NoModifier);
    QCoreApplication::sendEvent(target, &event);
  };
  mouse(QEvent::MouseMove, Qt::NoButton);
  if ((what & 1) != 0) mouse(QEvent::MouseButtonPress, Qt::LeftButton);
  if ((what & 2) != 0) mouse(QEvent::MouseButtonRelease, Qt::NoButton);
  if ((what & 4) != 0) window.resize(200 + what, 200);
  if ((what & 8) != 0) {
    QKeyEvent key(QEvent::KeyPress, Qt::Key_A, Qt::NoModifier, 38, 'a', 0);
    QCoreApplication::sendEvent(target, &key);
  }
  if ((what & 16) != 0) target->repaint();
}

void step(Bytes& in, Client& client) {
  switch (static_cast<Step>(in.below(STEPS))) {
    case Step::MESSAGE: {
      const std::uint32_t object = in.byte();
      const std::uint16_t opcode = in.byte();
      return client.message(object, opcode, argumentsOf(in, client));
    }
    case Step::RAW: {
      const auto text = in.text();
      return client.add(text.data(), text.size());
    }
    case Step::FILE:
      return client.attachFile(in.byte() * FILE_UNIT);
    case Step::SHRINK:
      return client.shrinkFile();
    case Step::USER:
      return act(in.byte());
    case Step::TURN:
      return client.settle();
    case Step::WAIT:
      return client.wait();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Frame& ours = frame();
  turn();
  const auto before = handedOver();
  ours.gone = 0;
  int pair[2];
  KJ_SYSCALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
  ours.window.prepareRenderer(pair[0]);
  const bool waits = (data[0] & 2) != 0;
  const std::size_t shownAt = waits ? data[0] >> 2 : 0;
  bool shown = !waits && ours.window.showRenderer();
  KJ_ASSERT(shown || waits);
  {
    Client client(pair[1]);
    if ((data[0] & 1) != 0) bindGlobals(client);
    Bytes in(data + 1, size - 1);
    for (std::size_t steps = 0; !in.empty() && steps < MAX_STEPS; ++steps) {
      if (!shown && steps == shownAt) shown = ours.window.showRenderer();
      step(in, client);
    }
    client.settle();
  }
  for (int i = 0; i < SETTLES && ours.gone == 0; ++i) turn();
  turn();
  // The frame lives, it was told once of one that was shown, and nothing of this renderer is left
  // but its last picture.
  KJ_ASSERT(ours.gone == (shown ? 1 : 0), ours.gone, shown);
  KJ_ASSERT(!ours.window.showRenderer());
  const auto after = handedOver();
  std::string left;
  for (const auto& target : after)
    if (before.count(target) < after.count(target)) left += target + " ";
  KJ_ASSERT(left.empty(), left.c_str());
  return 0;
}
