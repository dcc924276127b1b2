// The broker's log: one line each to stderr, which the service manager keeps. Lines that come from
// a renderer or another process are cut, escaped and marked with their source. Never given a
// secret. Runs in the broker.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::daemon {

enum class Level { DEBUG, INFO, WARNING, ERROR };

class Journal {
 public:
  explicit Journal(int fd) : m_fd(fd) {}

  // source: "broker", "renderer main", "vault". One write; a full pipe loses the line, never blocks
  // the broker.
  void write(Level level, std::string_view source, std::string_view text);

 private:
  int m_fd;
};

}  // namespace sallyport::daemon
