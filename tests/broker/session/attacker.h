// A hostile process on the other end of a real socket: what it may send, and that it is gone with
// its test.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "tests/broker/session/rpc-messages.h"

namespace sallyport::session::tests {

// The attacker's side. Each of these leaves the process once the broker hung up.
class Attacker {
 public:
  explicit Attacker(int fd) : m_fd(fd) {}

  void send(const void* from, std::size_t size) {
    const auto* at = static_cast<const char*>(from);
    while (size > 0) {
      const ssize_t n = ::send(m_fd, at, size, MSG_NOSIGNAL);
      if (n <= 0) _exit(0);
      at += n;
      size -= static_cast<std::size_t>(n);
    }
  }
  void send(kj::ArrayPtr<const kj::byte> bytes) { send(bytes.begin(), bytes.size()); }
  void send(Wire& wire) { send(wire.bytes()); }

  // Writes while it can and throws away what it is told.
  void sendReading(kj::ArrayPtr<const kj::byte> bytes) {
    const kj::byte* at = bytes.begin();
    while (at < bytes.end()) {
      drain();
      const ssize_t n =
          ::send(m_fd, at, static_cast<std::size_t>(bytes.end() - at), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n > 0) {
        at += n;
      } else if (n == 0 || errno != EAGAIN) {
        _exit(0);
      } else {
        pollfd wait{m_fd, POLLIN | POLLOUT, 0};
        poll(&wait, 1, -1);
      }
    }
  }
  void drain() {
    static char buffer[64 * 1024];
    while (true) {
      const ssize_t n = ::recv(m_fd, buffer, sizeof(buffer), MSG_DONTWAIT);
      if (n == 0) _exit(0);
      if (n < 0) return;
    }
  }
  // Until the broker has answered so many messages of one segment or more.
  void await(int messages) {
    for (; messages > 0; --messages) {
      std::uint32_t head[2];
      read(head, 8);
      std::size_t words = head[1];
      for (std::uint32_t i = 1; i <= head[0]; i += 2) {
        std::uint32_t pair[2];
        read(pair, 8);
        words += pair[0] + (i < head[0] ? pair[1] : 0);
      }
      std::vector<char> body(words * 8);
      read(body.data(), body.size());
    }
  }
  void attach() {
    send(*bootstrap(0));
    send(*tests::attach(1, VIA_BOOTSTRAP, 0));
    await(2);
  }
  // Waits for the end without reading.
  [[noreturn]] void untilHungUp() {
    while (true) {
      pollfd wait{m_fd, 0, 0};
      poll(&wait, 1, 10);
      if ((wait.revents & (POLLHUP | POLLERR)) != 0) _exit(0);
    }
  }
  int descriptor() const { return m_fd; }
  bool pauseMs(int ms) {
    pollfd wait{m_fd, 0, 0};
    poll(&wait, 1, ms);
    return (wait.revents & (POLLHUP | POLLERR)) == 0;
  }

 private:
  void read(void* to, std::size_t size) {
    auto* at = static_cast<char*>(to);
    while (size > 0) {
      const ssize_t n = ::recv(m_fd, at, size, 0);
      if (n <= 0) _exit(0);
      at += n;
      size -= static_cast<std::size_t>(n);
    }
  }
  int m_fd;
};

// Forks the attacker before the broker's side has anything that a fork should not copy.
class Attack {
 public:
  explicit Attack(const std::function<void(Attacker&)>& attack) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    m_pid = fork();
    REQUIRE(m_pid >= 0);
    if (m_pid == 0) {
      ::close(ends[0]);
      Attacker attacker(ends[1]);
      attack(attacker);
      attacker.untilHungUp();
    }
    ::close(ends[1]);
    brokerEnd = ends[0];
  }
  ~Attack() {
    kill(m_pid, SIGKILL);
    waitpid(m_pid, nullptr, 0);
  }

  int brokerEnd = -1;

 private:
  pid_t m_pid = -1;
};

}  // namespace sallyport::session::tests
