// The calls that came as one message: started in order and not all at once, settled together. What
// a loop turn settles leaves as one message. Runs in the broker; names and arguments are hostile,
// and so is the pace at which the renderer takes its outcomes.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/session/dispatcher.h"
#include "broker/session/downloads.h"
#include "broker/session/guard.h"
#include "broker/session/patience.h"
#include "broker/session/uploads.h"
#include "proto/session.capnp.h"

namespace sallyport::session {

class CallBatches {
 public:
  struct Call {
    std::uint64_t id;
    std::string command;
    std::string arguments;
    Uploads::Opened uploads;
  };
  struct Outcome {
    std::uint64_t id;
    Settled settled;
  };

  // All must outlive this up to stop(); the window's label for good.
  struct Parts {
    Guard& guard;
    Dispatcher& dispatcher;
    Downloads& downloads;
    SessionJournal& journal;
    Patience& patience;
  };
  CallBatches(Parts parts, const std::string& window);
  KJ_DISALLOW_COPY(CallBatches);

  // Where outcomes go that come later; once, before the first add().
  void attach(proto::RendererControl::Client control) { m_control = kj::mv(control); }

  // Takes the calls of one message. A value is a breach: then none of them was taken.
  [[nodiscard]] std::optional<EndReason> add(std::vector<Call> calls);
  // While it lives an answer is to come that takes along what has settled, so no settle is sent.
  kj::Own<void> answerComes();
  // In order and up to MESSAGE_BYTES, what has settled and was not sent. The caller sends it, and
  // first finds room for a single one that is larger.
  enum class Larger { LEAVE, TAKE };
  std::vector<Outcome> takeSettled(Larger larger);
  void write(capnp::List<proto::Settlement>::Builder to, const std::vector<Outcome>& outcomes);
  void cancel(std::uint64_t id);

  // Drops every call at once; what runs to its end does so. Nothing is sent any more.
  void stop();

  // Calls without an outcome that was sent, and the memory of outcomes that the renderer has not
  // taken.
  std::size_t open() const { return m_calls.size() + m_settled.size(); }
  std::size_t outcomeBytes() const { return m_settledBytes + m_sentBytes; }
  static std::size_t wireBytes(const std::vector<Outcome>& outcomes);

  // No call is started while so much waits for the renderer.
  static constexpr std::size_t BUSY_BYTES = 256UL * 1024;
  static constexpr std::size_t MESSAGE_BYTES = 64UL * 1024;
  static constexpr std::uint32_t SETTLE_DEADLINE_MS = 30'000;  // of Patience; then the session ends

 private:
  struct Open {
    std::string command;
    std::string arguments;
    Uploads::Opened uploads;
    kj::Maybe<kj::Promise<void>> running;
  };

  void startNext();
  kj::Promise<void> startWaiting();
  bool mayStart() const;
  void start(std::uint64_t id, Open& call);
  void settled(std::uint64_t id, Settled settled);
  void book(std::uint64_t id, Settled settled);
  void sendSoon();
  kj::Promise<void> send();
  kj::Promise<void> sendOne(std::vector<Outcome> outcomes, kj::Own<Guard::Room> room);
  void failed(kj::Exception&& exception);

  Parts m_parts;
  const std::string& m_window;
  kj::Maybe<proto::RendererControl::Client> m_control;

  std::uint64_t m_lastId = 0;
  std::map<std::uint64_t, Open> m_calls;  // waiting and started
  std::deque<std::uint64_t> m_waiting;    // in order; may name calls that were cancelled
  std::size_t m_waitingBytes = 0;
  std::size_t m_started = 0;
  std::vector<kj::Promise<void>> m_over;  // of settled calls: no promise may be destroyed by itself

  std::deque<Outcome> m_settled;
  std::size_t m_settledBytes = 0;
  std::size_t m_sentBytes = 0;  // of the settle under way
  bool m_starting = false;
  bool m_sending = false;
  std::size_t m_answers = 0;  // to come
  kj::Promise<void> m_start = nullptr;
  kj::Promise<void> m_send = nullptr;
};

}  // namespace sallyport::session
