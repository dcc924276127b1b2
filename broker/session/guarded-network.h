// Cap'n Proto's RPC system on one guarded connection. What it sends is with the guard at once, in
// the turn that made it: the library's own two-party network keeps it for a later turn, which from
// Cap'n Proto 1.0 on is the last of all, and meanwhile no bound would count it. Runs in the broker.
#pragma once

#include <capnp/rpc-twoparty.h>

#include "broker/session/guard.h"

namespace sallyport::session {

class GuardedNetwork final : public capnp::TwoPartyVatNetworkBase,
                             private capnp::TwoPartyVatNetworkBase::Connection {
 public:
  // The guard must outlive the network, the network the RPC system on it.
  explicit GuardedNetwork(Guard& guard);
  KJ_DISALLOW_COPY(GuardedNetwork);

  // The renderer is the one other party: there once, and never looked for.
  using Link = capnp::TwoPartyVatNetworkBase::Connection;
  kj::Maybe<kj::Own<Link>> connect(capnp::rpc::twoparty::VatId::Reader peer) override;
  kj::Promise<kj::Own<Link>> accept() override;

 private:
  capnp::rpc::twoparty::VatId::Reader getPeerVatId() override;
  kj::Own<capnp::OutgoingRpcMessage> newOutgoingMessage(kj::uint firstSegmentWords) override;
  kj::Promise<kj::Maybe<kj::Own<capnp::IncomingRpcMessage>>> receiveIncomingMessage() override;
  kj::Promise<void> shutdown() override;

  Guard& m_guard;
  capnp::MallocMessageBuilder m_peer;
  bool m_accepted = false;
};

}  // namespace sallyport::session
