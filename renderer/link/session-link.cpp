// See session-link.h.
#include "renderer/link/session-link.h"

#include <kj/debug.h>

#include <algorithm>
#include <utility>

#include "renderer/link/control-server.h"
#include "renderer/link/failure.h"
#include "renderer/link/paced.h"

namespace sallyport::renderer {

namespace {

capnp::Text::Reader text(const std::string& string) { return {string.c_str(), string.size()}; }

// Of one call of a batch, and of one upload, roughly.
constexpr std::size_t CALL_OVERHEAD_BYTES = 48;
constexpr std::size_t UPLOAD_BYTES = 16;

std::vector<OpenDownload> downloadsOf(proto::Outcome::Reader outcome) {
  std::vector<OpenDownload> downloads;
  for (auto download : outcome.getDownloads()) {
    downloads.push_back({download.getNumber(), download.getBytes()});
  }
  return downloads;
}

}  // namespace

SessionLink::SessionLink(qt_loop::QtLoop& loop,
                         kj::AutoCloseFd socket,
                         SessionEvents& events,
                         Pace::Rates rates)
    : m_loop(loop),
      m_events(events),
      m_stream(loop.port(), kj::mv(socket), qt_loop::Descriptors::IGNORED),
      m_rpc(m_stream),
      m_session(m_rpc.bootstrap().castAs<proto::Session>()),
      m_pace(rates),
      m_channels(m_session, m_pace, loop.timer()),
      m_downloads(m_session, m_pace, loop.timer()),
      m_connections(m_session, m_pace, loop.timer()),
      m_assets(m_session),
      m_log(m_session),
      m_tasks(*this) {
  loop.port().listen(*this);
  m_tasks.add(m_rpc.onDisconnect().then([this] { lost(); }));
}

SessionLink::~SessionLink() noexcept(false) { m_loop.port().forget(*this); }

void SessionLink::attach(const std::string& engine) {
  auto request = m_session.attachRequest();
  request.setControl(kj::heap<ControlServer>(
      m_events,
      [this](auto outcomes) {
        m_pace.owe(1, Pace::Clock::now());  // our Return
        settleMany(outcomes);
      },
      [this](std::uint64_t upload) {
        m_pace.owe(1, Pace::Clock::now());  // its bytes are expected
        return m_uploads.read(upload);
      }));
  request.setProtocol(proto::PROTOCOL_VERSION);
  request.setEngine(text(engine));
  m_tasks.add(request.send().then([this](auto&& response) {
    m_attached = true;
    m_log.open();
    auto wire = response.getStart();
    Start start;
    start.window = wire.getWindow().cStr();
    start.url = wire.getUrl().cStr();
    start.title = wire.getTitle().cStr();
    start.pageState = wire.getPageState().cStr();
    start.contentSecurityPolicy = wire.getContentSecurityPolicy().cStr();
    for (auto host : wire.getHosts()) {
      start.hosts.push_back({host.getName().cStr(),
                             host.getPort(),
                             static_cast<RemoteHost::Subdomains>(host.getSubdomains())});
    }
    for (auto authority : wire.getAuthorities()) {
      start.authorities.emplace_back(authority.cStr());
    }
    m_events.started(start);
  }));
}

// --- calls
// ----------------------------------------------------------------------------------------------------------

void SessionLink::invoke(CallId id,
                         std::string_view command,
                         std::string_view arguments,
                         Uploads::Sources uploads) {
  auto [entry, isNew] = m_calls.try_emplace(id);
  if (!isNew) {
    return;
  }
  Call& call = entry->second;
  call.command = command;
  call.arguments = arguments;
  call.uploads = std::move(uploads);
  call.bytes =
      CALL_OVERHEAD_BYTES + command.size() + arguments.size() + UPLOAD_BYTES * call.uploads.size();
  m_waiting.push_back(id);
}

void SessionLink::flush() {
  sendWaiting();
  // After the calls in the same write: what is new goes first.
  finishAnswers();
}

void SessionLink::sendWaiting() {
  if (m_isPaused) {
    return;
  }
  if (!sendCancelled() || !sendWish()) {
    return;
  }
  while (Call* call = nextWaiting()) {
    const bool alone = m_waiting.size() == 1 || m_lost || tooLarge(call->command, call->arguments);
    const bool sent =
        alone && m_singlesInFlight < SINGLE_CALLS_IN_FLIGHT ? sendSingle(*call) : sendBatch();
    if (!sent) {
      return;
    }
  }
}

// Drops cancelled ones from the queue's front.
SessionLink::Call* SessionLink::nextWaiting() {
  for (; !m_waiting.empty(); m_waiting.pop_front()) {
    auto entry = m_calls.find(m_waiting.front());
    if (entry != m_calls.end() && entry->second.state == Call::State::WAITING) {
      return &entry->second;
    }
  }
  return nullptr;
}

// Takes the cost, or sees to it that sendWaiting() comes again when it can be taken.
bool SessionLink::mayGo(Pace::Cost cost) {
  if (m_lost) {
    return true;
  }
  const auto wait = m_pace.take(cost, Pace::Clock::now());
  if (wait == Pace::Clock::duration::zero()) {
    return true;
  }
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(wait).count();
  m_isPaused = true;
  // The turn that ends the pause calls sendWaiting().
  m_paused = m_loop.timer()
                 .afterDelay(milliseconds * kj::MILLISECONDS)
                 .then([this] { m_isPaused = false; })
                 .eagerlyEvaluate(nullptr);
  return false;
}

bool SessionLink::sendCancelled() {
  while (!m_cancelled.empty()) {
    const std::size_t count = std::min<std::size_t>(m_cancelled.size(), proto::MAX_OPEN_CALLS);
    if (!mayGo(
            {2, static_cast<double>(MESSAGE_OVERHEAD_BYTES + count * sizeof(std::uint64_t)), 0})) {
      return false;
    }
    auto request = m_session.cancelRequest();
    auto ids = request.initIds(static_cast<kj::uint>(count));
    for (kj::uint i = 0; i < ids.size(); ++i) {
      ids.set(i, m_cancelled[i]);
    }
    m_cancelled.erase(m_cancelled.begin(),
                      m_cancelled.begin() + static_cast<std::ptrdiff_t>(count));
    m_batchedInFlight -= count;
    m_tasks.add(request.send().ignoreResult().catch_([](kj::Exception&&) {}));
  }
  return true;
}

bool SessionLink::sendSingle(Call& call) {
  if (!mayGo({2, static_cast<double>(MESSAGE_OVERHEAD_BYTES + call.bytes), 1})) {
    return false;
  }
  const CallId id = m_waiting.front();
  m_waiting.pop_front();
  ++m_singlesInFlight;
  call.state = Call::State::SINGLE;
  call.running = send(id, call).eagerlyEvaluate(nullptr);
  return true;
}

std::vector<CallId> SessionLink::collectBatch() {
  std::vector<CallId> ids;
  std::size_t bytes = 0;
  while (Call* call = nextWaiting()) {
    const bool first = ids.empty();
    if (m_batchedInFlight + ids.size() >= BATCHED_CALLS_IN_FLIGHT ||
        ids.size() >= proto::MAX_CALLS_PER_BATCH || tooLarge(call->command, call->arguments) ||
        (!first && bytes + call->bytes > BATCH_BYTES) ||
        (m_batchedBytes > 0 && m_batchedBytes + bytes + call->bytes > BATCHED_BYTES_IN_FLIGHT)) {
      break;
    }
    bytes += call->bytes;
    ids.push_back(m_waiting.front());
    m_waiting.pop_front();
  }
  return ids;
}

bool SessionLink::sendBatch() {
  if (m_batchesInFlight >= BATCHES_IN_FLIGHT) {
    return false;  // its answer brings the next one
  }
  const std::vector<CallId> ids = collectBatch();
  std::size_t bytes = 0;
  for (const CallId id : ids) {
    bytes += m_calls.at(id).bytes;
  }
  if (ids.empty() || !mayGo({2,
                             static_cast<double>(MESSAGE_OVERHEAD_BYTES + bytes),
                             static_cast<double>(ids.size())})) {
    m_waiting.insert(m_waiting.begin(), ids.begin(), ids.end());
    return false;
  }
  auto request = m_session.invokeManyRequest(
      capnp::MessageSize{(MESSAGE_OVERHEAD_BYTES + bytes) / sizeof(capnp::word), 0});
  auto wire = request.initCalls(static_cast<kj::uint>(ids.size()));
  std::vector<std::uint64_t> numbers;
  numbers.reserve(ids.size());
  for (kj::uint i = 0; i < wire.size(); ++i) {
    Call& call = m_calls.at(ids[i]);
    write(wire[i], call);
    call.state = Call::State::BATCHED;
    call.number = ++m_lastNumber;
    wire[i].setId(call.number);
    m_batched.emplace(call.number, ids[i]);
    numbers.push_back(call.number);
  }
  m_batchedInFlight += ids.size();
  m_batchedBytes += bytes;
  ++m_batchesInFlight;
  m_tasks.add(request.send().then(
      [this](auto&& response) {
        --m_batchesInFlight;
        settleMany(response.getOutcomes());
      },
      [this, numbers = std::move(numbers)](kj::Exception&& exception) {
        --m_batchesInFlight;
        settleBroken(numbers, exception);
      }));
  return true;
}

// What is on its way is not kept.
void SessionLink::write(proto::Call::Builder wire, Call& call) {
  wire.setCommand(text(std::exchange(call.command, {})));
  wire.setArguments(text(std::exchange(call.arguments, {})));
  call.announced = m_uploads.announce(wire, std::exchange(call.uploads, {}));
}

kj::Promise<void> SessionLink::send(CallId id, Call& call) {
  if (m_lost) {
    return kj::evalLater([this, id] { settle(disconnected(id)); });
  }
  if (tooLarge(call.command, call.arguments)) {
    return kj::evalLater([this, id] { settle(tooLarge(id)); });
  }
  auto request = m_session.invokeRequest();
  auto wire = request.initCall();
  write(wire, call);
  wire.setId(id);
  return request.send().then(
      [this, id](capnp::Response<proto::Session::InvokeResults>&& response) {
        settle(id, response.getOutcome());
        m_answers.push_back(kj::mv(response));
      },
      [this, id](kj::Exception&& exception) {
        const bool gone = exception.getType() == kj::Exception::Type::DISCONNECTED;
        settle(gone ? disconnected(id) : broken(id));
      });
}

void SessionLink::settleMany(capnp::List<proto::Settlement>::Reader outcomes) {
  for (auto settlement : outcomes) {
    const auto found = m_batched.find(settlement.getId());
    if (found != m_batched.end()) {
      settle(found->second, settlement.getOutcome());
    } else {  // cancelled while the outcome was on its way
      discard(downloadsOf(settlement.getOutcome()));
    }
  }
  sendWaiting();  // in this turn, so that the next batch leaves with it
}

void SessionLink::settleBroken(const std::vector<std::uint64_t>& numbers,
                               const kj::Exception& exception) {
  const bool gone = exception.getType() == kj::Exception::Type::DISCONNECTED;
  for (const std::uint64_t number : numbers) {
    const auto found = m_batched.find(number);
    if (found != m_batched.end()) {
      settle(gone ? disconnected(found->second) : broken(found->second));
    }
  }
}

void SessionLink::settle(CallId id, const proto::Outcome::Reader& outcome) {
  if (!retire(id)) {  // cancelled while the answer was on its way
    discard(downloadsOf(outcome));
    return;
  }
  if (outcome.isValue()) {
    auto value = outcome.getValue();
    m_finishNow |= value.size() >= FINISH_NOW_BYTES;
    m_events.succeeded(id, {value.begin(), value.size()}, downloadsOf(outcome));
    return;
  }
  m_events.failed(readFailure(outcome.getFailure(), id));
}

void SessionLink::discard(const std::vector<OpenDownload>& downloads) {
  for (const OpenDownload& download : downloads) {
    m_downloads.discard(download.number);
  }
}

void SessionLink::settle(const Failure& failure) {
  if (retire(failure.id)) {
    m_events.failed(failure);
  }
}

bool SessionLink::retire(CallId id) {
  auto entry = m_calls.find(id);
  if (entry == m_calls.end()) {
    return false;
  }
  KJ_IF_MAYBE (running, entry->second.running) {
    m_retired.push_back(kj::mv(*running));
    --m_singlesInFlight;
  }
  if (entry->second.state == Call::State::BATCHED) {
    m_batched.erase(entry->second.number);
    m_batchedBytes -= entry->second.bytes;
    --m_batchedInFlight;
  }
  m_uploads.forget(entry->second.announced);
  m_calls.erase(entry);
  return true;
}

void SessionLink::cancel(CallId id) {
  auto entry = m_calls.find(id);
  if (entry != m_calls.end() && entry->second.state == Call::State::BATCHED && !m_lost) {
    m_cancelled.push_back(entry->second.number);
    ++m_batchedInFlight;  // until the cancel has left
  }
  retire(id);
}

void SessionLink::cancelAll() {
  while (!m_calls.empty()) {
    cancel(m_calls.begin()->first);
  }
  m_waiting.clear();
  m_channels.closeAll();
}

void SessionLink::turnEnded() {
  // Destroying the promise of a cancelled call sends Finish, so this comes at every turn's end.
  auto retired = std::exchange(m_retired, {});
  retired.clear();
  m_channels.turnEnded();
  sendWaiting();
  if (m_finishNow || m_lost || m_answers.size() >= MAX_UNFINISHED) {
    finishAnswers();
  } else if (!m_answers.empty() && !m_finishArmed) {
    m_finishArmed = true;
    // The turn that it ends does it.
    m_finishLater = m_loop.timer()
                        .afterDelay(FINISH_AFTER)
                        .then([this] {
                          m_finishArmed = false;
                          m_finishNow = !m_answers.empty();
                        })
                        .eagerlyEvaluate(nullptr);
  }
}

void SessionLink::finishAnswers() {
  auto answers = std::exchange(m_answers, {});
  answers.clear();
  m_finishNow = false;
}

// --- events
// ---------------------------------------------------------------------------------------------------------

void SessionLink::listen(ListenWish wish, ListenHandler handler) {
  if (!m_wish) {
    m_wish.emplace();
  }
  Listen& next = *m_wish;
  next.wish.fresh |= wish.fresh;
  next.wish.ready = wish.ready || (next.wish.ready && !wish.fresh);
  next.wish.names = std::move(wish.names);
  next.handlers.push_back(std::move(handler));
}

// What the broker would end the session for is refused here instead.
bool SessionLink::sendWish() {
  if (!m_wish || m_isWishing) {
    return true;
  }
  std::size_t bytes = MESSAGE_OVERHEAD_BYTES;
  std::vector<ListenRefusal> refused;
  std::vector<std::string> names;
  for (const std::string& name : m_wish->wish.names) {
    if (name.size() > proto::MAX_COMMAND_NAME_BYTES) {
      refused.push_back({name, "unknown-event", "There is no such event."});
    } else if (names.size() == proto::MAX_LISTENING) {
      refused.push_back({name, "limit", "The page listens to too many events."});
    } else {
      bytes += name.size() + sizeof(std::uint64_t);
      names.push_back(name);
    }
  }
  if (!mayGo({2, static_cast<double>(bytes), static_cast<double>(1 + names.size())})) {
    return false;
  }
  m_wishSent = std::move(*m_wish);
  m_wish.reset();
  m_wishSent.wish.names = std::move(names);
  m_wishSent.refused = std::move(refused);
  m_isWishing = true;
  if (m_lost) {
    m_tasks.add(kj::evalLater(
        [this] { answerWish("disconnected", "The connection to the app is gone."); }));
    return true;
  }
  auto request = m_session.listenRequest();
  auto wire = request.initNames(static_cast<kj::uint>(m_wishSent.wish.names.size()));
  for (kj::uint i = 0; i < wire.size(); ++i) {
    wire.set(i, text(m_wishSent.wish.names[i]));
  }
  request.setFresh(m_wishSent.wish.fresh);
  request.setReady(m_wishSent.wish.ready);
  m_tasks.add(request.send().then(
      [this](auto&& response) {
        for (auto refusal : response.getRefused()) {
          m_wishSent.refused.push_back({m_wishSent.wish.names.at(refusal.getIndex()),
                                        refusal.getCode().cStr(),
                                        refusal.getMessage().cStr()});
        }
        answerWish(nullptr, nullptr);
      },
      [this](kj::Exception&& exception) {
        const bool gone = exception.getType() == kj::Exception::Type::DISCONNECTED;
        answerWish(gone ? "disconnected" : "internal",
                   gone ? "The connection to the app is gone." : "The app could not listen.");
      }));
  return true;
}

// code: why all of it failed, or null.
void SessionLink::answerWish(const char* code, const char* message) {
  Listen answered = std::exchange(m_wishSent, {});
  m_isWishing = false;
  if (code != nullptr) {
    for (const std::string& name : answered.wish.names) {
      answered.refused.push_back({name, code, message});
    }
  }
  for (const ListenHandler& handler : answered.handlers) {
    handler(answered.refused);
  }
}

// --- outside of the origin class
// ------------------------------------------------------------------------------------

void SessionLink::navigate(std::string_view url) {
  if (!m_attached || m_lost || url.size() > proto::MAX_ADDRESS_BYTES) {
    return;
  }
  auto request = m_session.navigateRequest();
  request.setUrl(kj::heapString(url.data(), url.size()));
  m_pace.owe(2, Pace::Clock::now());
  m_tasks.add(request.send().ignoreResult().catch_([](kj::Exception&&) {}));
}

// --- the end
// --------------------------------------------------------------------------------------------------------

void SessionLink::lost() {
  if (m_lost) {
    return;
  }
  m_lost = true;
  while (!m_calls.empty()) {
    settle(disconnected(m_calls.begin()->first));
  }
  m_waiting.clear();
  m_cancelled.clear();
  m_channels.lost();
  m_downloads.lost();
  m_connections.lost();
  m_assets.lost();
  m_log.lost();
  m_events.disconnected();
}

// Only attach can end here: without a session there is nothing to show.
void SessionLink::taskFailed(kj::Exception&& exception) {
  KJ_LOG(ERROR, "the session ended", exception.getType());
  lost();
}

}  // namespace sallyport::renderer
