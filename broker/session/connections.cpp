#include "broker/session/connections.h"

#include <utility>

#include "proto/session.capnp.h"

namespace sallyport::session {

std::optional<EndReason> Connections::wrongToConnect(std::uint32_t id) const {
  if (m_entries.count(id) > 0) return EndReason::CONNECTION_REUSED;
  if (m_entries.size() >= proto::MAX_CONNECTIONS_OF_PAGE) return EndReason::TOO_MANY_CONNECTIONS;
  return std::nullopt;
}

std::optional<EndReason> Connections::wrongToSend(std::uint32_t id, std::size_t bytes) const {
  if (bytes > proto::MAX_CONNECTION_BYTES) return EndReason::BATCH_SIZE;
  const auto entry = m_entries.find(id);
  if (entry != m_entries.end() && entry->second->sending) return EndReason::CONNECTION_REUSED;
  return std::nullopt;
}

std::optional<EndReason> Connections::wrongToReceive(std::uint32_t id) const {
  const auto entry = m_entries.find(id);
  if (entry != m_entries.end() && entry->second->receiving) return EndReason::CONNECTION_REUSED;
  return std::nullopt;
}

kj::Promise<bool> Connections::connect(std::uint32_t id,
                                       std::string_view host,
                                       std::uint16_t port) {
  if (m_outside == nullptr) return false;
  auto entry = kj::heap<Entry>();
  auto& made = *entry;
  m_entries[id] = kj::mv(entry);
  return made.canceler.wrap(m_outside->connect(host, port))
      .then(
          [this, id](kj::Maybe<kj::Own<kj::AsyncIoStream>> stream) {
            const auto still = m_entries.find(id);
            KJ_IF_MAYBE (reached, stream) {
              if (still != m_entries.end()) {
                still->second->stream = kj::mv(*reached);
                return true;
              }
            }
            disconnect(id);
            return false;
          },
          [this, id](kj::Exception&&) {
            disconnect(id);
            return false;
          });
}

kj::Promise<void> Connections::send(std::uint32_t id, kj::Array<kj::byte> bytes) {
  const auto found = m_entries.find(id);
  if (found == m_entries.end() || found->second->stream.get() == nullptr) return kj::READY_NOW;
  auto& entry = *found->second;
  entry.sending = true;
  const auto all = bytes.asPtr();
  return entry.canceler.wrap(entry.stream->write(all.begin(), all.size()))
      .attach(kj::mv(bytes))
      .then(
          [this, id] {
            if (const auto still = m_entries.find(id); still != m_entries.end())
              still->second->sending = false;
          },
          [this, id](kj::Exception&&) { disconnect(id); });
}

kj::Promise<kj::Array<kj::byte>> Connections::receive(std::uint32_t id) {
  const auto found = m_entries.find(id);
  if (found == m_entries.end() || found->second->stream.get() == nullptr)
    return kj::Array<kj::byte>();
  auto& entry = *found->second;
  entry.receiving = true;
  auto buffer = kj::heapArray<kj::byte>(proto::MAX_CONNECTION_BYTES);
  kj::byte* const begin = buffer.begin();
  return entry.canceler.wrap(entry.stream->tryRead(begin, 1, buffer.size()))
      .then(
          [this, id, buffer = kj::mv(buffer)](std::size_t count) mutable {
            if (const auto still = m_entries.find(id); still != m_entries.end())
              still->second->receiving = false;
            return kj::heapArray<kj::byte>(buffer.slice(0, count));
          },
          [this, id](kj::Exception&&) {
            disconnect(id);
            return kj::Array<kj::byte>();
          });
}

void Connections::disconnect(std::uint32_t id) {
  const auto found = m_entries.find(id);
  if (found == m_entries.end()) return;
  auto entry = kj::mv(found->second);
  m_entries.erase(found);  // first: what is cancelled looks for it
  if (!entry->canceler.isEmpty()) entry->canceler.cancel("closed");
}

void Connections::stop() {
  while (!m_entries.empty()) disconnect(m_entries.begin()->first);
}

}  // namespace sallyport::session
