#include "broker/cli/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <cstring>

namespace sallyport::cli {
namespace {

constexpr std::size_t MAX_LINE_BYTES = 1024;

// Byte by byte, without signals: whatever happens, the destructor gives the terminal back as it
// was.
class RawMode {
 public:
  RawMode() {
    tcgetattr(STDIN_FILENO, &m_former);
    termios raw = m_former;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
  }
  ~RawMode() { tcsetattr(STDIN_FILENO, TCSAFLUSH, &m_former); }
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

 private:
  termios m_former{};
};

void eraseLast(std::string& line) {
  while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) line.pop_back();
  if (!line.empty()) line.pop_back();
}

}  // namespace

bool isTerminal() { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1; }

void say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::optional<std::string> askLine(std::string_view question, Echo echo) {
  constexpr char INTERRUPT = 3, END_OF_INPUT = 4, BACKSPACE = 8, KILL_LINE = 21, DELETE = 127;
  // Before the question: what is typed ahead of it is dropped, what answers it is not.
  const RawMode raw;
  say(question);
  std::string line;
  line.reserve(MAX_LINE_BYTES);  // no copies are left behind by growth
  for (;;) {
    char c = 0;
    const bool end =
        read(STDIN_FILENO, &c, 1) != 1 || c == INTERRUPT || (c == END_OF_INPUT && line.empty());
    if (end || c == '\n' || c == '\r') {
      say("\n");
      if (!end) return line;
      wipe(line);
      return std::nullopt;
    }
    if (c == BACKSPACE || c == DELETE) {
      if (!line.empty() && echo == Echo::ON) say("\b \b");
      eraseLast(line);
    } else if (c == KILL_LINE) {
      if (echo == Echo::ON) say("\r\x1b[2K" + std::string(question));
      wipe(line);
    } else if (static_cast<unsigned char>(c) >= 0x20 && line.size() < MAX_LINE_BYTES) {
      line += c;
      if (echo == Echo::ON) say(std::string_view(&c, 1));
    }
  }
}

void clearScreen() { say("\x1b[H\x1b[2J\x1b[3J"); }

void wipe(std::string& text) {
  explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace sallyport::cli
