// See stream-sockets.h. Part of the program itself and not of a library: the loader takes the
// program's definition before the C library's.
#include "renderer/tunnel/stream-sockets.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <utility>

namespace {

struct Pairs {
  std::mutex mutex;
  std::map<int, int> peers;  // of stream sockets that are not connected, by the engine's number
  sallyport::renderer::OnConnect onConnect;
};

// Never destroyed: the engine's threads outlive main().
Pairs& pairs() {
  static auto* all = new Pairs;
  return *all;
}

constexpr int KIND = 0xF;  // of a socket's type, below its flags

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int socket(int domain, int type, int protocol) noexcept {
  const bool stream = (domain == AF_INET || domain == AF_INET6) && (type & KIND) == SOCK_STREAM;
  if (!stream) return static_cast<int>(::syscall(SYS_socket, domain, type, protocol));
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (type & SOCK_NONBLOCK), 0, ends) != 0)
    return -1;
  auto& all = pairs();
  const std::lock_guard lock(all.mutex);
  // A number that is there was closed without a connection.
  if (const auto former = all.peers.find(ends[0]); former != all.peers.end()) {
    ::close(former->second);
    all.peers.erase(former);
  }
  all.peers.emplace(ends[0], ends[1]);
  return ends[0];
}

__attribute__((visibility("default"))) int connect(int fd,
                                                   const sockaddr* address,
                                                   socklen_t size) {
  int peer = -1;
  sallyport::renderer::OnConnect onConnect;
  {
    auto& all = pairs();
    const std::lock_guard lock(all.mutex);
    if (const auto found = all.peers.find(fd); found != all.peers.end()) {
      peer = found->second;
      all.peers.erase(found);
    }
    onConnect = all.onConnect;
  }
  if (peer < 0) return static_cast<int>(::syscall(SYS_connect, fd, address, size));
  if (!onConnect) {
    ::close(peer);
    errno = ECONNREFUSED;
    return -1;
  }
  onConnect(peer);
  return 0;
}

}  // extern "C"

namespace sallyport::renderer {

void setOnConnect(OnConnect onConnect) {
  auto& all = pairs();
  const std::lock_guard lock(all.mutex);
  all.onConnect = std::move(onConnect);
}

}  // namespace sallyport::renderer
