// One window: its frame, its renderer and the session between renderer and broker, brought back
// when one of them dies. Runs in the broker.
#pragma once

#include <kj/async.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "broker/commands/modules/window/window-module.h"
#include "broker/daemon/app-file.h"
#include "broker/daemon/assets.h"
#include "broker/daemon/hang-watch.h"
#include "broker/daemon/moves-budget.h"
#include "broker/daemon/next-renderer.h"
#include "broker/daemon/page-states.h"
#include "broker/daemon/restart-budget.h"
#include "broker/daemon/service.h"
#include "broker/daemon/shown-origin.h"
#include "broker/daemon/spares.h"
#include "broker/daemon/window-places.h"
#include "broker/session/window-connection.h"
#include "capabilities/policy.h"
#include "proto/frame.capnp.h"
#include "proto/net.capnp.h"

namespace sallyport::daemon {

// What all windows of an app share.
struct WindowSurroundings {
  Surroundings& processes;
  session::WindowConnection::Broker session;
  session::EventHub& events;
  commands::window::Events& pageEvents;
  const AppFile& app;
  std::shared_ptr<const capabilities::Policy> policy;  // changes; then takePolicy() is called
  Assets& assets;
  PageStates& pageStates;
  WindowPlaces& places;
  std::function<proto::Net::Client()> net;
  // The app's own word on a window that somebody wants to close.
  std::function<bool(const std::string& label)> mayClose = [](const std::string&) { return true; };
  Spares* spares = nullptr;  // null: none is started ahead
};

class Window final : private kj::TaskSet::ErrorHandler, private session::Outside {
 public:
  using Told = kj::Function<void(const std::string& label)>;
  // onClosed: it was closed; runs once, after everything of the window has ended. onReady: its page
  // has its first listeners; for each document, and at most once in READY_PERIOD, because a page
  // can make as many as it likes.
  Window(WindowSurroundings& around, WindowSpec spec, Told onClosed, Told onReady);
  ~Window() noexcept(false);
  KJ_DISALLOW_COPY(Window);

  // Fulfilled when the host window is there; the renderer, started meanwhile, shows its page after.
  kj::Promise<void> open();

  // Asks the page to unload, ends the renderer, then the frame.
  kj::Promise<void> close();

  void focus();
  // As when the user closes it: onClosed follows. A page that listens to close requests is asked
  // first, and has CLOSE_PATIENCE for its keepOpen(); one that hangs has no say.
  void requestClose();
  // By the user: the same, but a page has no say about the fifth wish within ten seconds.
  void userCloses();
  bool keepOpen();     // false: nobody is asking
  void closeAtOnce();  // onClosed follows as well
  void setTitle(std::string title);

  const std::string& title() const { return m_title; }
  const std::string& parent() const { return m_spec.parent; }
  bool ready() const { return m_events.ready(); }
  const WindowPlace& place() const { return m_place; }  // as the frame told it last
  bool focused() const { return m_focused; }

  // Another policy is in the surroundings: it holds from the page's next call on. A remote page
  // whose class is gone gives way to the app's.
  void takePolicy();

  const std::string& label() const { return m_spec.label; }
  pid_t rendererPid() const;  // of the process behind bubblewrap once it was verified, or 0
  unsigned rendererRestarts() const { return m_restarts; }
  const NextRenderer& spare() const { return m_next; }
  const Service& frame() const { return m_frame; }
  // Of the frame process that runs now; a call on a dead one fails with DISCONNECTED.
  proto::Frame::Client frameObject() { return m_frame.bootstrap().castAs<proto::Frame>(); }
  bool attached() const { return m_run.get() != nullptr && m_run->connection->isAttached(); }
  bool hung() const { return m_run.get() != nullptr && m_run->watch->hung(); }
  const std::optional<sandbox::CageReport>& cage() const { return m_cage; }
  // Reads the cage again from outside, as it is now.
  kj::Promise<void> inspectAgain();

 private:
  class FromFrame;

  // One renderer process and its session.
  struct Run {
    kj::Own<ChildProcess> process;
    kj::Own<session::WindowConnection> connection;
    kj::Own<HangWatch> watch;
  };

  kj::Promise<void> openFrame();
  kj::Promise<void> launchRenderer();
  kj::Promise<bool> verify(pid_t pid);
  kj::Promise<sandbox::CageReport> readCage(pid_t pid);
  kj::Promise<session::EndReason> cageFails();
  kj::Promise<void> watch();
  kj::Promise<session::EndReason> runEnded();
  kj::Promise<void> afterEnd(session::EndReason reason);
  kj::Promise<void> endRun(kj::Duration patience);
  bool navigate(std::string_view url) override;
  kj::Promise<kj::Maybe<kj::Own<kj::AsyncIoStream>>> connect(std::string_view host,
                                                             std::uint16_t port) override;
  void show(ShownOrigin::Place place);
  session::WindowStart start() const;
  session::AssetSource& assets();
  void note(Level level, const std::string& text);
  void tellReady();
  void showCrash(kj::StringPtr sentence);
  kj::Own<HangWatch> watchForHang(session::WindowConnection& connection);
  void showHang(bool hung);
  void reload();
  void placed(const WindowPlace& place, bool focused);
  void wishSpare();
  void taskFailed(kj::Exception&& exception) override;

  WindowSurroundings& m_around;
  const WindowSpec m_spec;
  Told m_onClosed;
  Told m_onReady;
  Service m_frame;
  // Of the next renderer, and of the one that runs unless the window is on its way.
  ShownOrigin m_origin;
  session::WindowEvents m_events;
  NextRenderer m_next;
  kj::Own<Run> m_run;
  RestartBudget m_budget;
  std::optional<sandbox::CageReport> m_cage;
  bool m_leaving = false;  // the run that ends was left for another origin class
  MovesBudget m_moves;
  unsigned m_refusals = 0;  // of navigations and hosts, noted in the journal for this run
  std::string m_title;
  WindowPlace m_place;
  bool m_focused = false;
  unsigned m_restarts = 0;
  unsigned m_frames = 0;     // how many frame processes there were so far
  bool m_launching = false;  // a renderer was asked for and is not there yet
  bool m_closing = false;
  bool m_closeRequested = false;
  std::deque<kj::TimePoint> m_wishes;     // of the user, to close it
  bool m_isReadyTold = false;             // less than READY_PERIOD ago
  bool m_isReadyDue = false;              // and once more since
  kj::Maybe<kj::Promise<void>> m_asking;  // the page, whether it may be closed
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::daemon
