#include "broker/daemon/admin-link.h"

#include <kj/io.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace sallyport::daemon {
namespace {

kj::AutoCloseFd connectTo(const std::filesystem::path& path) {
  const std::string name = path.string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof(address.sun_path))
    throw std::runtime_error(name + ": too long for a socket");
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  kj::AutoCloseFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) throw std::runtime_error(std::string("no socket: ") + std::strerror(errno));
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED)
      throw std::runtime_error("no broker runs there (" + name +
                               "). Fix: start sallyportd, or name its folder with --runtime DIR");
    throw std::runtime_error(name + ": " + std::strerror(errno));
  }
  return fd;
}

}  // namespace

AdminLink::AdminLink(kj::AsyncIoContext& io, const std::filesystem::path& socket)
    : m_stream(io.lowLevelProvider->wrapUnixSocketFd(connectTo(socket),
                                                     kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC)),
      m_network(*m_stream, 1, capnp::rpc::twoparty::Side::CLIENT),
      m_rpc(capnp::makeRpcClient(m_network)) {}

proto::Admin::Client AdminLink::admin() {
  capnp::word scratch[8] = {};
  capnp::MallocMessageBuilder message(scratch);
  auto vat = message.initRoot<capnp::rpc::twoparty::VatId>();
  vat.setSide(capnp::rpc::twoparty::Side::SERVER);
  return m_rpc.bootstrap(vat).castAs<proto::Admin>();
}

}  // namespace sallyport::daemon
