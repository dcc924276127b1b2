#include "broker/display/frame-session.h"

#include <fcntl.h>
#include <kj/debug.h>

#include <QCoreApplication>
#include <QTimer>

#include "broker/display/frame-clipboard.h"
#include "sandbox-policies/self-cage.h"

namespace sallyport::display {
namespace {

QString textOf(capnp::Text::Reader text) {
  return QString::fromUtf8(text.begin(), static_cast<qsizetype>(text.size()));
}

QString titleOf(capnp::Text::Reader title) {
  return textOf(title).left(static_cast<qsizetype>(proto::MAX_TITLE_BYTES));
}

Qt::WindowState stateOf(proto::WindowState state) {
  switch (state) {
    case proto::WindowState::MINIMIZED:
      return Qt::WindowMinimized;
    case proto::WindowState::MAXIMIZED:
      return Qt::WindowMaximized;
    case proto::WindowState::FULLSCREEN:
      return Qt::WindowFullScreen;
    case proto::WindowState::NORMAL:
      break;
  }
  return Qt::WindowNoState;
}

proto::WindowState stateOf(Qt::WindowState state) {
  switch (state) {
    case Qt::WindowMinimized:
      return proto::WindowState::MINIMIZED;
    case Qt::WindowMaximized:
      return proto::WindowState::MAXIMIZED;
    case Qt::WindowFullScreen:
      return proto::WindowState::FULLSCREEN;
    default:
      return proto::WindowState::NORMAL;
  }
}

FramePlace placeOf(proto::WindowPlace::Reader place) {
  FramePlace own;
  own.size = QSize(place.getWidth(), place.getHeight());
  if (place.getHasPosition()) own.position = QPoint(place.getX(), place.getY());
  own.state = stateOf(place.getState());
  return own;
}

void write(const FramePlace& place, proto::WindowPlace::Builder out) {
  out.setWidth(static_cast<uint16_t>(place.size.width()));
  out.setHeight(static_cast<uint16_t>(place.size.height()));
  out.setState(stateOf(place.state));
  if (!place.position) return;
  out.setHasPosition(true);
  out.setX(place.position->x());
  out.setY(place.position->y());
}

proto::ClipboardOutcome outcomeFor(FrameWindow::Presence presence) {
  switch (presence) {
    case FrameWindow::Presence::HERE:
      return proto::ClipboardOutcome::DONE;
    case FrameWindow::Presence::NO_FOCUS:
      return proto::ClipboardOutcome::NO_FOCUS;
    case FrameWindow::Presence::NO_GESTURE:
      break;
  }
  return proto::ClipboardOutcome::NO_GESTURE;
}

}  // namespace

FrameSession::FrameSession(QString label) : m_label(std::move(label)) {}

FrameWindow& FrameSession::window() {
  KJ_REQUIRE(m_window != nullptr, "open comes first");
  return *m_window;
}

template <typename Request>
void FrameSession::tell(Request&& request) {
  // Nobody waits: when the broker is gone, the connection's end closes this process.
  request.send().ignoreResult().detach([](kj::Exception&&) {});
}

FrameWindow::Events FrameSession::windowEvents() {
  return {[this] {
            KJ_IF_MAYBE (broker, m_broker) tell(broker->closeRequestedRequest());
          },
          [this] {
            KJ_IF_MAYBE (broker, m_broker) tell(broker->reloadRequestedRequest());
          },
          [this] {
            KJ_IF_MAYBE (broker, m_broker) tell(broker->firstFrameRequest());
          },
          [this](const FramePlace& place, bool focused) {
            KJ_IF_MAYBE (broker, m_broker) {
              auto request = broker->placedRequest();
              write(place, request.initPlace());
              request.setFocused(focused);
              tell(kj::mv(request));
            }
          },
          [this] {
            KJ_IF_MAYBE (broker, m_broker) tell(broker->rendererGoneRequest());
          },
          [this] {
            KJ_IF_MAYBE (broker, m_broker) tell(broker->endRequestedRequest());
          },
          [this] {
            KJ_IF_MAYBE (broker, m_broker) tell(broker->waitRequestedRequest());
          }};
}

kj::Promise<void> FrameSession::open(OpenContext context) {
  KJ_REQUIRE(m_window == nullptr, "a frame is opened once");
  auto params = context.getParams();
  KJ_REQUIRE(textOf(params.getLabel()) == m_label, "the label is another window's");
  m_broker = params.getEvents();
  m_window = std::make_unique<FrameWindow>(m_label, windowEvents());
  m_window->open(titleOf(params.getTitle()), placeOf(params.getPlace()));
  sandbox::sealDisplayCage();  // before the first byte of a renderer
  return kj::READY_NOW;
}

kj::Promise<void> FrameSession::prepareRenderer(PrepareRendererContext context) {
  window();
  auto wayland = context.getParams().getWayland();
  return wayland.getFd().then([this, wayland](kj::Maybe<int> fd) mutable {
    int number = KJ_REQUIRE_NONNULL(fd, "an Fd without a descriptor");
    int own = -1;
    KJ_SYSCALL(own = fcntl(number, F_DUPFD_CLOEXEC, 0));
    window().prepareRenderer(own);
  });
}

kj::Promise<void> FrameSession::showRenderer(ShowRendererContext context) {
  context.getResults().setShown(window().showRenderer());
  return kj::READY_NOW;
}

kj::Promise<void> FrameSession::setTitle(SetTitleContext context) {
  window().setPageTitle(titleOf(context.getParams().getTitle()));
  return kj::READY_NOW;
}

kj::Promise<void> FrameSession::focus(FocusContext) {
  window().bringToFront();
  return kj::READY_NOW;
}

kj::Promise<void> FrameSession::showCrash(ShowCrashContext context) {
  window().showCrash(textOf(context.getParams().getText()));
  return kj::READY_NOW;
}

kj::Promise<void> FrameSession::showHang(ShowHangContext context) {
  window().showHang(context.getParams().getHung());
  return kj::READY_NOW;
}

kj::Promise<void> FrameSession::ping(PingContext) { return kj::READY_NOW; }

kj::Promise<void> FrameSession::setClipboard(SetClipboardContext context) {
  const auto params = context.getParams();
  auto outcome = outcomeFor(window().presence());
  if (outcome == proto::ClipboardOutcome::DONE) {
    if (params.getText().size() > proto::MAX_CLIPBOARD_BYTES)
      outcome = proto::ClipboardOutcome::TOO_LARGE;
    else
      window().clipboard().set(textOf(params.getText()),
                               std::chrono::seconds(std::min<int>(params.getClearAfterSeconds(),
                                                                  proto::MAX_CLEAR_AFTER_SECONDS)));
  }
  context.getResults().setOutcome(outcome);
  return kj::READY_NOW;
}

kj::Promise<void> FrameSession::getClipboard(GetClipboardContext context) {
  auto outcome = outcomeFor(window().presence());
  if (outcome == proto::ClipboardOutcome::DONE) {
    const auto text = window().clipboard().text().toUtf8();
    if (text.size() > static_cast<qsizetype>(proto::MAX_CLIPBOARD_BYTES))
      outcome = proto::ClipboardOutcome::TOO_LARGE;
    else
      context.getResults().setText(text.constData());  // up to a NUL, which no page can send either
  }
  context.getResults().setOutcome(outcome);
  return kj::READY_NOW;
}

kj::Promise<void> FrameSession::setBounds(SetBoundsContext context) {
  window().setBounds(placeOf(context.getParams().getPlace()));
  return kj::READY_NOW;
}

kj::Promise<void> FrameSession::setState(SetStateContext context) {
  const auto state = context.getParams().getState();
  const bool mayBe =
      state != proto::WindowState::FULLSCREEN || window().presence() == FrameWindow::Presence::HERE;
  if (mayBe) window().setState(stateOf(state));
  context.getResults().setDone(mayBe);
  return kj::READY_NOW;
}

kj::Promise<void> FrameSession::takeGesture(TakeGestureContext context) {
  context.getResults().setGiven(window().takeGesture());
  return kj::READY_NOW;
}

kj::Promise<void> FrameSession::close(CloseContext) {
  m_broker = nullptr;
  m_window.reset();
  QTimer::singleShot(0, qApp, [] { QCoreApplication::exit(); });
  return kj::READY_NOW;
}

}  // namespace sallyport::display
