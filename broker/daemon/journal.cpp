#include "broker/daemon/journal.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>

namespace sallyport::daemon {
namespace {

constexpr std::size_t MAX_SOURCE_BYTES = 64, MAX_TEXT_BYTES = 2048;
constexpr std::size_t MAX_LINE_BYTES =
    4096;  // PIPE_BUF: a pipe that is ready takes so much at once

std::string_view name(Level level) {
  switch (level) {
    case Level::DEBUG:
      return "debug";
    case Level::INFO:
      return "info";
    case Level::WARNING:
      return "warning";
    case Level::ERROR:
      return "error";
  }
  return "error";
}

// Control characters would let a source forge lines or drive the terminal of whoever reads them;
// there are some among the bytes above ASCII too, alone and as UTF-8.
void appendEscaped(std::string& out, std::string_view text) {
  constexpr std::string_view CUT = " ...";
  constexpr std::size_t ROOM = MAX_LINE_BYTES - CUT.size() - 4 - 1;  // an escape, the end of line
  bool cut = text.size() > MAX_TEXT_BYTES;
  for (char c : text.substr(0, MAX_TEXT_BYTES)) {
    const auto byte = static_cast<unsigned char>(c);
    if (out.size() > ROOM) {
      cut = true;
      break;
    }
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      std::array<char, 5> hex{};
      std::snprintf(hex.data(), hex.size(), "\\x%02x", byte);
      out += hex.data();
    }
  }
  if (cut) out += CUT;
}

}  // namespace

void Journal::write(Level level, std::string_view source, std::string_view text) {
  std::array<char, 32> time{};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::strftime(time.data(), time.size(), "%FT%TZ ", &utc);
  std::string line = time.data();
  line += name(level);
  line += ' ';
  appendEscaped(line, source.substr(0, MAX_SOURCE_BYTES));
  line += ": ";
  appendEscaped(line, text);
  line += '\n';
  // stderr is shared with others, so it stays as it is; what has no room now is lost.
  pollfd ready{m_fd, POLLOUT, 0};
  if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return;
  [[maybe_unused]] const ssize_t written = ::write(m_fd, line.data(), line.size());
}

}  // namespace sallyport::daemon
