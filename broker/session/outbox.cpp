// Runs in the broker.
#include "broker/session/outbox.h"

#include <array>

#include "proto/session.capnp.h"

namespace sallyport::session {
namespace {
// Larger buffers are given back once written, so that one burst is not kept for life.
constexpr std::size_t KEPT_BYTES = 64UL * 1024;
}  // namespace

Outbox::Outbox(kj::AsyncOutputStream& stream,
               kj::Timer& timer,
               kj::Function<void(EndReason)> onEnd,
               kj::Function<void()> onWritten)
    : m_stream(stream),
      m_timer(timer),
      m_onEnd(kj::mv(onEnd)),
      m_onWritten(kj::mv(onWritten)),
      m_pendingSince(timer.now()) {}

void Outbox::append(const void* from, std::size_t size) {
  const auto* bytes = static_cast<const kj::byte*>(from);
  m_pending.addAll(bytes, bytes + size);
}

void Outbox::add(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) {
  if (m_failed) return;
  if (m_pending.empty()) m_pendingSince = m_timer.now();

  const auto number = [this](std::uint32_t value) {
    const std::array<kj::byte, 4> bytes{static_cast<kj::byte>(value),
                                        static_cast<kj::byte>(value >> 8),
                                        static_cast<kj::byte>(value >> 16),
                                        static_cast<kj::byte>(value >> 24)};
    append(bytes.data(), bytes.size());
  };
  number(static_cast<std::uint32_t>(segments.size() - 1));
  for (const auto& segment : segments) number(static_cast<std::uint32_t>(segment.size()));
  if (segments.size() % 2 == 0) number(0);
  for (const auto& segment : segments) {
    append(segment.begin(), segment.size() * sizeof(capnp::word));
  }

  if (queuedBytes() > proto::MAX_UNREAD_REPLY_BYTES) fail(EndReason::UNREAD_BYTES);
  if (m_flushing || m_failed) return;
  m_flushing = true;
  // evalLast: after every message of this turn was added.
  m_flush = kj::evalLast([this] { return flush(); }).eagerlyEvaluate([this](kj::Exception&&) {
    fail(EndReason::PEER_CLOSED);
  });
}

kj::Promise<void> Outbox::flush() {
  if (m_pending.empty()) {
    m_flushing = false;
    if (m_writing.capacity() > KEPT_BYTES) m_writing = kj::Vector<kj::byte>();
    if (m_pending.capacity() > KEPT_BYTES) m_pending = kj::Vector<kj::byte>();
    return kj::READY_NOW;
  }
  const kj::TimePoint deadline = m_pendingSince + proto::UNREAD_REPLY_MS * kj::MILLISECONDS;
  std::swap(m_pending, m_writing);
  auto written = m_stream.write(m_writing.begin(), m_writing.size()).then([] { return true; });
  auto late = m_timer.atTime(deadline).then([] { return false; });
  return written.exclusiveJoin(kj::mv(late)).then([this](bool done) -> kj::Promise<void> {
    if (!done) {
      fail(EndReason::UNREAD_TOO_LONG);
      return kj::READY_NOW;
    }
    m_writing.clear();
    m_onWritten();
    return flush();
  });
}

void Outbox::close() {
  m_failed = true;
  m_flush = nullptr;
  m_pending = kj::Vector<kj::byte>();
  m_writing = kj::Vector<kj::byte>();
}

void Outbox::fail(EndReason reason) {
  if (m_failed) return;
  m_failed = true;
  m_onEnd(reason);
}

}  // namespace sallyport::session
