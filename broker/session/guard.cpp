// Inbound: frame, rate, ledger, then the RPC system. Outbound: ledger, mask, queue. Runs in the
// broker.
#include "broker/session/guard.h"

#include <algorithm>

#include "proto/session.capnp.h"

namespace sallyport::session {
namespace {

// Large replies wait from here on; below the hard bound by more than one message.
constexpr std::size_t ROOM_BYTES = proto::MAX_UNFINISHED_RESULT_BYTES - proto::MAX_MESSAGE_BYTES;
static_assert(proto::MAX_UNREAD_REPLY_BYTES >= proto::MAX_UNFINISHED_RESULT_BYTES);
static_assert(proto::MAX_MESSAGE_BYTES <= proto::BYTES_PER_SECOND);  // else never admitted

// What was asked for and never came does not pile up beyond one piece of each upload.
constexpr std::size_t MAX_EXPECTED = std::size_t{proto::MAX_OPEN_UPLOADS} * proto::PIECE_BYTES;

// The whole of what a renderer learns about an exception in the broker.
constexpr const char* MASK = "refused";

// Nothing but an answer brings what was asked for.
bool answers(Frame& frame) {
  bool answers = false;
  KJ_IF_MAYBE (broken, kj::runCatchingExceptions([&] {
                 answers = frame.getRoot<capnp::rpc::Message>().isReturn();
               })) {
    (void)broken;  // judge() ends the session for it
  }
  return answers;
}

}  // namespace

class Guard::RoomImpl final : public Guard::Room {
 public:
  RoomImpl(Guard& guard, std::size_t bytes) : m_guard(guard), m_bytes(bytes) {
    guard.m_reserved += bytes;
  }
  ~RoomImpl() noexcept(false) override {
    m_guard.m_reserved -= m_bytes;
    m_guard.giveRoom();
  }

