// The CLI's end of the admin socket.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

#include <filesystem>

#include "proto/admin.capnp.h"

namespace sallyport::cli {

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

}  // namespace sallyport::cli
