// The server object of the broker's link: checks, starts the transfer, answers. Runs in net.
#pragma once

#include "broker/net/transfers.h"
#include "proto/net.capnp.h"

namespace sallyport::net {

class NetSession final : public proto::Net::Server {
 public:
  explicit NetSession(Transfers& transfers) : m_transfers(transfers) {}

  kj::Promise<void> http(HttpContext context) override;
  kj::Promise<void> ping(PingContext) override { return kj::READY_NOW; }

 private:
  Transfers& m_transfers;
};

}  // namespace sallyport::net
