// Runs in the broker; the peer is hostile.
#include "broker/session/window-connection.h"

#include "broker/session/incident.h"

namespace sallyport::session {
namespace {

capnp::Text::Reader text(std::string_view from) { return {from.data(), from.size()}; }

}  // namespace

WindowConnection::WindowConnection(kj::Own<kj::AsyncCapabilityStream> stream,
                                   Broker broker,
                                   Window window)
    : m_broker(broker),
      m_label(window.caller.window),
      m_events(window.events),
      m_stream(kj::mv(stream)),
      m_guard(*m_stream, broker.timer),
      m_patience(broker.timer),
      m_dispatcher(broker.registry,
                   window.caller,
                   window.grants,
                   broker.timer,
                   broker.journal,
                   broker.running),
      m_session(nullptr),
      m_bootstrap(nullptr),
      m_network(m_guard),
      m_tasks(*this) {
  auto ended = kj::newPromiseAndFulfiller<EndReason>();
  m_ended = ended.promise.fork();
  m_endFulfiller = kj::mv(ended.fulfiller);
  auto attached = kj::newPromiseAndFulfiller<void>();
  m_attached = attached.promise.fork();
  m_attachFulfiller = kj::mv(attached.fulfiller);

  m_events.connect(window.caller.origin, std::move(window.grants), [this] { sendEvents(); });
  auto session = kj::heap<WindowSession>(
      WindowSession::Parts{m_guard,
                           m_dispatcher,
                           broker.registry,
                           m_events,
                           window.assets,
                           broker.journal,
                           broker.timer,
                           m_patience,
                           window.outside},
      std::move(window.start),
      kj::mv(window.verifyCage),
      [this](proto::RendererControl::Client control) { onAttached(kj::mv(control)); });
  m_session = session.get();
  m_bootstrap = proto::Session::Client(kj::mv(session));
  m_rpc = kj::heap<capnp::RpcSystem<capnp::rpc::twoparty::VatId>>(
      capnp::makeRpcServer(m_network, m_bootstrap));
  // A continuation of its own: the end is often noticed deep inside a call or the RPC system.
  m_tasks.add(m_guard.onEnd().then([this](EndReason reason) { tearDown(reason); }));
}

WindowConnection::~WindowConnection() noexcept(false) {
  m_guard.end(EndReason::REVOKED);
  if (m_stream.get() != nullptr) tearDown(EndReason::REVOKED);
}

void WindowConnection::tearDown(EndReason reason) {
  m_session->revoke();
  m_control = nullptr;
  m_rpc = nullptr;
  m_bootstrap = nullptr;
  m_events.disconnect();
  m_guard.close();
  m_stream = nullptr;
  m_broker.journal.ended(m_label, reason);
  m_endFulfiller->fulfill(kj::mv(reason));
}

// What was read already may still be on its way to its handler: it has no right there any more.
void WindowConnection::revoke(EndReason reason) {
  m_dispatcher.setGrants(std::make_shared<const capabilities::Grants>());
  m_guard.end(reason);
}

void WindowConnection::setGrants(std::shared_ptr<const capabilities::Grants> grants) {
  m_events.setGrants(grants);
  m_dispatcher.setGrants(std::move(grants));
  if (!m_guard.hasEnded()) m_session->grantsChanged();
}

void WindowConnection::onAttached(proto::RendererControl::Client control) {
  m_control = kj::mv(control);
  m_attachFulfiller->fulfill();
  sendEvents();
}

kj::Promise<WindowConnection::Answer> WindowConnection::withDeadline(kj::Promise<void> call) {
  auto answered =
      call.then([] { return Answer::YES; }, [](kj::Exception&&) { return Answer::GONE; });
  return answered.exclusiveJoin(
      m_broker.timer.afterDelay(CONTROL_DEADLINE_MS * kj::MILLISECONDS).then([] {
        return Answer::LATE;
      }));
}

kj::Promise<WindowConnection::Answer> WindowConnection::load(std::string_view url) {
  KJ_IF_MAYBE (control, m_control) {
    auto request = control->loadRequest();
    request.setUrl(kj::heapString(url.data(), url.size()));  // a view may have no NUL behind it
    return withDeadline(request.send().ignoreResult());
  }
  return Answer::GONE;
}

kj::Promise<WindowConnection::Answer> WindowConnection::close() {
  KJ_IF_MAYBE (control, m_control) {
    return withDeadline(control->closeRequest().send().ignoreResult());
  }
  return Answer::GONE;
}

kj::Promise<WindowConnection::Answer> WindowConnection::ping() {
  KJ_IF_MAYBE (control, m_control) {
    const auto asked = m_patience.asks();
    // One that refuses the question is there as well.
    return withDeadline(control->pingRequest().send().ignoreResult().then(
        [this, asked] { m_patience.answers(asked); },
        [this, asked](kj::Exception&& refused) {
          m_patience.answers(asked);
          kj::throwFatalException(kj::mv(refused));
        }));
  }
  return Answer::GONE;
}

void WindowConnection::sendEvents() {
  if (m_delivering || m_guard.hasEnded()) return;
  KJ_IF_MAYBE (control, m_control) {
    const auto due = m_events.takeDue();
    if (due.empty()) return;
    auto request = control->deliverRequest();
    auto events = request.initEvents(static_cast<kj::uint>(due.events.size()));
    for (kj::uint i = 0; i < events.size(); ++i) {
      events[i].setName(text(due.events[i].event->name));
      events[i].setPayload(text(due.events[i].payload));
    }
    auto dropped = request.initDropped(static_cast<kj::uint>(due.dropped.size()));
    for (kj::uint i = 0; i < dropped.size(); ++i) {
      dropped[i].setName(text(due.dropped[i].first->name));
      dropped[i].setCount(due.dropped[i].second);
    }
    m_delivering = true;
    auto returned = request.send().ignoreResult().then([] { return true; });
    auto late =
        m_patience.overdue(DELIVER_DEADLINE_MS * kj::MILLISECONDS).then([] { return false; });
    m_tasks.add(
        returned.exclusiveJoin(kj::mv(late))
            .then(
                [this](bool inTime) {
                  m_delivering = false;
                  if (!inTime) return m_guard.end(EndReason::CONTROL_UNANSWERED);
                  sendEvents();
                },
                // The renderer refused its events; that is its loss, the next ones are tried.
                [this](kj::Exception&&) {
                  m_delivering = false;
                  sendEvents();
                }));
  }
}

void WindowConnection::taskFailed(kj::Exception&& exception) {
  m_broker.journal.incident(m_label, "", newIncident(), describe(exception));
  m_guard.end(EndReason::INTERNAL);
}

}  // namespace sallyport::session
