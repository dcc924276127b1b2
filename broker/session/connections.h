// The open connections of one remote page, by the renderer's own numbers: bytes are moved, a piece
// at a time each way, and never looked at. Runs in the broker; numbers and bytes are hostile.
#pragma once

#include <kj/array.h>
#include <kj/async-io.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "broker/session/end-reason.h"
#include "broker/session/outside.h"

namespace sallyport::session {

class Connections {
 public:
  // Null: nothing is ever connected.
  explicit Connections(Outside* outside) : m_outside(outside) {}
  ~Connections() noexcept(false) { stop(); }
  KJ_DISALLOW_COPY(Connections);

  // A reason: the peer broke the rules.
  std::optional<EndReason> wrongToConnect(std::uint32_t id) const;
  std::optional<EndReason> wrongToSend(std::uint32_t id, std::size_t bytes) const;
  std::optional<EndReason> wrongToReceive(std::uint32_t id) const;

  // After the check above. False: refused, and the number is free again.
  kj::Promise<bool> connect(std::uint32_t id, std::string_view host, std::uint16_t port);
  // Resolves when the bytes are taken; also when the connection is closed, which receive tells.
  kj::Promise<void> send(std::uint32_t id, kj::Array<kj::byte> bytes);
  // At most MAX_CONNECTION_BYTES; empty: there are no more.
  kj::Promise<kj::Array<kj::byte>> receive(std::uint32_t id);
  // What waits on it ends as above. An unknown one may just have closed.
  void disconnect(std::uint32_t id);
  void stop();

  std::size_t open() const { return m_entries.size(); }

 private:
  struct Entry {
    kj::Own<kj::AsyncIoStream> stream;  // null while it is being made
    kj::Canceler canceler;              // of what waits on the stream; ends before it
    bool sending = false;
    bool receiving = false;
  };

  Outside* m_outside;
  std::map<std::uint32_t, kj::Own<Entry>> m_entries;
};

}  // namespace sallyport::session
