// Runs in the broker; every parameter is hostile.
#include "broker/session/window-session.h"

#include <kj/debug.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "broker/session/incident.h"
#include "broker/session/outcome.h"
#include "proto/cancellation.h"

namespace sallyport::session {
namespace {

constexpr std::size_t MAX_ENGINE_BYTES = 128;
// Pointers and small fields of a reply around its large text, in words.
constexpr std::uint64_t REPLY_OVERHEAD_WORDS = 128;

kj::Exception refused() {
  return kj::Exception(kj::Exception::Type::FAILED, "session", 0, kj::str("refused"));
}

std::string_view view(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

capnp::Text::Reader text(std::string_view from) { return {from.data(), from.size()}; }

capnp::MessageSize replySize(std::size_t bytes) {
  return {bytes / sizeof(capnp::word) + REPLY_OVERHEAD_WORDS, 0};
}

PageLevel pageLevel(proto::LogLevel level) {
  switch (level) {
    case proto::LogLevel::DEBUG:
      return PageLevel::DEBUG;
    case proto::LogLevel::INFO:
      return PageLevel::INFO;
    case proto::LogLevel::WARNING:
      return PageLevel::WARNING;
    case proto::LogLevel::ERROR:
      return PageLevel::ERROR;
  }
  return PageLevel::INFO;  // a number that the schema does not have
}

// More than a call may have are not read, and told by their number.
std::vector<Uploads::Announced> announcedBy(proto::Call::Reader call) {
  std::vector<Uploads::Announced> announced;
  if (!call.hasUploads()) return announced;
  const auto uploads = call.getUploads();
  announced.reserve(std::min<std::size_t>(uploads.size(), proto::MAX_UPLOADS_PER_CALL + 1));
  for (const auto upload : uploads) {
    if (announced.size() > proto::MAX_UPLOADS_PER_CALL) break;
    announced.push_back({upload.getNumber(), upload.getBytes()});
  }
  return announced;
}

}  // namespace

WindowSession::WindowSession(Parts parts,
                             WindowStart start,
                             VerifyCage verifyCage,
                             kj::Function<void(proto::RendererControl::Client)> onAttached)
    : m_parts(parts),
      m_start(std::move(start)),
      m_verifyCage(kj::mv(verifyCage)),
      m_onAttached(kj::mv(onAttached)),
      m_pageLog(m_start.window, parts.timer, parts.journal),
      m_uploads(parts.guard, parts.timer),
      m_downloads({parts.guard, parts.dispatcher, parts.journal, parts.timer}, m_start.window),
      m_batches({parts.guard, parts.dispatcher, m_downloads, parts.journal, parts.patience},
                m_start.window),
      m_connections(parts.outside),
      m_channels({parts.guard, parts.dispatcher, parts.journal}, m_start.window),
      m_rooms(kj::heap<kj::TaskSet>(static_cast<kj::TaskSet::ErrorHandler&>(*this))) {}

void WindowSession::revoke() {
  m_state = State::REVOKED;
  m_calls.cancel(refused());
  m_batches.stop();
  m_uploads.stop();
  m_downloads.stop();
  m_connections.stop();
  m_channels.stop();
  m_rooms = nullptr;
  m_pageLog.stop();
}

WindowSession::DispatchCallResult WindowSession::dispatchCall(
    std::uint64_t interfaceId,
    std::uint16_t methodId,
    capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer> context) {
  if (m_state == State::REVOKED) return {refused(), false};
  kj::Promise<void> body = kj::evalNow([&]() -> kj::Promise<void> {
    // The ledger checked this already; here it also covers our own control calls, should the
    // renderer have handed us this very object as its control.
    if (interfaceId != capnp::typeId<proto::Session>()) breach(EndReason::UNKNOWN_METHOD);
    proto::allowCancellation(context);  // else a dead window's calls would run on
    return proto::Session::Server::dispatchCall(interfaceId, methodId, context).promise;
  });
  body = m_calls.wrap(body.catch_([this](kj::Exception&& exception) {
    if (!m_parts.guard.hasEnded()) {  // not a breach, so it is our bug
      m_parts.journal.incident(m_start.window, "", newIncident(), describe(exception));
      m_parts.guard.end(EndReason::INTERNAL);
    }
    kj::throwFatalException(refused());
  }));
  DispatchCallResult result{kj::mv(body), false};
#if CAPNP_VERSION_MAJOR >= 1
  result.allowCancellation = true;
#endif
  return result;
}

void WindowSession::grantsChanged() {
  m_channels.grantsChanged();
  m_downloads.grantsChanged();
}

void WindowSession::breach(EndReason reason) {
  m_parts.guard.end(reason);
  kj::throwFatalException(refused());
}

void WindowSession::readOrEnd(kj::FunctionParam<void()> read) {
  KJ_IF_MAYBE (broken, kj::runCatchingExceptions([&] { read(); })) {
    (void)broken;  // speaks of the renderer's bytes; the reason is enough
    breach(EndReason::MALFORMED);
  }
}

void WindowSession::requireAttached() {
  if (m_state != State::ATTACHED) breach(EndReason::NOT_ATTACHED);
}

Uploads::Opened WindowSession::openUploads(const std::vector<Uploads::Announced>& announced) {
  Uploads::Opened opened;
  if (const auto reason = m_uploads.open(announced, opened)) breach(*reason);
  return opened;
}

kj::Promise<void> WindowSession::attach(AttachContext context) {
  if (m_state != State::NEW) breach(EndReason::ATTACHED_TWICE);
  m_state = State::VERIFYING;
  kj::Maybe<proto::RendererControl::Client> control;
  std::uint32_t protocol = 0;
  std::string engine;
  readOrEnd([&] {
    const auto params = context.getParams();
    if (params.hasControl()) control = params.getControl();
    protocol = params.getProtocol();
    engine = escaped(view(params.getEngine()), MAX_ENGINE_BYTES);
  });
  if (protocol != proto::PROTOCOL_VERSION) breach(EndReason::WRONG_PROTOCOL);
  if (control == nullptr) breach(EndReason::NO_CONTROL);

  auto verified = kj::evalNow([&] { return m_verifyCage(); }).catch_([this](kj::Exception&& why) {
    m_parts.journal.incident(m_start.window, "", newIncident(), describe(why));
    return false;
  });
  return verified.then(
      [this, context, control = kj::mv(control), engine = std::move(engine)](bool holds) mutable {
        if (!holds) breach(EndReason::CAGE_NOT_VERIFIED);
        m_state = State::ATTACHED;
        m_parts.journal.attached(m_start.window, engine);
        auto start = context.getResults().initStart();
        writeStart(start);
        auto& given = KJ_ASSERT_NONNULL(control);
        m_batches.attach(given);
        m_uploads.attach(given);
        m_onAttached(kj::mv(given));
      });
}

void WindowSession::writeStart(proto::Start::Builder start) const {
  start.setWindow(text(m_start.window));
  start.setUrl(text(m_start.url));
  start.setTitle(text(m_start.title));
  start.setPageState(text(m_start.pageState));
  start.setContentSecurityPolicy(text(m_start.contentSecurityPolicy));
  auto hosts = start.initHosts(static_cast<kj::uint>(m_start.hosts.size()));
  for (kj::uint i = 0; i < hosts.size(); ++i) {
    const auto& pattern = m_start.hosts[i].pattern;
    hosts[i].setName(text(pattern.host));
    hosts[i].setPort(pattern.port);
    hosts[i].setSubdomains(static_cast<proto::Subdomains>(pattern.subdomains));
  }
  auto authorities = start.initAuthorities(static_cast<kj::uint>(m_start.authorities.size()));
  for (kj::uint i = 0; i < authorities.size(); ++i)
    authorities.set(i, text(m_start.authorities[i]));
}

kj::Promise<void> WindowSession::invoke(InvokeContext context) {
  requireAttached();
  capnp::Text::Reader command;
  capnp::Text::Reader arguments;
  std::uint64_t id = 0;
  std::vector<Uploads::Announced> uploads;
  readOrEnd([&] {
    const auto call = context.getParams().getCall();
    command = call.getCommand();
    arguments = call.getArguments();  // once: each reading counts against the traversal limit
    id = call.getId();
    uploads = announcedBy(call);
  });
  m_parts.guard.spendCalls(1);
  auto settled = m_parts.dispatcher.dispatch(view(command), view(arguments), openUploads(uploads));
  context.releaseParams();
  return settled.then([this, context, id](Settled value) mutable {
    return answer(context, id, m_downloads.adopt(std::move(value)));
  });
}

kj::Promise<void> WindowSession::answer(InvokeContext context, std::uint64_t id, Settled settled) {
  if (settled.refusal) {
    auto outcome = context.getResults(replySize(settled.refusal->message.size())).initOutcome();
    writeOutcome(outcome, settled, m_start.window, id);
    return kj::READY_NOW;
  }
  const std::size_t bytes = settled.value.size();
  return whenRoom(bytes, bytes, [this, context, id, settled = std::move(settled)]() mutable {
    auto outcome = context.getResults(replySize(settled.value.size())).initOutcome();
    writeOutcome(outcome, settled, m_start.window, id);
  });
}

kj::Promise<void> WindowSession::invokeMany(InvokeManyContext context) {
  requireAttached();
  std::vector<CallBatches::Call> calls;
  std::vector<std::vector<Uploads::Announced>> uploads;
  readOrEnd([&] {
    const auto sent = context.getParams().getCalls();
    if (sent.size() > proto::MAX_CALLS_PER_BATCH) return;
    calls.reserve(sent.size());
    for (const auto call : sent) {
      calls.push_back({call.getId(),
                       std::string(view(call.getCommand())),
                       std::string(view(call.getArguments())),
                       std::nullopt});
      uploads.push_back(announcedBy(call));
    }
  });
  if (calls.empty()) breach(EndReason::BATCH_SIZE);
  for (std::size_t i = 0; i < calls.size(); ++i) calls[i].uploads = openUploads(uploads[i]);
  context.releaseParams();
  m_parts.guard.spendCalls(calls.size());
  if (const auto reason = m_batches.add(std::move(calls))) breach(*reason);
  // Last: after all that can settle in this turn.
  return kj::evalLast([this, context]() mutable {
           const auto outcomes = m_batches.takeSettled(CallBatches::Larger::LEAVE);
           auto results = context.getResults(replySize(CallBatches::wireBytes(outcomes)));
           m_batches.write(results.initOutcomes(static_cast<kj::uint>(outcomes.size())), outcomes);
         })
      .attach(m_batches.answerComes());
}

kj::Promise<void> WindowSession::cancel(CancelContext context) {
  requireAttached();
  bool tooMany = false;
  readOrEnd([&] {
    const auto ids = context.getParams().getIds();
    tooMany = ids.size() > proto::MAX_OPEN_CALLS;
    if (tooMany) return;
    for (const std::uint64_t id : ids) m_batches.cancel(id);
  });
  if (tooMany) breach(EndReason::BATCH_SIZE);
  return kj::READY_NOW;
}

kj::Promise<void> WindowSession::open(OpenContext context) {
  requireAttached();
  capnp::Text::Reader command;
  capnp::Text::Reader arguments;
  std::uint64_t id = 0;
  std::uint64_t number = 0;
  std::vector<Uploads::Announced> uploads;
  readOrEnd([&] {
    const auto params = context.getParams();
    number = params.getChannel();
    const auto call = params.getCall();
    command = call.getCommand();
    arguments = call.getArguments();
    id = call.getId();
    uploads = announcedBy(call);
  });
  m_parts.guard.spendCalls(1);
  if (const auto reason = m_channels.announce(number)) breach(*reason);
  auto opened = m_channels.open(number, view(command), view(arguments), openUploads(uploads));
  context.releaseParams();
  return opened.then([this, context, id](Settled settled) mutable {
    const std::size_t bytes = settled.refusal ? settled.refusal->message.size() : 0;
    writeOutcome(context.getResults(replySize(bytes)).initOutcome(), settled, m_start.window, id);
  });
}

kj::Promise<void> WindowSession::next(NextContext context) {
  requireAttached();
  std::uint64_t number = 0;
  readOrEnd([&] { number = context.getParams().getChannel(); });
  m_parts.guard.spendCalls(1);
  if (const auto reason = m_channels.mayTake(number)) breach(*reason);
  return m_channels.take(number).then([this, context, number](Channels::Answer answer) mutable {
    const Channels::Taken& taken = answer.taken;
    auto to = context.getResults(replySize(taken.bytes())).initItems();
    auto items = to.initItems(static_cast<kj::uint>(taken.items.size()));
    for (kj::uint i = 0; i < items.size(); ++i) items.set(i, text(taken.items[i]));
    if (taken.refusal) {
      writeFailure(to.initFailed(), *taken.refusal, m_start.window, number);
    } else if (taken.ended) {
      to.setEnded();
    }
    if (answer.room.get() != nullptr) holdUntilSent(kj::mv(answer.room));
  });
}

kj::Promise<void> WindowSession::close(CloseContext context) {
  requireAttached();
  bool tooMany = false;
  readOrEnd([&] {
    const auto numbers = context.getParams().getChannels();
    tooMany = numbers.size() > proto::MAX_CHANNELS;
    if (tooMany) return;
    for (const std::uint64_t number : numbers) m_channels.close(number);
  });
  if (tooMany) breach(EndReason::BATCH_SIZE);
  return kj::READY_NOW;
}

kj::Promise<void> WindowSession::read(ReadContext context) {
  requireAttached();
  std::uint64_t number = 0;
  readOrEnd([&] { number = context.getParams().getDownload(); });
  m_parts.guard.spendCalls(1);
  if (const auto reason = m_downloads.mayRead(number)) breach(*reason);
  return m_downloads.read(number).then([this, context, number](Downloads::Piece piece) mutable {
    auto to = context.getResults(replySize(piece.bytes.size())).initPiece();
    if (piece.refusal) {
      writeFailure(to.initFailed(), *piece.refusal, m_start.window, number);
    } else {
      to.setBytes(piece.bytes);
    }
    if (piece.room.get() != nullptr) holdUntilSent(kj::mv(piece.room));
  });
}

kj::Promise<void> WindowSession::discard(DiscardContext context) {
  requireAttached();
  bool tooMany = false;
  readOrEnd([&] {
    const auto numbers = context.getParams().getDownloads();
    tooMany = numbers.size() > proto::MAX_OPEN_DOWNLOADS;
    if (tooMany) return;
    for (const std::uint64_t number : numbers) m_downloads.discard(number);
  });
  if (tooMany) breach(EndReason::BATCH_SIZE);
  return kj::READY_NOW;
}

kj::Promise<void> WindowSession::listen(ListenContext context) {
  requireAttached();
  WindowEvents::Wish wish;
  bool tooMany = false;
  readOrEnd([&] {
    const auto params = context.getParams();
    const auto names = params.getNames();
    tooMany = names.size() > proto::MAX_LISTENING;
    if (tooMany) return;
    for (const auto name : names) wish.names.emplace_back(view(name));
    wish.fresh = params.getFresh();
    wish.ready = params.getReady();
  });
  if (tooMany) breach(EndReason::BATCH_SIZE);
  context.releaseParams();
  m_parts.guard.spendCalls(1 + wish.names.size());
  const auto refusals = m_parts.events.listen(m_parts.registry, wish);
  auto refused = context.getResults().initRefused(static_cast<kj::uint>(refusals.size()));
  for (kj::uint i = 0; i < refused.size(); ++i) {
    const auto& refusal = refusals[i];
    m_parts.journal.refused(m_start.window, refusal.event, refusal.code);
    refused[i].setIndex(static_cast<std::uint16_t>(refusal.index));
    refused[i].setCode(text(commands::codeName(refusal.code)));
    refused[i].setMessage(refusal.code == commands::Code::DENIED
                              ? "This window may not listen to this event."
                              : "There is no such event.");
  }
  return kj::READY_NOW;
}

kj::Promise<void> WindowSession::asset(AssetContext context) {
  requireAttached();
  std::string path;
  std::uint64_t offset = 0;
  bool tooLong = false;
  readOrEnd([&] {
    const auto params = context.getParams();
    offset = params.getOffset();
    const std::string_view sent = view(params.getPath());
    tooLong = sent.size() > proto::MAX_ASSET_PATH_BYTES;
    if (!tooLong) path = sent;
  });
  context.releaseParams();
  if (tooLong) {
    context.getResults().initAsset().setNotFound();
    return kj::READY_NOW;
  }
  if (answerAsset(context, path, offset, false)) return kj::READY_NOW;
  return whenRoom(proto::ASSET_CHUNK_BYTES,
                  0,  // nothing is read before there is room
                  [this, context, path = std::move(path), offset]() mutable {
                    answerAsset(context, path, offset, true);
                  });
}

bool WindowSession::answerAsset(AssetContext& context,
                                std::string_view path,
                                std::uint64_t offset,
                                bool large) {
  const auto piece = m_parts.assets.read(path, offset, proto::ASSET_CHUNK_BYTES);
  if (!piece) {
    context.getResults().initAsset().setNotFound();
    return true;
  }
  KJ_ASSERT(piece->body.size() <= proto::ASSET_CHUNK_BYTES);
  if (!large && piece->body.size() >= Guard::LARGE_REPLY_BYTES) return false;
  auto found = context.getResults(replySize(piece->body.size())).initAsset().initFound();
  found.setMime(text(piece->mime));
  found.setBody(
      kj::arrayPtr(reinterpret_cast<const kj::byte*>(piece->body.data()), piece->body.size()));
  found.setTotalBytes(piece->totalBytes);
  auto headers = found.initHeaders(static_cast<kj::uint>(piece->headers.size()));
  for (kj::uint i = 0; i < headers.size(); ++i) {
    headers[i].setName(text(piece->headers[i].first));
    headers[i].setValue(text(piece->headers[i].second));
  }
  return true;
}

kj::Promise<void> WindowSession::whenRoom(std::size_t bytes,
                                          std::size_t held,
                                          kj::Function<void()> send) {
  if (bytes < Guard::LARGE_REPLY_BYTES) {
    send();
    return kj::READY_NOW;
  }
  return m_parts.guard.room(bytes, held)
      .then([this, send = kj::mv(send)](kj::Own<Guard::Room> room) mutable {
        send();
        holdUntilSent(kj::mv(room));
      });
}

// The reply is in the ledger once all that is ready now has run.
void WindowSession::holdUntilSent(kj::Own<Guard::Room> room) {
  m_rooms->add(kj::evalLast([room = kj::mv(room)]() mutable { room = nullptr; }));
}

kj::Promise<void> WindowSession::log(LogContext context) {
  requireAttached();
  readOrEnd([&] {
    const auto params = context.getParams();
    m_pageLog.line(pageLevel(params.getLevel()), view(params.getText()));
  });
  return kj::READY_NOW;
}

kj::Promise<void> WindowSession::navigate(NavigateContext context) {
  requireAttached();
  std::string url;
  bool tooLong = false;
  readOrEnd([&] {
    const std::string_view sent = view(context.getParams().getUrl());
    tooLong = sent.size() > proto::MAX_ADDRESS_BYTES;
    if (!tooLong) url = sent;
  });
  if (tooLong || m_parts.outside == nullptr || !m_parts.outside->navigate(url))
    return kj::READY_NOW;
  // Before anything that is read already, or waits in a batch, can run.
  m_state = State::REVOKED;
  m_parts.dispatcher.setGrants(std::make_shared<const capabilities::Grants>());
  breach(EndReason::REVOKED);
}

kj::Promise<void> WindowSession::connect(ConnectContext context) {
  requireAttached();
  std::uint32_t id = 0;
  std::string host;
  std::uint16_t port = 0;
  readOrEnd([&] {
    const auto params = context.getParams();
    id = params.getConnection();
    port = params.getPort();
    const std::string_view sent = view(params.getHost());
    if (sent.size() <= proto::MAX_HOST_NAME_BYTES) host = sent;  // else empty: nobody's
  });
  if (const auto wrong = m_connections.wrongToConnect(id)) breach(*wrong);
  return m_connections.connect(id, host, port).then([context](bool connected) mutable {
    context.getResults().setConnected(connected);
  });
}

kj::Promise<void> WindowSession::send(SendContext context) {
  requireAttached();
  std::uint32_t id = 0;
  capnp::Data::Reader bytes;
  readOrEnd([&] {
    const auto params = context.getParams();
    id = params.getConnection();
    bytes = params.getBytes();
  });
  if (const auto wrong = m_connections.wrongToSend(id, bytes.size())) breach(*wrong);
  return m_connections.send(id, kj::heapArray<kj::byte>(bytes));
}

kj::Promise<void> WindowSession::receive(ReceiveContext context) {
  requireAttached();
  std::uint32_t id = 0;
  readOrEnd([&] { id = context.getParams().getConnection(); });
  if (const auto wrong = m_connections.wrongToReceive(id)) breach(*wrong);
  return m_connections.receive(id).then([this, context](kj::Array<kj::byte> bytes) mutable {
    const std::size_t size = bytes.size();
    return whenRoom(size, size, [context, bytes = kj::mv(bytes)]() mutable {
      context.getResults(replySize(bytes.size())).setBytes(bytes);
    });
  });
}

kj::Promise<void> WindowSession::disconnect(DisconnectContext context) {
  requireAttached();
  std::uint32_t id = 0;
  readOrEnd([&] { id = context.getParams().getConnection(); });
  m_connections.disconnect(id);
  return kj::READY_NOW;
}

void WindowSession::taskFailed(kj::Exception&& exception) {
  m_parts.journal.incident(m_start.window, "", newIncident(), describe(exception));
}

}  // namespace sallyport::session
