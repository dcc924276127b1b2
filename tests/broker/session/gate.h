// A guard alone on a real socket, and what is sent to it in raw bytes.
#pragma once

#include <kj/async-io.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "broker/session/guard.h"
#include "tests/broker/session/rpc-messages.h"
#include "tests/broker/session/window-fixture.h"

namespace sallyport::session::tests {

using Bytes = std::vector<kj::byte>;

inline void number(Bytes& to, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<kj::byte>(value >> shift));
}

// A header as a sender may claim it.
inline Bytes header(std::uint32_t countField, const std::vector<std::uint32_t>& words) {
  Bytes bytes;
  number(bytes, countField);
  for (const std::uint32_t size : words) number(bytes, size);
  while (bytes.size() % 8 != 0) bytes.push_back(0);
  return bytes;
}

// A guard alone, its peer, and everything that the RPC system would have been given.
struct Gate : Loop {
  Gate() : pipe(io.provider->newCapabilityPipe()), guard(*pipe.ends[0], timer) {
    watch = guard.onEnd().then([this](EndReason why) { reason = why; }).eagerlyEvaluate(nullptr);
  }
  ~Gate() noexcept(false) {
    reading = nullptr;
    guard.close();
  }

  // Reads on and on, as the RPC system does.
  void readAll() {
    reading = guard.next()
                  .then([this](kj::Maybe<kj::Own<Frame>>&& message) {
                    if (message == nullptr) {
                      eof = true;
                      return;
                    }
                    ++messages;
                    next = kj::evalLater([this] { readAll(); }).eagerlyEvaluate(nullptr);
                  })
                  .eagerlyEvaluate(nullptr);
  }
  void send(kj::ArrayPtr<const kj::byte> bytes) {
    pipe.ends[1]->write(bytes.begin(), bytes.size()).wait(io.waitScope);
    poll();
  }
  void send(const Bytes& bytes) { send(kj::arrayPtr(bytes.data(), bytes.size())); }
  void send(Wire& wire) { send(wire.bytes()); }
  // More than the socket holds: written while the guard reads.
  void sendLater(kj::Array<kj::byte> bytes) {
    auto promise = pipe.ends[1]->write(bytes.begin(), bytes.size()).attach(kj::mv(bytes));
    writing = promise.eagerlyEvaluate([](kj::Exception&&) {});
    poll();
  }

  kj::CapabilityPipe pipe;
  Guard guard;
  std::optional<EndReason> reason;
  std::size_t messages = 0;
  bool eof = false;
  kj::Promise<void> watch = nullptr;
  kj::Promise<void> next = nullptr;
  kj::Promise<void> reading = nullptr;
  kj::Promise<void> writing = nullptr;
};

// Return and Finish for a log call cost nothing to send and are refused by nothing but the rate:
// with the ledger in the way, the cheapest honest message is the bootstrap followed by releases of
// nothing, so the rate tests use calls that are answered by hand.
inline void answer(Gate& gate, std::uint32_t question) {
  auto ret = returned(question);
  auto segments = ret->m_builder.getSegmentsForOutput();
  gate.guard.send(segments);
}

}  // namespace sallyport::session::tests
