// The other end of the admin socket: for the CLI, and for a second start that activates the first.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

#include <filesystem>

#include "proto/admin.capnp.h"

namespace sallyport::daemon {

class AdminLink {
 public:
  // Throws std::runtime_error with a sentence for the user when no broker listens there.
  AdminLink(kj::AsyncIoContext& io, const std::filesystem::path& socket);

  proto::Admin::Client admin();

 private:
  kj::Own<kj::AsyncCapabilityStream> m_stream;
  capnp::TwoPartyVatNetwork m_network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> m_rpc;
};

}  // namespace sallyport::daemon
