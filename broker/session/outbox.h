// What the broker has to say to one renderer and has not written yet. Messages of one loop turn
// leave with one write; a renderer that does not read is noticed by size and by age. Runs in the
// broker.
#pragma once

#include <capnp/common.h>
#include <kj/async-io.h>
#include <kj/function.h>
#include <kj/timer.h>
#include <kj/vector.h>

#include <cstdint>

#include "broker/session/end-reason.h"

namespace sallyport::session {

class Outbox {
 public:
  // stream must outlive the outbox. onEnd is called at most once, from a turn of its own.
  Outbox(kj::AsyncOutputStream& stream,
         kj::Timer& timer,
         kj::Function<void(EndReason)> onEnd,
         kj::Function<void()> onWritten);

  void add(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments);

  // Drops what was not written and lets go of the stream.
  void close();

  std::size_t queuedBytes() const { return m_pending.size() + m_writing.size(); }

 private:
  void append(const void* from, std::size_t size);
  kj::Promise<void> flush();
  void fail(EndReason reason);

  kj::AsyncOutputStream& m_stream;
  kj::Timer& m_timer;
  kj::Function<void(EndReason)> m_onEnd;
  kj::Function<void()> m_onWritten;
  kj::Vector<kj::byte> m_pending;
  kj::Vector<kj::byte> m_writing;
  kj::TimePoint m_pendingSince;
  bool m_flushing = false;
  bool m_failed = false;
  kj::Promise<void> m_flush = nullptr;
};

}  // namespace sallyport::session
