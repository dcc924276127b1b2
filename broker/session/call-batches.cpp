// A call is waiting, started, settled, sent; in this order the functions below. Runs in the broker.
#include "broker/session/call-batches.h"

#include <kj/debug.h>

#include "broker/session/incident.h"
#include "broker/session/outcome.h"

namespace sallyport::session {
namespace {

std::size_t waitingBytes(const std::string& command, const std::string& arguments) {
  return command.size() + arguments.size();
}

// Outcome by outcome as the wire has it, roughly: texts and the structs around them.
constexpr std::size_t VALUE_BYTES = 64;
constexpr std::size_t DOWNLOAD_BYTES = 16;
constexpr std::size_t FAILURE_BYTES = 256;

std::size_t wireBytesOf(const Settled& settled) {
  return settled.refusal
             ? FAILURE_BYTES + settled.refusal->message.size()
             : VALUE_BYTES + settled.value.size() + DOWNLOAD_BYTES * settled.downloads.size();
}

}  // namespace

CallBatches::CallBatches(Parts parts, const std::string& window)
    : m_parts(parts), m_window(window) {}

std::optional<EndReason> CallBatches::add(std::vector<Call> calls) {
  std::uint64_t last = m_lastId;
  for (const Call& call : calls) {
    if (call.id <= last) return EndReason::CALL_ID_REUSED;
    last = call.id;
  }
  m_lastId = last;
  bool told = false;  // one journal line a message: refusals here cost the renderer nothing
  for (Call& call : calls) {
    const std::size_t bytes = waitingBytes(call.command, call.arguments);
    if (auto no = m_parts.dispatcher.overload({open(), m_waitingBytes + bytes}, !told)) {
      told = true;
      book(call.id, std::move(*no));
      continue;
    }
    m_waitingBytes += bytes;
    m_waiting.push_back(call.id);
    m_calls.emplace_hint(
        m_calls.end(),
        call.id,
        Open{std::move(call.command), std::move(call.arguments), std::move(call.uploads), nullptr});
  }
  startNext();
  return std::nullopt;
}

bool CallBatches::mayStart() const {
  return !m_waiting.empty() && m_started < proto::MAX_STARTED_CALLS && outcomeBytes() < BUSY_BYTES;
}

void CallBatches::startNext() {
  if (m_starting || !mayStart()) return;
  m_starting = true;
  m_start = kj::evalLater([this] {
              return startWaiting();
            }).eagerlyEvaluate([this](kj::Exception&& e) { failed(kj::mv(e)); });
}

// One call an event: what it settles to is booked before many more are started, so a message of
// calls with large results does not have all of them in memory.
kj::Promise<void> CallBatches::startWaiting() {
  m_over.clear();
  while (!m_waiting.empty() && m_calls.count(m_waiting.front()) == 0) m_waiting.pop_front();
  if (!mayStart()) {
    m_starting = false;
    return kj::READY_NOW;
  }
  const std::uint64_t id = m_waiting.front();
  m_waiting.pop_front();
  start(id, m_calls.at(id));
  return kj::evalLater([this] { return startWaiting(); });
}

void CallBatches::start(std::uint64_t id, Open& call) {
  m_waitingBytes -= waitingBytes(call.command, call.arguments);
  ++m_started;
  call.running = m_parts.dispatcher.dispatch(call.command, call.arguments, std::move(call.uploads))
                     .then([this, id](Settled value) {
                       settled(id, m_parts.downloads.adopt(std::move(value)));
                     })
                     .eagerlyEvaluate([this](kj::Exception&& e) { failed(kj::mv(e)); });
  call.command = {};
  call.arguments = {};
}

void CallBatches::cancel(std::uint64_t id) {
  const auto found = m_calls.find(id);
  if (found == m_calls.end()) return;
  if (found->second.running == nullptr) {
    m_waitingBytes -= waitingBytes(found->second.command, found->second.arguments);
  } else {
    --m_started;
  }
  m_calls.erase(found);
  startNext();
}

void CallBatches::settled(std::uint64_t id, Settled settled) {
  const auto found = m_calls.find(id);
  KJ_IF_MAYBE (running, found->second.running) {
    m_over.push_back(kj::mv(*running));
  }
  --m_started;
  m_calls.erase(found);
  book(id, std::move(settled));
  startNext();
}

void CallBatches::book(std::uint64_t id, Settled settled) {
  m_settledBytes += wireBytesOf(settled);
  m_settled.push_back({id, std::move(settled)});
  if (outcomeBytes() > proto::MAX_UNREAD_REPLY_BYTES) m_parts.guard.end(EndReason::UNREAD_BYTES);
  sendSoon();
}

kj::Own<void> CallBatches::answerComes() {
  ++m_answers;
  return kj::heap(kj::defer([this] {
    --m_answers;
    sendSoon();
  }));
}

std::vector<CallBatches::Outcome> CallBatches::takeSettled(Larger larger) {
  std::vector<Outcome> taken;
  std::size_t bytes = 0;
  while (!m_settled.empty()) {
    const std::size_t next = wireBytesOf(m_settled.front().settled);
    const bool alone = taken.empty() && larger == Larger::TAKE;
    if (!alone && bytes + next > MESSAGE_BYTES) break;
    bytes += next;
    taken.push_back(std::move(m_settled.front()));
    m_settled.pop_front();
  }
  m_settledBytes -= bytes;
  startNext();
  return taken;
}

std::size_t CallBatches::wireBytes(const std::vector<Outcome>& outcomes) {
  std::size_t bytes = 0;
  for (const Outcome& outcome : outcomes) bytes += wireBytesOf(outcome.settled);
  return bytes;
}

void CallBatches::write(capnp::List<proto::Settlement>::Builder to,
                        const std::vector<Outcome>& outcomes) {
  for (kj::uint i = 0; i < to.size(); ++i) {
    to[i].setId(outcomes[i].id);
    writeOutcome(to[i].initOutcome(), outcomes[i].settled, m_window, outcomes[i].id);
  }
}

void CallBatches::sendSoon() {
  if (m_sending || m_answers > 0 || m_settled.empty()) return;
  m_sending = true;
  // Last: after everything that this turn settles.
  m_send = kj::evalLast([this] { return send(); }).eagerlyEvaluate([this](kj::Exception&& e) {
    failed(kj::mv(e));
  });
}

kj::Promise<void> CallBatches::send() {
  m_over.clear();
  auto outcomes = takeSettled(Larger::TAKE);
  if (outcomes.empty()) {
    m_sending = false;
    return kj::READY_NOW;
  }
  const std::size_t bytes = wireBytes(outcomes);
  m_sentBytes = bytes;
  return m_parts.guard.room(bytes, bytes)
      .then([this, outcomes = std::move(outcomes)](kj::Own<Guard::Room> room) mutable {
        return sendOne(std::move(outcomes), kj::mv(room));
      })
      .then([this] {
        m_sentBytes = 0;
        startNext();
        return kj::evalLast([this] { return send(); });
      });
}

kj::Promise<void> CallBatches::sendOne(std::vector<Outcome> outcomes, kj::Own<Guard::Room> room) {
  auto& control = KJ_ASSERT_NONNULL(m_control);
  auto request =
      control.settleRequest(capnp::MessageSize{wireBytes(outcomes) / sizeof(capnp::word), 0});
  write(request.initOutcomes(static_cast<kj::uint>(outcomes.size())), outcomes);
  // A renderer that refuses its outcomes loses them.
  auto returned =
      request.send().ignoreResult().then([] { return true; }, [](kj::Exception&&) { return true; });
  auto late =
      m_parts.patience.overdue(SETTLE_DEADLINE_MS * kj::MILLISECONDS).then([] { return false; });
  return returned.exclusiveJoin(kj::mv(late))
      .then([this](bool inTime) {
        if (!inTime) m_parts.guard.end(EndReason::CONTROL_UNANSWERED);
      })
      .attach(kj::mv(room));
}

void CallBatches::failed(kj::Exception&& exception) {
  // Nothing above throws on what a renderer sends, so this is our bug.
  m_parts.journal.incident(m_window, "", newIncident(), describe(exception));
  m_parts.guard.end(EndReason::INTERNAL);
}

void CallBatches::stop() {
  m_start = nullptr;
  m_send = nullptr;
  m_starting = m_sending = true;  // for good
  m_calls.clear();
  m_over.clear();
  m_waiting.clear();
  m_settled.clear();
  m_settledBytes = m_sentBytes = m_waitingBytes = m_started = 0;
  m_control = nullptr;
}

}  // namespace sallyport::session
