#include "broker/daemon/window.h"

#include <kj/debug.h>

#include <utility>

#include "broker/daemon/cage-verification.h"
#include "broker/daemon/descriptor.h"

namespace sallyport::daemon {
namespace {

constexpr kj::Duration ATTACH_DEADLINE =
    30 * kj::SECONDS;  // from the start of a renderer to its attach
constexpr kj::Duration CLOSE_PATIENCE = 5 * kj::SECONDS;  // for a page that is asked
// So often within this time: the user means it, whatever a page says.
constexpr std::size_t INSISTING = 5;
constexpr kj::Duration INSISTS_WITHIN = 10 * kj::SECONDS;
constexpr kj::Duration READY_PERIOD = 1 * kj::SECONDS;
constexpr kj::Duration UNLOAD_PATIENCE = 2 * kj::SECONDS;

// For the journal: what a renderer wrote is told by its host at most.
std::string originOf(std::string_view url) {
  std::string problem;
  const auto address = capabilities::parseUrl(url, problem);
  return address ? address->origin() : "something that is no address";
}

}  // namespace

// What the frame tells us: wishes of the user, and what became of the renderer's picture.
class Window::FromFrame final : public proto::FrameEvents::Server {
 public:
  explicit FromFrame(Window& window) : m_window(window) {}

  kj::Promise<void> closeRequested(CloseRequestedContext) override {
    m_window.userCloses();
    return kj::READY_NOW;
  }
  kj::Promise<void> reloadRequested(ReloadRequestedContext) override {
    m_window.reload();
    return kj::READY_NOW;
  }
  kj::Promise<void> endRequested(EndRequestedContext) override {
    if (!m_window.hung()) return kj::READY_NOW;  // it answers again, and may have saved something
    m_window.note(Level::WARNING, "is ended by the user");
    m_window.m_run->process->kill();
    return kj::READY_NOW;
  }
  kj::Promise<void> waitRequested(WaitRequestedContext) override {
    if (m_window.m_run.get() != nullptr) m_window.m_run->watch->wait();
    return kj::READY_NOW;
  }
  kj::Promise<void> firstFrame(FirstFrameContext) override {
    if (m_window.m_run.get() != nullptr) m_window.m_run->watch->drawn();
    m_window.m_around.processes.journal.write(
        Level::INFO, "broker", "window " + m_window.label() + ": first frame");
    m_window.wishSpare();
    return kj::READY_NOW;
  }
  kj::Promise<void> placed(PlacedContext context) override {
    m_window.placed(read(context.getParams().getPlace()), context.getParams().getFocused());
    return kj::READY_NOW;
  }
  kj::Promise<void> rendererGone(RendererGoneContext) override {
    // Its Wayland socket is gone: it can draw no more, whatever its session says.
    if (m_window.m_run.get() != nullptr) m_window.m_run->process->kill();
    return kj::READY_NOW;
  }

