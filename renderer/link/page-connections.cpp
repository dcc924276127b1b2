// See page-connections.h.
#include "renderer/link/page-connections.h"

#include "renderer/link/paced.h"

namespace sallyport::renderer {

PageConnections::PageConnections(proto::Session::Client session, Pace& pace, kj::Timer& timer)
    : m_session(kj::mv(session)), m_pace(pace), m_timer(timer), m_tasks(*this) {}

kj::Promise<bool> PageConnections::open(std::uint32_t id,
                                        std::string_view host,
                                        std::uint16_t port) {
  if (host.size() > proto::MAX_HOST_NAME_BYTES) {
    return false;
  }
  auto request = m_session.connectRequest();
  request.setConnection(id);
  request.setHost(kj::heapString(host.data(), host.size()));
  request.setPort(port);
  return paced(m_pace, m_timer, {MESSAGES_OF_CALL, MESSAGE_OVERHEAD_BYTES, 0})
      .then([request = kj::mv(request)]() mutable { return request.send(); })
      .then([](auto&& response) { return response.getConnected(); },
            [](kj::Exception&&) { return false; });
}

kj::Promise<void> PageConnections::send(std::uint32_t id, kj::ArrayPtr<const kj::byte> bytes) {
  const std::size_t size = MESSAGE_OVERHEAD_BYTES + bytes.size();
  auto request = m_session.sendRequest(capnp::MessageSize{size / sizeof(capnp::word), 0});
  request.setConnection(id);
  request.setBytes(bytes);
  return paced(m_pace, m_timer, {MESSAGES_OF_CALL, static_cast<double>(size), 0})
      .then([request = kj::mv(request)]() mutable { return request.send().ignoreResult(); })
      .catch_([](kj::Exception&&) {});
}

kj::Promise<kj::Array<kj::byte>> PageConnections::receive(std::uint32_t id) {
  auto request = m_session.receiveRequest();
  request.setConnection(id);
  return paced(m_pace, m_timer, {MESSAGES_OF_CALL, MESSAGE_OVERHEAD_BYTES, 0})
      .then([request = kj::mv(request)]() mutable { return request.send(); })
      .then([](auto&& response) { return kj::heapArray<kj::byte>(response.getBytes()); },
            [](kj::Exception&&) { return kj::Array<kj::byte>(); });
}

void PageConnections::close(std::uint32_t id) {
  if (m_lost) {
    return;
  }
  auto request = m_session.disconnectRequest();
  request.setConnection(id);
  m_pace.owe(MESSAGES_OF_CALL, Pace::Clock::now());
  m_tasks.add(request.send().ignoreResult());
}

}  // namespace sallyport::renderer
