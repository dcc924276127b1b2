// Cuts a renderer's bytes into Cap'n Proto messages. Nothing is allocated for a message before its
// header was checked, and a message that was begun must be complete in time. Runs in the broker;
// trusts no byte.
#pragma once

#include <capnp/message.h>
#include <kj/async-io.h>
#include <kj/io.h>
#include <kj/timer.h>

#include <cstdint>
#include <optional>

#include "broker/session/end-reason.h"

namespace sallyport::session {

// One complete message that owns its words.
class Frame final : public capnp::MessageReader {
 public:
  static constexpr std::uint32_t SEGMENTS = 8;  // proto maxSegments, checked in the .cpp

  Frame(capnp::ReaderOptions options,
        std::uint32_t segments,
        const std::uint32_t (&words)[SEGMENTS]);
  ~Frame() noexcept(false) override = default;

  kj::ArrayPtr<const capnp::word> getSegment(kj::uint id) override;

  kj::ArrayPtr<kj::byte> body();
  std::size_t bytes() const { return m_bytes; }  // of the body, without the header

 private:
  std::uint32_t m_segments;
  std::uint32_t m_words[SEGMENTS];
  std::size_t m_bytes;
  kj::Array<capnp::word> m_body;
};

class FrameReader {
 public:
  // The stream must outlive the reader. timer must be the one of the stream's event loop.
  FrameReader(kj::AsyncCapabilityStream& stream, kj::Timer& timer);

  // Exactly one of the three is set, or none at a clean end of the stream.
  struct Next {
    kj::Maybe<kj::Own<Frame>> frame;
    std::optional<EndReason> breach;
  };
  // One at a time. A read error counts as the end of the stream.
  kj::Promise<Next> next();

 private:
  enum class Header { INCOMPLETE, COMPLETE, BREACH };
  Header parseHeader(EndReason& breach);
  void startFrame();
  kj::Promise<Next> readMore();
  kj::Promise<Next> afterRead(std::size_t bytes, std::size_t descriptors);

  kj::AsyncCapabilityStream& m_stream;
  kj::Timer& m_timer;
  kj::Array<kj::byte> m_buffer;
  std::size_t m_begin = 0;
  std::size_t m_end = 0;
  kj::AutoCloseFd m_descriptor;  // a place to see that one was attached

  // The message being read; its header is complete once m_frame is set.
  std::uint32_t m_segments = 0;
  std::uint32_t m_words[Frame::SEGMENTS] = {};
  std::size_t m_headerBytes = 0;
  kj::Maybe<kj::Own<Frame>> m_frame;
  std::size_t m_filled = 0;
  std::optional<kj::TimePoint> m_deadline;
};

}  // namespace sallyport::session
