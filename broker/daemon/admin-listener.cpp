#include "broker/daemon/admin-listener.h"

#include <capnp/rpc-twoparty.h>
#include <kj/debug.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport::daemon {
namespace {

constexpr kj::Duration NO_ROOM_PAUSE = 200 * kj::MILLISECONDS;

kj::AutoCloseFd listenAt(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  KJ_REQUIRE(name.size() < sizeof(address.sun_path),
             "the runtime folder's path is too long for a socket",
             name.c_str());
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  int fd = -1;
  KJ_SYSCALL(fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  kj::AutoCloseFd socket(fd);
  unlink(name.c_str());
  const mode_t former = umask(0177);
  const int bound = bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  umask(former);
  KJ_REQUIRE(bound == 0, "the admin socket cannot be bound", name.c_str(), std::strerror(errno));
  KJ_SYSCALL(listen(socket, 8));
  return socket;
}

bool isThisUser(int connection) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == geteuid();
}

}  // namespace

AdminListener::AdminListener(kj::UnixEventPort& port,
                             kj::LowLevelAsyncIoProvider& io,
                             kj::Timer& timer,
                             Journal& journal,
                             std::filesystem::path path,
                             proto::Admin::Client admin)
    : m_io(io),
      m_timer(timer),
      m_journal(journal),
      m_path(std::move(path)),
      m_admin(kj::mv(admin)),
      m_socket(listenAt(m_path)),
      m_observer(port, m_socket, kj::UnixEventPort::FdObserver::OBSERVE_READ),
      m_connections(*this),
      m_accepting(acceptLoop().eagerlyEvaluate([this](kj::Exception&&) {
        m_journal.write(Level::ERROR, "broker", "the admin socket can no longer be read");
      })) {}

AdminListener::~AdminListener() noexcept(false) { close(); }

void AdminListener::close() {
  if (m_closed) return;
  m_closed = true;
  m_accepting = nullptr;
  ::shutdown(m_socket, SHUT_RDWR);  // refuses what still waits to be let in
  unlink(m_path.c_str());
}

kj::Promise<void> AdminListener::acceptLoop() {
  for (;;) {
    kj::AutoCloseFd connection(accept4(m_socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (connection.get() >= 0) {
      if (!isThisUser(connection))
        m_journal.write(Level::WARNING, "broker", "another user tried the admin socket");
      else if (m_open < proto::MAX_ADMIN_CONNECTIONS)
        serve(kj::mv(connection));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    // Who asks waits until there is room again; the socket stays readable, so this must pause.
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
      return m_timer.afterDelay(NO_ROOM_PAUSE).then([this] { return acceptLoop(); });
    KJ_REQUIRE(errno == EAGAIN || errno == EWOULDBLOCK, "accept");
    return m_observer.whenBecomesReadable().then([this] { return acceptLoop(); });
  }
}

void AdminListener::serve(kj::AutoCloseFd fd) {
  struct Connection {
    Connection(kj::Own<kj::AsyncCapabilityStream> socket, proto::Admin::Client admin)
        : stream(kj::mv(socket)),
          network(*stream, 1, capnp::rpc::twoparty::Side::SERVER),
          rpc(capnp::makeRpcServer(network, kj::mv(admin))) {}
    kj::Own<kj::AsyncCapabilityStream> stream;
    capnp::TwoPartyVatNetwork network;
    capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc;
  };
  ++m_open;
  auto connection =
      kj::heap<Connection>(m_io.wrapUnixSocketFd(kj::mv(fd),
                                                 kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC |
                                                     kj::LowLevelAsyncIoProvider::ALREADY_NONBLOCK),
                           m_admin);
  auto done = connection->network.onDisconnect();
  m_connections.add(done.attach(kj::mv(connection), kj::defer([this] { --m_open; })));
}

void AdminListener::taskFailed(kj::Exception&&) {
  m_journal.write(Level::WARNING, "broker", "an admin connection broke");
}

}  // namespace sallyport::daemon