 private:
  Guard& m_guard;
  std::size_t m_bytes;
};

Guard::Guard(kj::AsyncCapabilityStream& stream, kj::Timer& timer)
    : m_timer(timer),
      m_frames(stream, timer),
      m_messages(proto::MESSAGES_PER_SECOND, timer.now()),
      m_bytes(proto::BYTES_PER_SECOND, timer.now()),
      m_calls(proto::CALLS_PER_SECOND, timer.now()),
      m_outbox(
          stream, timer, [this](EndReason reason) { end(reason); }, [this] { giveRoom(); }) {
  auto paf = kj::newPromiseAndFulfiller<EndReason>();
  m_onEnd = kj::mv(paf.promise);
  m_endFulfiller = kj::mv(paf.fulfiller);
}

kj::Promise<EndReason> Guard::onEnd() { return kj::mv(m_onEnd); }

void Guard::end(EndReason reason) {
  if (m_ended) return;
  m_ended = reason;
  m_endFulfiller->fulfill(kj::mv(reason));
}

void Guard::close() {
  m_waiting.clear();
  m_waitingTooLong = nullptr;
  m_outbox.close();
}

kj::Promise<Guard::Incoming> Guard::next() {
  if (m_ended) return Incoming(nullptr);
  return m_frames.next().then([this](FrameReader::Next next) -> kj::Promise<Incoming> {
    if (next.breach) end(*next.breach);
    KJ_IF_MAYBE (frame, next.frame) {
      return admit(kj::mv(*frame));
    }
    end(EndReason::PEER_CLOSED);
    return Incoming(nullptr);
  });
}

kj::Promise<Guard::Incoming> Guard::admit(kj::Own<Frame> frame) {
  if (m_ended) return Incoming(nullptr);
  const kj::TimePoint now = m_timer.now();
  if (m_throttledSince && m_messages.halfFull(now) && m_bytes.halfFull(now) &&
      m_calls.halfFull(now)) {
    m_throttledSince.reset();
  }
  // All or none: a message that waits for bytes must not use up a message token at every try. What
  // it costs in calls is known when it was read, so that is a debt of the next one.
  kj::Duration wait = m_calls.debt(now);
  const std::size_t expected = answers(*frame) ? std::min(frame->bytes(), m_expected) : 0;
  const std::size_t bytes = frame->bytes() - expected;
  if (wait == 0 * kj::NANOSECONDS) wait = m_bytes.take(bytes, now);
  if (wait == 0 * kj::NANOSECONDS) {
    wait = m_messages.take(1, now);
    if (wait == 0 * kj::NANOSECONDS) {
      m_expected -= expected;
      return judge(kj::mv(frame));
    }
    m_bytes.giveBack(bytes);
  }
  if (!m_throttledSince) m_throttledSince = now;
  if (now - *m_throttledSince >= proto::THROTTLED_TOO_LONG_MS * kj::MILLISECONDS) {
    end(EndReason::THROTTLED_TOO_LONG);
    return Incoming(nullptr);
  }
  // Nothing is read meanwhile: the socket fills and the renderer blocks.
  return m_timer.afterDelay(wait).then(
      [this, frame = kj::mv(frame)]() mutable { return admit(kj::mv(frame)); });
}

void Guard::expect(std::size_t bytes) { m_expected = std::min(m_expected + bytes, MAX_EXPECTED); }

Guard::Incoming Guard::judge(kj::Own<Frame> frame) {
  std::optional<EndReason> breach;
  bool finished = false;
  KJ_IF_MAYBE (broken, kj::runCatchingExceptions([&] {
                 const auto message = frame->getRoot<capnp::rpc::Message>();
                 breach = m_ledger.inbound(message);
                 finished = message.isFinish();
               })) {
    (void)broken;  // speaks of the renderer's bytes; the reason is enough
    breach = EndReason::MALFORMED;
  }
  if (breach) {
    end(*breach);
    return nullptr;
  }
  if (finished) giveRoom();
  return kj::mv(frame);
}

void Guard::send(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) {
  if (m_ended) return;
  std::size_t bytes = 0;
  for (const auto& segment : segments) bytes += segment.size() * sizeof(capnp::word);
  capnp::SegmentArrayMessageReader reader(segments);
  const auto message = reader.getRoot<capnp::rpc::Message>();
  const Ledger::Verdict verdict = m_ledger.outbound(message, bytes);
  if (verdict.breach) {
    end(*verdict.breach);
    return;
  }
  switch (verdict.action) {
    case Ledger::Outbound::PASS:
      m_outbox.add(segments);
      break;
    case Ledger::Outbound::MASK_RETURN:
      sendMasked(message.getReturn());
      break;
    case Ledger::Outbound::DROP:
      break;
  }
}

void Guard::sendMasked(capnp::rpc::Return::Reader ret) {
  capnp::MallocMessageBuilder masked;
  auto copy = masked.initRoot<capnp::rpc::Message>().initReturn();
  copy.setAnswerId(ret.getAnswerId());
  copy.setReleaseParamCaps(ret.getReleaseParamCaps());
#if CAPNP_VERSION_MAJOR >= 1
  copy.setNoFinishNeeded(ret.getNoFinishNeeded());
#endif
  auto exception = copy.initException();
  exception.setReason(MASK);
  exception.setType(capnp::rpc::Exception::Type::FAILED);
  m_outbox.add(masked.getSegmentsForOutput());
}

kj::Promise<kj::Own<Guard::Room>> Guard::room(std::size_t bytes, std::size_t held) {
  if (m_waiting.empty() && fits(bytes)) {
    return kj::Own<Room>(kj::heap<RoomImpl>(*this, bytes));
  }
  auto paf = kj::newPromiseAndFulfiller<kj::Own<Room>>();
  m_held += held;
  m_waiting.push_back({bytes, held, kj::mv(paf.fulfiller)});
  if (m_waiting.size() == 1) watchWaiting();
  if (m_held > proto::MAX_UNFINISHED_RESULT_BYTES) end(EndReason::UNFINISHED_RESULTS);
  return kj::mv(paf.promise);
}

bool Guard::fits(std::size_t bytes) const {
  const std::size_t under_way = std::max(m_ledger.unfinishedBytes(), m_outbox.queuedBytes());
  const std::size_t before = m_reserved + under_way;
  return before == 0 || before + bytes <= ROOM_BYTES;
}

void Guard::watchWaiting() {
  if (m_waiting.empty()) {
    m_waitingTooLong = nullptr;
    return;
  }
  m_waitingTooLong = m_timer.afterDelay(proto::UNREAD_REPLY_MS * kj::MILLISECONDS)
                         .then([this] { end(EndReason::UNFINISHED_RESULTS); })
                         .eagerlyEvaluate(nullptr);
}

void Guard::giveRoom() {
  while (!m_waiting.empty() && !m_ended) {
    Waiting& first = m_waiting.front();
    const bool wanted = first.fulfiller->isWaiting();  // else its call was cancelled
    if (wanted && !fits(first.bytes)) return;
    Waiting taken = kj::mv(first);
    m_waiting.pop_front();
    m_held -= taken.held;
    watchWaiting();
    if (wanted) taken.fulfiller->fulfill(kj::heap<RoomImpl>(*this, taken.bytes));
  }
}

}  // namespace sallyport::session
