#include "broker/daemon/journal.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>

namespace sallyport::daemon {
namespace {

constexpr std::size_t MAX_TEXT_BYTES = 2048;

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

// Control characters would let a source forge lines or drive the terminal of whoever reads them.
void appendEscaped(std::string& out, std::string_view text) {
  for (char c : text.substr(0, MAX_TEXT_BYTES)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f && byte != 0x9b) {
      out += c;
    } else {
      std::array<char, 5> hex{};
      std::snprintf(hex.data(), hex.size(), "\\x%02x", byte);
      out += hex.data();
    }
  }
  if (text.size() > MAX_TEXT_BYTES) out += " …";
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
  appendEscaped(line, source);
  line += ": ";
  appendEscaped(line, text);
  line += '\n';
  [[maybe_unused]] const ssize_t written = ::write(m_fd, line.data(), line.size());
}

}  // namespace sallyport::daemon
