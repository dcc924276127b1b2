// Runs in the broker.
#include "broker/session/guarded-network.h"

namespace sallyport::session {
namespace {

class Outgoing final : public capnp::OutgoingRpcMessage {
 public:
  Outgoing(Guard& guard, kj::uint firstSegmentWords)
      : m_guard(guard),
        m_message(firstSegmentWords == 0 ? capnp::SUGGESTED_FIRST_SEGMENT_WORDS
                                         : firstSegmentWords) {}

  capnp::AnyPointer::Builder getBody() override { return m_message.getRoot<capnp::AnyPointer>(); }
  void send() override { m_guard.send(m_message.getSegmentsForOutput()); }
  std::size_t sizeInWords() override { return m_message.sizeInWords(); }

 private:
  Guard& m_guard;
  capnp::MallocMessageBuilder m_message;
};

class Incoming final : public capnp::IncomingRpcMessage {
 public:
  explicit Incoming(kj::Own<Frame> frame) : m_frame(kj::mv(frame)) {}

  capnp::AnyPointer::Reader getBody() override { return m_frame->getRoot<capnp::AnyPointer>(); }
  std::size_t sizeInWords() override { return m_frame->bytes() / sizeof(capnp::word); }

 private:
  kj::Own<Frame> m_frame;
};

}  // namespace

GuardedNetwork::GuardedNetwork(Guard& guard) : m_guard(guard) {
  m_peer.initRoot<capnp::rpc::twoparty::VatId>().setSide(capnp::rpc::twoparty::Side::CLIENT);
}

kj::Maybe<kj::Own<GuardedNetwork::Link>> GuardedNetwork::connect(
    capnp::rpc::twoparty::VatId::Reader) {
  return nullptr;
}

kj::Promise<kj::Own<GuardedNetwork::Link>> GuardedNetwork::accept() {
  if (m_accepted) return kj::Promise<kj::Own<Link>>(kj::NEVER_DONE);
  m_accepted = true;
  return kj::Own<Link>(this, kj::NullDisposer::instance);
}

capnp::rpc::twoparty::VatId::Reader GuardedNetwork::getPeerVatId() {
  return m_peer.getRoot<capnp::rpc::twoparty::VatId>();
}

kj::Own<capnp::OutgoingRpcMessage> GuardedNetwork::newOutgoingMessage(kj::uint firstSegmentWords) {
  return kj::heap<Outgoing>(m_guard, firstSegmentWords);
}

kj::Promise<kj::Maybe<kj::Own<capnp::IncomingRpcMessage>>>
GuardedNetwork::receiveIncomingMessage() {
  // Later: all that the last message set off comes before the next one.
  return kj::evalLater([this] { return m_guard.next(); })
      .then([](kj::Maybe<kj::Own<Frame>> frame) -> kj::Maybe<kj::Own<capnp::IncomingRpcMessage>> {
        KJ_IF_MAYBE (message, frame) {
          return kj::Own<capnp::IncomingRpcMessage>(kj::heap<Incoming>(kj::mv(*message)));
        }
        return nullptr;
      });
}

kj::Promise<void> GuardedNetwork::shutdown() {
  m_guard.end(EndReason::INTERNAL);  // it shuts down for a fault that the ledger did not find
  return kj::READY_NOW;
}

}  // namespace sallyport::session
