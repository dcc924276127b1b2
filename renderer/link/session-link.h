// The renderer's end of the session: attach, calls, what the page listens to. Runs in the renderer;
// believes the broker, which is trusted, and keeps inside the bounds that the broker's guard ends a
// session for.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async.h>
#include <kj/io.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/qt-loop/loop.h"
#include "broker/qt-loop/socket-stream.h"
#include "proto/session.capnp.h"
#include "renderer/link/asset-reads.h"
#include "renderer/link/channel-reads.h"
#include "renderer/link/download-reads.h"
#include "renderer/link/pace.h"
#include "renderer/link/page-connections.h"
#include "renderer/link/page-log.h"
#include "renderer/link/types.h"
#include "renderer/link/uploads.h"

namespace sallyport::renderer {

class SessionLink final : private qt_loop::TurnListener, private kj::TaskSet::ErrorHandler {
 public:
  // What exceeds these waits here. Single calls, assets and log lines together stay well below the
  // guard's maxOpenQuestions of 256, batches below what the broker refuses.
  static constexpr std::size_t SINGLE_CALLS_IN_FLIGHT = 128;
  static constexpr std::size_t BATCHED_CALLS_IN_FLIGHT = proto::MAX_OPEN_CALLS;
  // Messages without an answer: what a page asks in a thousand turns of its own (a worker's calls
  // come so) waits for the next message, which takes all of it.
  static constexpr std::size_t BATCHES_IN_FLIGHT = 32;
  static constexpr std::size_t BATCHED_BYTES_IN_FLIGHT = proto::MAX_WAITING_CALL_BYTES / 2;
  // What the broker keeps for answers without a Finish stays small.
  static constexpr std::size_t FINISH_NOW_BYTES = 4096;
  static constexpr std::size_t MAX_UNFINISHED = 16;
  static constexpr auto FINISH_AFTER = 5 * kj::MILLISECONDS;
  static constexpr std::size_t BATCH_BYTES = 256UL * 1024;  // of a batch of more than one call

  // Nine tenths of what the guard allows; a call is two messages, Call and Finish.
  static constexpr Pace::Rates RATES{0.9 * proto::MESSAGES_PER_SECOND,
                                     0.9 * proto::BYTES_PER_SECOND,
                                     0.9 * proto::CALLS_PER_SECOND};

  SessionLink(qt_loop::QtLoop& loop,
              kj::AutoCloseFd socket,
              SessionEvents& events,
              Pace::Rates rates = RATES);
  ~SessionLink() noexcept(false);
  KJ_DISALLOW_COPY(SessionLink);

  // Once, first; SessionEvents::started() follows when the broker has verified the cage.
  void attach(const std::string& engine);

  // id must not be open. Answers through SessionEvents. What is queued leaves with flush(), or at
  // the end of the turn: one call as a message of its own, several as one message.
  // Neither invoke() nor flush() may be called from inside SessionEvents.
  void invoke(CallId id,
              std::string_view command,
              std::string_view arguments,
              Uploads::Sources uploads = {});
  // No answer will come for these; the broker is told to stop where the command allows it.
  // cancelAll() closes the channels too.
  void cancel(CallId id);
  void cancelAll();
  void flush();

  // Calls without an answer, in every table: for tests.
  std::size_t open() const {
    return m_calls.size() + m_batched.size() + m_cancelled.size() + m_channels.open();
  }

  // Leaves with flush() as well. One is under way at a time; those that come meanwhile are one
  // wish, the last one's. The handler hears of all that the broker, or this link for it, refused.
  using ListenHandler = std::function<void(const std::vector<ListenRefusal>&)>;
  void listen(ListenWish wish, ListenHandler handler);

  // The main frame wants to leave its origin class; the broker decides, and may end this process.
  void navigate(std::string_view url);

  // At most proto::MAX_CHANNELS of them beside the calls.
  ChannelReads& channels() { return m_channels; }
  DownloadReads& downloads() { return m_downloads; }
  PageConnections& connections() { return m_connections; }
  AssetReads& assets() { return m_assets; }
  PageLog& log() { return m_log; }

 private:
  struct Call {
    enum class State { WAITING, SINGLE, BATCHED };
    State state = State::WAITING;
    std::string command;
    std::string arguments;
    Uploads::Sources uploads;
    std::vector<std::uint64_t> announced;  // the uploads' numbers, once sent
    std::size_t bytes = 0;                 // on the wire, roughly
    kj::Maybe<kj::Promise<void>> running;  // SINGLE
    std::uint64_t number = 0;              // BATCHED: its id on the wire
  };
  struct Listen {
    ListenWish wish;
    std::vector<ListenHandler> handlers;
    std::vector<ListenRefusal> refused;  // without asking
  };

  void turnEnded() override;
  void taskFailed(kj::Exception&& exception) override;
  void sendWaiting();
  Call* nextWaiting();
  bool mayGo(Pace::Cost cost);
  bool sendCancelled();
  bool sendWish();
  void answerWish(const char* code, const char* message);
  bool sendSingle(Call& call);
  bool sendBatch();
  std::vector<CallId> collectBatch();
  void write(proto::Call::Builder wire, Call& call);
  kj::Promise<void> send(CallId id, Call& call);
  void settleMany(capnp::List<proto::Settlement>::Reader outcomes);
  void settleBroken(const std::vector<std::uint64_t>& numbers, const kj::Exception& exception);
  void settle(CallId id, const proto::Outcome::Reader& outcome);
  void discard(const std::vector<OpenDownload>& downloads);
  void settle(const Failure& failure);
  bool retire(CallId id);
  void finishAnswers();
  void lost();

  qt_loop::QtLoop& m_loop;
  SessionEvents& m_events;
  qt_loop::QtSocketStream m_stream;
  capnp::TwoPartyClient m_rpc;
  proto::Session::Client m_session;

  std::unordered_map<CallId, Call> m_calls;
  std::deque<CallId> m_waiting;  // ids of m_calls that are not sent; may name cancelled ones
  std::size_t m_singlesInFlight = 0;
  std::size_t m_batchedInFlight = 0;  // with those whose cancel has not left yet
  std::size_t m_batchedBytes = 0;
  std::size_t m_batchesInFlight = 0;
  std::uint64_t m_lastNumber = 0;  // the link's own, so that no answer reaches a later call
  std::unordered_map<std::uint64_t, CallId> m_batched;  // by number
  std::vector<std::uint64_t> m_cancelled;               // numbers to tell the broker
  Pace m_pace;
  bool m_isPaused = false;  // until the pace allows the next call
  kj::Promise<void> m_paused = nullptr;
  std::vector<kj::Promise<void>> m_retired;  // a promise may not be destroyed from inside itself
  // Of single calls. Destroying one sends its Finish, which wakes the broker: that goes along with
  // the next call where it can wait.
  std::vector<capnp::Response<proto::Session::InvokeResults>> m_answers;
  bool m_finishNow = false;
  bool m_finishArmed = false;
  kj::Promise<void> m_finishLater = nullptr;

  std::optional<Listen> m_wish;  // to be sent
  Listen m_wishSent;
  bool m_isWishing = false;  // m_wishSent is under way

  ChannelReads m_channels;
  DownloadReads m_downloads;
  PageConnections m_connections;
  AssetReads m_assets;
  PageLog m_log;
  Uploads m_uploads;
  bool m_attached = false;
  bool m_lost = false;
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::renderer
