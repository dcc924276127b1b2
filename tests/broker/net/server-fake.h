// A TCP server on a free port of the loopback that answers with the bytes a test gives it, a thread
// a connection.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sallyport::net {

class ServerFake {
 public:
  // One request as it came (head and body), and what to write back. "" answers nothing and closes.
  using Answer = std::function<std::string(const std::string& request)>;

  // With a context it speaks TLS; the context must outlive it.
  explicit ServerFake(Answer answer, SSL_CTX* tls = nullptr)
      : m_answer(std::move(answer)), m_tls(tls) {
    m_socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(m_socket, raw, size) != 0 || ::listen(m_socket, 64) != 0 ||
        ::getsockname(m_socket, raw, &size) != 0)
      throw std::runtime_error("no port for the fake server");
    m_port = ntohs(address.sin_port);
    m_accepting = std::thread([this] { accept(); });
  }

  ~ServerFake() {
    m_stop = true;
    ::shutdown(m_socket, SHUT_RDWR);
    m_accepting.join();
    {
      std::lock_guard lock(m_mutex);
      for (int fd : m_open) ::shutdown(fd, SHUT_RDWR);
    }
    for (auto& thread : m_threads) thread.join();
    ::close(m_socket);
  }

  std::string url(const std::string& path = "/") const {
    return (m_tls != nullptr ? "https://127.0.0.1:" : "http://127.0.0.1:") +
           std::to_string(m_port) + path;
  }
  unsigned port() const { return m_port; }

  std::vector<std::string> requests() const {
    std::lock_guard lock(m_mutex);
    return m_requests;
  }
  // Connections that are open now, and the most there ever were.
  std::size_t open() const {
    std::lock_guard lock(m_mutex);
    return m_open.size();
  }

 private:
  void accept() {
    for (;;) {
      const int fd = ::accept4(m_socket, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0 || m_stop) {
        if (fd >= 0) ::close(fd);
        return;
      }
      std::lock_guard lock(m_mutex);
      m_open.push_back(fd);
      m_threads.emplace_back([this, fd] { serve(fd); });
    }
  }

  // One connection, with or without TLS.
  class Peer {
   public:
    Peer(int fd, SSL_CTX* tls) : m_fd(fd), m_ssl(tls != nullptr ? SSL_new(tls) : nullptr) {
      if (m_ssl == nullptr) return;
      SSL_set_fd(m_ssl, fd);
      m_good = SSL_accept(m_ssl) == 1;
    }
    ~Peer() {
      if (m_ssl == nullptr) return;
      if (m_good) SSL_shutdown(m_ssl);
      SSL_free(m_ssl);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    bool good() const { return m_good; }
    long read(char* to, std::size_t size) {
      return m_ssl != nullptr ? SSL_read(m_ssl, to, static_cast<int>(size))
                              : ::recv(m_fd, to, size, 0);
    }
    void writeAll(std::string_view bytes) {
      while (!bytes.empty()) {
        const long count = m_ssl != nullptr
                               ? SSL_write(m_ssl, bytes.data(), static_cast<int>(bytes.size()))
                               : ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(count));
      }
    }

   private:
    int m_fd;
    SSL* m_ssl;
    bool m_good = true;
  };

  void serve(int fd) {
    converse(fd);
    std::lock_guard lock(m_mutex);
    std::erase(m_open, fd);
    ::close(fd);
  }

  void converse(int fd) {
    Peer peer(fd, m_tls);
    std::string request;
    if (!peer.good() || !readRequest(peer, request)) return;
    {
      std::lock_guard lock(m_mutex);
      m_requests.push_back(request);
    }
    peer.writeAll(m_answer(request));
  }

  static bool readRequest(Peer& peer, std::string& request) {
    char buffer[4096];
    for (;;) {
      const auto end = request.find("\r\n\r\n");
      if (end != std::string::npos) {
        std::size_t wanted = end + 4;
        const auto length = request.find("Content-Length: ");
        if (length < end) wanted += std::stoul(request.substr(length + 16));
        if (request.size() >= wanted) return true;
      }
      const long count = peer.read(buffer, sizeof(buffer));
      if (count <= 0) return false;
      request.append(buffer, static_cast<std::size_t>(count));
    }
  }

  Answer m_answer;
  SSL_CTX* m_tls;
  int m_socket = -1;
  unsigned m_port = 0;
  std::atomic<bool> m_stop = false;
  std::thread m_accepting;
  mutable std::mutex m_mutex;
  std::vector<int> m_open;
  std::vector<std::thread> m_threads;
  std::vector<std::string> m_requests;
};

inline std::string httpAnswer(const std::string& body,
                              const std::string& headers = "",
                              const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

// Holds those who wait until it is opened.
class Gate {
 public:
  void open() {
    std::lock_guard lock(m_mutex);
    m_isOpen = true;
    m_changed.notify_all();
  }
  // False after half a minute: the test has failed by then.
  bool wait() {
    std::unique_lock lock(m_mutex);
    ++m_waiting;
    m_changed.notify_all();
    return m_changed.wait_for(lock, std::chrono::seconds(30), [this] { return m_isOpen; });
  }
  bool untilWaiting(std::size_t count) {
    std::unique_lock lock(m_mutex);
    return m_changed.wait_for(
        lock, std::chrono::seconds(30), [this, count] { return m_waiting >= count; });
  }
  std::size_t waiting() {
    std::lock_guard lock(m_mutex);
    return m_waiting;
  }

 private:
  std::mutex m_mutex;
  std::condition_variable m_changed;
  bool m_isOpen = false;
  std::size_t m_waiting = 0;
};

}  // namespace sallyport::net
