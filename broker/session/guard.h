// The gate between one renderer's socket and Cap'n Proto's RPC: every bound of the protocol is
// enforced here, before the RPC system sees a message, and nothing of our insides leaves here. Runs
// in the broker; trusts nothing inbound.
#pragma once

#include <capnp/rpc.capnp.h>
#include <kj/async-io.h>
#include <kj/timer.h>

#include <deque>
#include <optional>

#include "broker/session/end-reason.h"
#include "broker/session/frame-reader.h"
#include "broker/session/ledger.h"
#include "broker/session/outbox.h"
#include "broker/session/token-bucket.h"

namespace sallyport::session {

class Guard final {
 public:
  // The stream and the timer must outlive the guard, the guard the RPC system on it.
  Guard(kj::AsyncCapabilityStream& stream, kj::Timer& timer);
  KJ_DISALLOW_COPY(Guard);

  // Resolves once with the reason; may be asked for once. From then on nothing is read or sent.
  kj::Promise<EndReason> onEnd();
  void end(EndReason reason);
  // Lets go of the stream, which may then be destroyed. After end(), and after the RPC system went.
  void close();
  bool hasEnded() const { return m_ended.has_value(); }

  // Room for a large reply. Waits, in order, until the renderer has read and finished enough of the
  // earlier ones, so that an honest renderer with many answers under way is slowed down and not
  // ended. held: bytes kept in memory while waiting; too many of them, or no room for
  // unreadReplyMs, end the session. Let the room go after the reply was sent.
  class Room {
   public:
    virtual ~Room() noexcept(false) = default;
  };
  kj::Promise<kj::Own<Room>> room(std::size_t bytes, std::size_t held);
  static constexpr std::size_t LARGE_REPLY_BYTES = 16UL * 1024;  // smaller ones need no room

  // How many calls the message just read had: a message may carry many. Over the rate nothing more
  // is read until they are paid for.
  void spendCalls(std::uint64_t calls) { m_calls.spend(calls, m_timer.now()); }

  // So many bytes were asked for, and do not count against the rate when answers bring them.
  void expect(std::size_t bytes);

  const Ledger& ledger() const { return m_ledger; }

  // The next message that may go to the RPC system, one at a time; none at the end.
  kj::Promise<kj::Maybe<kj::Own<Frame>>> next();
  // What the RPC system says. Copied, masked or dropped at once.
  void send(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments);

 private:
  using Incoming = kj::Maybe<kj::Own<Frame>>;
  class RoomImpl;
  struct Waiting {
    std::size_t bytes;
    std::size_t held;
    kj::Own<kj::PromiseFulfiller<kj::Own<Room>>> fulfiller;
  };

  kj::Promise<Incoming> admit(kj::Own<Frame> frame);
  Incoming judge(kj::Own<Frame> frame);
  void sendMasked(capnp::rpc::Return::Reader ret);
  bool fits(std::size_t bytes) const;
  void giveRoom();
  void watchWaiting();

  kj::Timer& m_timer;
  FrameReader m_frames;
  Ledger m_ledger;
  TokenBucket m_messages;
  TokenBucket m_bytes;
  TokenBucket m_calls;
  std::optional<kj::TimePoint> m_throttledSince;
  Outbox m_outbox;

  std::size_t m_expected = 0;
  std::size_t m_reserved = 0;
  std::size_t m_held = 0;
  std::deque<Waiting> m_waiting;
  kj::Promise<void> m_waitingTooLong = nullptr;

  std::optional<EndReason> m_ended;
  kj::Promise<EndReason> m_onEnd = nullptr;
  kj::Own<kj::PromiseFulfiller<EndReason>> m_endFulfiller;
};

}  // namespace sallyport::session
