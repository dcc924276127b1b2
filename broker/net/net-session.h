// The server object of the broker's link: checks, starts the transfer, answers. Runs in net.
#pragma once

#include <kj/async-io.h>

#include "broker/net/connector.h"
#include "broker/net/transfers.h"
#include "proto/net.capnp.h"

namespace sallyport::net {

class NetSession final : public proto::Net::Server, private kj::TaskSet::ErrorHandler {
 public:
  NetSession(Transfers& transfers, kj::LowLevelAsyncIoProvider& io)
      : m_transfers(transfers), m_io(io), m_connections(*this) {}

  kj::Promise<void> http(HttpContext context) override;
  kj::Promise<void> ping(PingContext) override { return kj::READY_NOW; }
  kj::Promise<void> connect(ConnectContext context) override;

 private:
  void passOn(kj::AutoCloseFd server, kj::AutoCloseFd page);
  void taskFailed(kj::Exception&&) override {}  // a connection that broke; both its ends are closed

  Transfers& m_transfers;
  kj::LowLevelAsyncIoProvider& m_io;
  std::uint32_t m_underWay = 0;
  std::uint32_t m_open = 0;
  kj::TaskSet m_connections;
};

}  // namespace sallyport::net