 private:
  Window& m_window;
};

Window::Window(WindowSurroundings& around, WindowSpec spec, Told onClosed, Told onReady)
    : m_around(around),
      m_spec(std::move(spec)),
      m_onClosed(kj::mv(onClosed)),
      m_onReady(kj::mv(onReady)),
      m_frame(
          around.processes,
          spawn::ProcessKind::FRAME,
          "frame " + m_spec.label,
          m_spec.label,
          [] { return std::vector<kj::AutoCloseFd>(); },
          [this] { return openFrame(); }),
      m_origin(m_spec.label, around.app, around.policy),
      m_events(around.events,
               {m_spec.label, m_origin.name(), m_origin.grants()},
               [this] { tellReady(); }),
      m_next(around.processes, m_spec.label, [this] { return frameObject(); }),
      m_budget(around.processes.crashMemory),
      m_title(m_spec.title),
      m_place(around.places.find(m_spec.label)
                  .value_or(WindowPlace{m_spec.width, m_spec.height, {}, {}})),
      m_tasks(*this) {}

Window::~Window() noexcept(false) {
  if (m_around.spares != nullptr) m_around.spares->takeBack(m_next);
}

// Who holds the promise may outlive this window; the start itself may not.
kj::Promise<void> Window::open() {
  auto opened = kj::newPromiseAndFulfiller<void>();
  auto& fulfiller = *opened.fulfiller;
  m_tasks.add(m_frame.start()
                  .then([&fulfiller] { fulfiller.fulfill(); },
                        [&fulfiller](kj::Exception&& why) { fulfiller.reject(kj::mv(why)); })
                  .attach(kj::mv(opened.fulfiller)));
  m_next.prepare();  // side by side
  return kj::mv(opened.promise);
}

// Also after the frame crashed: the renderer of the old one has lost its display.
kj::Promise<void> Window::openFrame() {
  auto request = frameObject().openRequest();
  request.setLabel(m_spec.label.c_str());
  request.setTitle(m_title.c_str());
  write(m_place, request.initPlace());
  request.setEvents(kj::heap<FromFrame>(*this));
  ++m_frames;
  return request.send().ignoreResult().then([this] {
    m_next.frameOpened();
    if (m_run.get() != nullptr)
      m_run->process->kill();  // watch() brings a new one, to the new frame
    else
      m_tasks.add(launchRenderer());
  });
}

kj::Promise<void> Window::launchRenderer() {
  // One at a time: a frame that came back, a pause that is over and the user's button may all ask.
  if (m_launching || m_run.get() != nullptr || m_closing) return kj::READY_NOW;
  // When it is back and its cage was read, openFrame() asks again.
  if (m_frame.pid() == 0 || !m_frame.usable()) return kj::READY_NOW;
  m_launching = true;
  auto taken = m_next.take().attach(kj::defer([this] { m_launching = false; }));
  auto launched = [this, frames = m_frames](NextRenderer::Taken next) -> kj::Promise<void> {
    auto& around = m_around.processes;
    const pid_t pid = next.process->pid();
    auto run = kj::heap<Run>();
    run->process = kj::mv(next.process);
    m_leaving = false;
    m_refusals = 0;
    session::WindowConnection::Window window{{m_spec.label, m_origin.name()},
                                             start(),
                                             m_origin.grants(),
                                             m_events,
                                             assets(),
                                             [this, pid] { return verify(pid); },
                                             this};
    run->connection = kj::heap<session::WindowConnection>(
        around.io.wrapUnixSocketFd(kj::mv(next.session),
                                   kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC |
                                       kj::LowLevelAsyncIoProvider::ALREADY_NONBLOCK),
        m_around.session,
        kj::mv(window));
    run->watch = watchForHang(*run->connection);
    m_run = kj::mv(run);
    m_cage.reset();  // that of the last one
    // Meanwhile the window was closed, or the frame that has its display was replaced.
    if (m_closing || frames != m_frames) m_run->process->kill();
    return watch();
  };
  return taken.then(
      kj::mv(launched), [this, frames = m_frames](kj::Exception&& why) -> kj::Promise<void> {
        if (why.getType() != kj::Exception::Type::DISCONNECTED)
          kj::throwFatalException(kj::mv(why));
        // The frame went meanwhile. The next one will ask for a renderer, or has asked already.
        return frames == m_frames ? kj::Promise<void>(kj::READY_NOW) : launchRenderer();
      });
}

kj::Promise<sandbox::CageReport> Window::readCage(pid_t pid) {
  return m_around.processes.spawner.inspect(pid, spawn::ProcessKind::RENDERER)
      .then([this](sandbox::CageReport report) {
        m_cage = report;
        return report;
      });
}

// Before the session is granted: at the first look it holds or there is none. What ended while it
// was looked at shows nothing whole either; its end is told a moment later, and it is a crash.
kj::Promise<bool> Window::verify(pid_t pid) {
  return readCage(pid).then([this](const sandbox::CageReport& report) -> kj::Promise<bool> {
    if (report.holds()) return true;
    auto& around = m_around.processes;
    return around.timer.afterDelay(SECOND_LOOK_PAUSE).then([this, &around, report] {
      for (const auto& check : report.checks)
        if (check.state == sandbox::CheckState::FAILED)
          around.journal.write(
              Level::ERROR,
              "broker",
              "window " + m_spec.label + ": its cage fails on " + check.name + ": " + check.value);
      return false;
    });
  });
}

// Of the run that is under way, every minute from its start on.
kj::Promise<session::EndReason> Window::cageFails() {
  const pid_t pid = m_run->process->pid();
  return untilCageFails(m_around.processes,
                        {"window " + m_spec.label,
                         [this, pid] { return readCage(pid); },
                         [this] { return m_run.get() != nullptr && m_run->process->running(); }})
      .then([] { return session::EndReason::CAGE_NOT_VERIFIED; });
}

kj::Promise<void> Window::inspectAgain() {
  if (m_run.get() == nullptr) return kj::READY_NOW;
  return verify(m_run->process->pid()).ignoreResult();
}

session::WindowStart Window::start() const {
  auto start = m_origin.start();
  start.title = m_spec.title;
  start.pageState = m_around.pageStates.find(m_spec.label, m_origin.name());
  return start;
}

// A remote page has none of the app's files.
session::AssetSource& Window::assets() {
  class Nothing final : public session::AssetSource {
   public:
    std::optional<session::AssetPiece> read(std::string_view, std::uint64_t, std::size_t) override {
      return std::nullopt;
    }
  };
  static Nothing nothing;
  if (m_origin.isApp()) return m_around.assets;
  return nothing;
}

bool Window::navigate(std::string_view url) {
  auto to = m_origin.leadsTo(url);
  if (!to) note(Level::WARNING, "refused to go to " + originOf(url));
  if (m_closing || !to || to->origin == m_origin.name()) return false;
  if (!m_moves.take(m_around.processes.timer.now())) {
    note(Level::WARNING, "refused to go from origin to origin so often");
    return false;
  }
  show(std::move(*to));
  return true;
}

// In the process after this one; whoever calls takes this one's rights at once.
void Window::show(ShownOrigin::Place place) {
  note(Level::INFO, "goes from origin " + m_origin.name() + " to " + place.origin);
  m_origin.go(std::move(place));
  m_leaving = m_run.get() != nullptr;
  // The frame is drawn outside of the page: there the user sees whose page it is.
  setTitle(m_origin.title(m_spec.title));
}

kj::Promise<kj::Maybe<kj::Own<kj::AsyncIoStream>>> Window::connect(std::string_view host,
                                                                   std::uint16_t port) {
  const auto to = m_origin.reach(host, port);
  if (!to) {
    note(Level::WARNING,
         "refused a connection to " +
             originOf("https://" + std::string(host) + ":" + std::to_string(port) + "/"));
    return kj::Maybe<kj::Own<kj::AsyncIoStream>>();
  }
  auto pair = makeSocketPair();
  auto request = m_around.net().connectRequest();
  request.setHost(to->url.host.c_str());
  request.setPort(port);
  request.setAddresses(static_cast<proto::AddressRange>(to->addresses));
  request.setSocket(kj::heap<FdCarrier>(kj::mv(pair.theirs)));
  return request.send().then([this, ours = kj::mv(pair.ours), where = to->url.origin()](
                                 capnp::Response<proto::Net::ConnectResults> answer) mutable
                             -> kj::Maybe<kj::Own<kj::AsyncIoStream>> {
    if (answer.getOutcome() == proto::ConnectOutcome::CONNECTED)
      return m_around.processes.io.wrapSocketFd(kj::mv(ours),
                                                kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC |
                                                    kj::LowLevelAsyncIoProvider::ALREADY_NONBLOCK);
    note(Level::WARNING,
         where + (answer.getOutcome() == proto::ConnectOutcome::REFUSED
                      ? " is at an address that this origin may not reach"
                      : " is not reached"));
    return kj::Own<kj::AsyncIoStream>();
  });
}

// What a page can cause is noted a bounded number of times.
void Window::note(Level level, const std::string& text) {
  constexpr unsigned NOTES = 20;
  if (level != Level::INFO && m_refusals++ >= NOTES) return;
  m_around.processes.journal.write(level, "broker", "window " + m_spec.label + " " + text);
}

pid_t Window::rendererPid() const {
  return m_run.get() != nullptr && m_run->process->running() && m_cage ? m_cage->pid : 0;
}

// Whatever ends first, the process, its session, or our patience for its attach.
kj::Promise<session::EndReason> Window::runEnded() {
  auto& run = *m_run;
  auto tooLate = m_around.processes.timer.afterDelay(ATTACH_DEADLINE)
                     .then([this]() -> kj::Promise<session::EndReason> {
                       if (attached()) return kj::NEVER_DONE;
                       m_around.processes.journal.write(
                           Level::WARNING,
                           "broker",
                           "window " + m_spec.label + ": its renderer never attached");
                       return session::EndReason::NOT_ATTACHED;
                     });
  return run.process->exited()
      .then([] { return session::EndReason::PEER_CLOSED; })
      .exclusiveJoin(run.connection->ended())
      .exclusiveJoin(cageFails())
      .exclusiveJoin(kj::mv(tooLate));
}

kj::Promise<void> Window::watch() {
  return runEnded().then([this](session::EndReason reason) {
    // A hostile process, one without its cage, or one of an origin that was left, gets no time.
    // Another may just be on its way out.
    const bool atOnce =
        session::isBreach(reason) || m_leaving || reason == session::EndReason::CAGE_NOT_VERIFIED;
    return endRun(atOnce ? 0 * kj::SECONDS : 200 * kj::MILLISECONDS).then([this, reason] {
      return afterEnd(reason);
    });
  });
}

kj::Promise<void> Window::endRun(kj::Duration patience) {
  m_run->connection->revoke();
  return m_run->connection->ended()
      .ignoreResult()
      .then([this, patience] { return m_run->process->end(patience); })
      .then([this] {
        // Not from inside the promises that this destroys.
        return kj::evalLater([this] { m_run = nullptr; });
      });
}

kj::Promise<void> Window::afterEnd(session::EndReason reason) {
  if (m_closing) return kj::READY_NOW;
  if (std::exchange(m_leaving, false)) return launchRenderer();
  auto& around = m_around.processes;
  around.journal.write(Level::WARNING,
                       "broker",
                       "window " + m_spec.label +
                           ": its renderer ended: " + std::string(session::endReasonName(reason)));
  if (reason == session::EndReason::CAGE_NOT_VERIFIED) {
    showCrash(
        "The sandbox of this window could not be verified, so it does not run. `sallyport doctor` "
        "says why.");
    return kj::READY_NOW;
  }
  const kj::Duration wait = m_budget.crashed(around.timer.now());
  if (m_budget.usedUp()) {
    showCrash("This window crashed several times in a minute.");
    return kj::READY_NOW;
  }
  ++m_restarts;
  return around.timer.afterDelay(wait).then([this] { return launchRenderer(); });
}

// A frame that is away shows nothing; when it is back, it gets a renderer.
void Window::showCrash(kj::StringPtr sentence) {
  m_around.processes.journal.write(
      Level::WARNING, "broker", "window " + m_spec.label + " shows: " + sentence.cStr());
  auto request = frameObject().showCrashRequest();
  request.setText(sentence);
  m_tasks.add(request.send().ignoreResult().catch_([](kj::Exception&&) {}));
}

// It belongs to the run, and ends before what it asks and ends.
kj::Own<HangWatch> Window::watchForHang(session::WindowConnection& connection) {
  using Answer = session::WindowConnection::Answer;
  return kj::heap<HangWatch>(
      m_around.processes.timer,
      HangWatch::Parts{[&connection] {
                         return connection.ping().then([](Answer answer) {
                           return answer == Answer::YES    ? Heartbeat::Answer::YES
                                  : answer == Answer::LATE ? Heartbeat::Answer::LATE
                                                           : Heartbeat::Answer::GONE;
                         });
                       },
                       [this](bool hung) { showHang(hung); },
                       [this, &connection] {
                         note(Level::WARNING, "does not answer any more");
                         connection.revoke(session::EndReason::CONTROL_UNANSWERED);
                       }});
}

void Window::showHang(bool hung) {
  note(Level::WARNING, hung ? "does not answer" : "answers again");
  auto request = frameObject().showHangRequest();
  request.setHung(hung);
  m_tasks.add(request.send().ignoreResult().catch_([](kj::Exception&&) {}));
}

void Window::reload() {
  if (m_launching || m_run.get() != nullptr) return;
  m_budget.forget();
  m_tasks.add(launchRenderer());
}

void Window::takePolicy() {
  if (!m_origin.exists()) {
    show(m_origin.appStart());
    if (m_run.get() != nullptr) m_run->connection->revoke();
  }
  m_events.setGrants(m_origin.grants());
  if (m_run.get() != nullptr && !m_leaving) m_run->connection->setGrants(m_origin.grants());
}

void Window::focus() {
  m_tasks.add(frameObject().focusRequest().send().ignoreResult().catch_([](kj::Exception&&) {}));
}

void Window::setTitle(std::string title) {
  m_title = std::move(title);
  auto request = frameObject().setTitleRequest();
  request.setTitle(m_title.c_str());
  m_tasks.add(request.send().ignoreResult().catch_([](kj::Exception&&) {}));
}

void Window::placed(const WindowPlace& place, bool focused) {
  auto& events = m_around.pageEvents;
  const auto state = [](proto::WindowState from) {
    return static_cast<commands::window::WindowState>(from);
  };
  const std::string& label = m_spec.label;
  if (place.width != m_place.width || place.height != m_place.height)
    events.resized.emitTo(label, {place.width, place.height});
  if (place.position && place.position != m_place.position)
    events.moved.emitTo(label, {place.position->first, place.position->second});
  if (place.state != m_place.state) events.stateChanged.emitTo(label, {state(place.state)});
  if (focused != m_focused) events.focused.emitTo(label, {focused});
  if (focused && !m_focused && attached()) wishSpare();
  m_place = place;
  m_focused = focused;
  m_around.places.put(label, m_place);
}

void Window::userCloses() {
  const auto now = m_around.processes.timer.now();
  m_wishes.push_back(now);
  while (now - m_wishes.front() > INSISTS_WITHIN) m_wishes.pop_front();
  if (m_wishes.size() >= INSISTING && m_around.mayClose(m_spec.label)) return closeAtOnce();
  requestClose();
}

void Window::requestClose() {
  if (m_closing || m_closeRequested || m_asking != nullptr) return;
  if (!m_around.mayClose(m_spec.label)) return;
  auto& question = m_around.pageEvents.closeRequested;
  if (!attached() || hung() || question.event() == nullptr || !m_events.isHeard(*question.event()))
    return closeAtOnce();
  question.emitTo(m_spec.label, {});
  m_asking = m_around.processes.timer.afterDelay(CLOSE_PATIENCE)
                 .then([this] { closeAtOnce(); })
                 .eagerlyEvaluate(nullptr);
}

void Window::tellReady() {
  if (m_isReadyTold) {
    m_isReadyDue = true;
    return;
  }
  m_isReadyTold = true;
  m_onReady(m_spec.label);
  m_tasks.add(m_around.processes.timer.afterDelay(READY_PERIOD).then([this] {
    m_isReadyTold = false;
    if (std::exchange(m_isReadyDue, false)) tellReady();
  }));
}

bool Window::keepOpen() {
  if (m_asking == nullptr || m_closeRequested) return false;
  m_asking = nullptr;
  return true;
}

void Window::closeAtOnce() {
  if (m_closing || m_closeRequested) return;
  m_closeRequested = true;
  // In a turn of its own: a page that closes its window hears so first.
  m_tasks.add(kj::evalLater([this] { return close(); }).then([this] { m_onClosed(m_spec.label); }));
}

void Window::wishSpare() {
  if (m_around.spares != nullptr && !m_closing) m_around.spares->give(m_next);
}

kj::Promise<void> Window::close() {
  m_closing = true;
  if (m_around.spares != nullptr) m_around.spares->takeBack(m_next);
  kj::Promise<void> unloaded = kj::READY_NOW;
  if (hung()) {
    m_run->process->kill();
    unloaded = m_run->process->exited();
  } else if (m_run.get() != nullptr) {
    unloaded = m_run->connection->close().ignoreResult().then([this]() -> kj::Promise<void> {
      // watch() takes the run down as soon as the process ends.
      return m_run.get() == nullptr ? kj::Promise<void>(kj::READY_NOW)
                                    : m_run->process->end(UNLOAD_PATIENCE);
    });
  }
  return unloaded.then([this] { return m_next.end(); }).then([this] {
    return m_frame.stop([this] { return frameObject().closeRequest().send().ignoreResult(); });
  });
}

void Window::taskFailed(kj::Exception&& exception) {
  m_around.processes.journal.write(
      Level::ERROR, "broker", "window " + m_spec.label + ": " + exception.getDescription().cStr());
  if (!m_closing && !m_launching && m_run.get() == nullptr)
    m_tasks.add(
        m_around.processes.timer.afterDelay(m_budget.crashed(m_around.processes.timer.now()))
            .then([this]() -> kj::Promise<void> {
              if (m_closing || m_launching || m_run.get() != nullptr) return kj::READY_NOW;
              if (m_budget.usedUp()) {
                showCrash("This window could not be started several times in a minute.");
                return kj::READY_NOW;
              }
              return launchRenderer();
            }));
}

}  // namespace sallyport::daemon
