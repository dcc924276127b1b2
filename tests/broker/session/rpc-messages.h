// Cap'n Proto RPC messages as a renderer could send them, honest or not: readers for the ledger,
// bytes for a socket.
#pragma once

#include <capnp/message.h>
#include <capnp/rpc.capnp.h>
#include <kj/array.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "proto/session.capnp.h"

namespace sallyport::session::tests {

using capnp::rpc::Message;

constexpr std::uint64_t SESSION = capnp::typeId<proto::Session>();
enum Method : std::uint16_t {
  ATTACH = 0,
  INVOKE = 1,
  ASSET = 2,
  LOG = 3,
  INVOKE_MANY = 4,
  CANCEL = 5,
  NAVIGATE = 6,
  CONNECT = 7,
  SEND = 8,
  RECEIVE = 9,
  DISCONNECT = 10,
  OPEN = 11,
  NEXT = 12,
  CLOSE = 13,
  LISTEN = 14,
  READ = 15,
  DISCARD = 16
};

// One message under construction. Implicitly its bytes, with the frame around them.
class Wire {
 public:
  Message::Builder message() { return m_builder.getRoot<Message>(); }
  Message::Reader reader() { return message().asReader(); }
  kj::Array<kj::byte> bytes();
  std::size_t size();

  capnp::MallocMessageBuilder m_builder;
};

using Build = std::function<void(Message::Builder)>;
kj::Own<Wire> wire(const Build& build);

kj::Own<Wire> bootstrap(std::uint32_t question);
// As a target: the object that the bootstrap (question 0) will answer with. Needs no answer to be
// read first.
constexpr std::uint32_t VIA_BOOTSTRAP = 0xffffffff;

// A call on an object that the broker exported.
kj::Own<Wire> call(std::uint32_t question,
                   std::uint32_t target,
                   std::uint16_t method,
                   const std::function<void(capnp::rpc::Call::Builder)>& more = {});
// A call pipelined on an earlier answer.
kj::Own<Wire> pipelined(std::uint32_t question,
                        std::uint32_t on,
                        std::uint16_t method,
                        unsigned transformSteps = 0);
kj::Own<Wire> invoke(std::uint32_t question,
                     std::uint32_t target,
                     const std::string& command,
                     const std::string& arguments);
// Calls with ids first, first + 1, …
kj::Own<Wire> invokeMany(std::uint32_t question,
                         std::uint32_t target,
                         std::uint64_t first,
                         const std::vector<std::pair<std::string, std::string>>& calls);
kj::Own<Wire> cancel(std::uint32_t question,
                     std::uint32_t target,
                     std::uint64_t first,
                     unsigned count);
kj::Own<Wire> open(std::uint32_t question,
                   std::uint32_t target,
                   std::uint64_t channel,
                   const std::string& command,
                   const std::string& arguments);
kj::Own<Wire> next(std::uint32_t question, std::uint32_t target, std::uint64_t channel);
kj::Own<Wire> close(std::uint32_t question, std::uint32_t target, std::uint64_t channel);
kj::Own<Wire> listen(std::uint32_t question,
                     std::uint32_t target,
                     const std::vector<std::string>& names,
                     bool ready = false);
// index: of the message's capability table, which has one entry.
kj::Own<Wire> attach(std::uint32_t question,
                     std::uint32_t target,
                     std::uint32_t control,
                     std::uint32_t index = 0);
// A call of one argument {"data":0} with one upload.
kj::Own<Wire> invokeWithUpload(std::uint32_t question,
                               std::uint32_t target,
                               const std::string& command,
                               std::uint64_t number,
                               std::uint64_t bytes);
kj::Own<Wire> read(std::uint32_t question, std::uint32_t target, std::uint64_t download);
kj::Own<Wire> discard(std::uint32_t question, std::uint32_t target, std::uint64_t download);
// An answer to RendererControl.read.
kj::Own<Wire> returnedPiece(std::uint32_t answer, std::size_t bytes);
kj::Own<Wire> finish(std::uint32_t question, bool releaseResults = false);
kj::Own<Wire> release(std::uint32_t id, std::uint32_t count);
kj::Own<Wire> returned(std::uint32_t answer);
kj::Own<Wire> tagged(std::uint16_t tag);  // only the union's tag, any number

// Adds capabilities to a call: senderHosted ids first, first + 1, …
void hostCapabilities(capnp::rpc::Call::Builder call, std::uint32_t first, unsigned count);

}  // namespace sallyport::session::tests
