// Runs in the broker; trusts no byte.
#include "broker/session/frame-reader.h"

#include <algorithm>
#include <cstring>

#include "proto/session.capnp.h"

namespace sallyport::session {
namespace {

static_assert(Frame::SEGMENTS == proto::MAX_SEGMENTS);

// Many small messages come with one read; larger ones are read straight into their own memory.
constexpr std::size_t BUFFER_BYTES = 16UL * 1024;

std::uint32_t littleEndian(const kj::byte* from) {
  return static_cast<std::uint32_t>(from[0]) | static_cast<std::uint32_t>(from[1]) << 8 |
         static_cast<std::uint32_t>(from[2]) << 16 | static_cast<std::uint32_t>(from[3]) << 24;
}

}  // namespace

Frame::Frame(capnp::ReaderOptions options,
             std::uint32_t segments,
             const std::uint32_t (&words)[SEGMENTS])
    : MessageReader(options), m_segments(segments), m_bytes(0) {
  std::copy(std::begin(words), std::end(words), std::begin(m_words));
  std::size_t total = 0;
  for (std::uint32_t i = 0; i < segments; ++i) total += words[i];
  m_body = kj::heapArray<capnp::word>(total);
  m_bytes = total * sizeof(capnp::word);
}

kj::ArrayPtr<const capnp::word> Frame::getSegment(kj::uint id) {
  if (id >= m_segments) return nullptr;
  std::size_t offset = 0;
  for (kj::uint i = 0; i < id; ++i) offset += m_words[i];
  return m_body.slice(offset, offset + m_words[id]);
}

kj::ArrayPtr<kj::byte> Frame::body() { return m_body.asBytes(); }

FrameReader::FrameReader(kj::AsyncCapabilityStream& stream, kj::Timer& timer)
    : m_stream(stream), m_timer(timer), m_buffer(kj::heapArray<kj::byte>(BUFFER_BYTES)) {}

FrameReader::Header FrameReader::parseHeader(EndReason& breach) {
  const std::size_t available = m_end - m_begin;
  if (available < 4) return Header::INCOMPLETE;
  const kj::byte* at = m_buffer.begin() + m_begin;
  const std::uint32_t lessOne = littleEndian(at);
  if (lessOne >= proto::MAX_SEGMENTS) {
    breach = EndReason::TOO_MANY_SEGMENTS;
    return Header::BREACH;
  }
  m_segments = lessOne + 1;
  m_headerBytes = 4 * ((m_segments + 2) & ~std::size_t{1});  // count and sizes, padded to a word
  if (available < m_headerBytes) return Header::INCOMPLETE;
  std::uint64_t words = 0;
  for (std::size_t i = 0; i < m_segments; ++i) {
    m_words[i] = littleEndian(at + 4 * (i + 1));
    words += m_words[i];
  }
  if (words * sizeof(capnp::word) > proto::MAX_MESSAGE_BYTES) {
    breach = EndReason::MESSAGE_TOO_LARGE;
    return Header::BREACH;
  }
  return Header::COMPLETE;
}

void FrameReader::startFrame() {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = proto::MAX_TRAVERSAL_WORDS;
  options.nestingLimit = static_cast<int>(proto::MAX_NESTING);
  m_frame = kj::heap<Frame>(options, m_segments, m_words);
  m_filled = 0;
  m_begin += m_headerBytes;
}

kj::Promise<FrameReader::Next> FrameReader::next() {
  EndReason breach{};
  if (m_frame == nullptr) {
    switch (parseHeader(breach)) {
      case Header::BREACH:
        return Next{nullptr, breach};
      case Header::INCOMPLETE:
        return readMore();
      case Header::COMPLETE:
        startFrame();
        break;
    }
  }
  KJ_IF_MAYBE (frame, m_frame) {
    kj::ArrayPtr<kj::byte> body = (*frame)->body();
    const std::size_t take = std::min(body.size() - m_filled, m_end - m_begin);
    if (take > 0) std::memcpy(body.begin() + m_filled, m_buffer.begin() + m_begin, take);
    m_filled += take;
    m_begin += take;
    if (m_filled < body.size()) return readMore();
    Next done{kj::mv(*frame), std::nullopt};
    m_frame = nullptr;
    m_deadline.reset();
    return kj::mv(done);
  }
  KJ_UNREACHABLE;
}

kj::Promise<FrameReader::Next> FrameReader::readMore() {
  const bool begun = m_frame != nullptr || m_end > m_begin;
  if (begun && !m_deadline) m_deadline = m_timer.now() + proto::HALF_MESSAGE_MS * kj::MILLISECONDS;

  kj::byte* to = nullptr;
  std::size_t room = 0;
  KJ_IF_MAYBE (frame, m_frame) {
    kj::ArrayPtr<kj::byte> body = (*frame)->body();
    to = body.begin() + m_filled;
    room = body.size() - m_filled;
  }
  if (room < BUFFER_BYTES) {  // what follows this message may come with the same read
    if (m_begin > 0) {
      std::memmove(m_buffer.begin(), m_buffer.begin() + m_begin, m_end - m_begin);
      m_end -= m_begin;
      m_begin = 0;
    }
    to = m_buffer.begin() + m_end;
    room = m_buffer.size() - m_end;
  }

  struct Read {
    std::size_t bytes = 0;
    std::size_t descriptors = 0;
    bool late = false;
  };
  const bool direct = to < m_buffer.begin() || to >= m_buffer.end();
  // Room for one descriptor, so that an attached one is seen; the kernel closes any others.
  auto read = m_stream.tryReadWithFds(to, 1, room, &m_descriptor, 1)
                  .then(
                      [](kj::AsyncCapabilityStream::ReadResult result) {
                        return Read{result.byteCount, result.capCount, false};
                      },
                      [](kj::Exception&&) { return Read{}; });
  if (m_deadline) {
    read = read.exclusiveJoin(m_timer.atTime(*m_deadline).then([] { return Read{0, 0, true}; }));
  }
  return read.then([this, direct](Read result) -> kj::Promise<Next> {
    if (result.late) return Next{nullptr, EndReason::HALF_MESSAGE};
    if (direct) {
      m_filled += result.bytes;
    } else {
      m_end += result.bytes;
    }
    return afterRead(result.bytes, result.descriptors);
  });
}

kj::Promise<FrameReader::Next> FrameReader::afterRead(std::size_t bytes, std::size_t descriptors) {
  if (descriptors > 0) {
    m_descriptor = nullptr;
    return Next{nullptr, EndReason::DESCRIPTORS};
  }
  if (bytes == 0) return Next{nullptr, std::nullopt};
  return next();
}

}  // namespace sallyport::session
