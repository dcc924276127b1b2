// The object that one renderer calls. One a window, bound for life to its label and origin class.
// It reads what the renderer sent, strictly, and hands it on; it decides nothing itself. Runs in
// the broker; every parameter is hostile.
#pragma once

#include <kj/async.h>
#include <kj/function.h>
#include <kj/timer.h>

#include <string>
#include <vector>

#include "broker/session/asset-source.h"
#include "broker/session/call-batches.h"
#include "broker/session/channels.h"
#include "broker/session/connections.h"
#include "broker/session/dispatcher.h"
#include "broker/session/downloads.h"
#include "broker/session/guard.h"
#include "broker/session/journal.h"
#include "broker/session/page-log.h"
#include "broker/session/uploads.h"
#include "broker/session/window-events.h"
#include "capabilities/remote-origin.h"
#include "proto/session.capnp.h"

namespace sallyport::session {

// What attach answers: the window's own things, for a page that is shown and not trusted.
struct WindowStart {
  std::string window;
  std::string url;
  std::string title;
  std::string pageState;
  std::string contentSecurityPolicy;
  std::vector<capabilities::RemoteHost> hosts = {};  // of a remote origin class
  std::vector<std::string> authorities = {};
};

class WindowSession final : public proto::Session::Server, private kj::TaskSet::ErrorHandler {
 public:
  // Read from outside, never asked of the renderer. False or a rejection: no session (rule 5).
  using VerifyCage = kj::Function<kj::Promise<bool>()>;

  struct Parts {
    Guard& guard;
    Dispatcher& dispatcher;
    const commands::Registry& registry;
    WindowEvents& events;
    AssetSource& assets;
    SessionJournal& journal;
    kj::Timer& timer;
    Patience& patience;
    Outside* outside;  // null: no way out of this origin class, and no host
  };
  // The parts must outlive the session up to revoke(); afterwards they are not touched.
  WindowSession(Parts parts,
                WindowStart start,
                VerifyCage verifyCage,
                kj::Function<void(proto::RendererControl::Client)> onAttached);

  // Drops every running call at once and refuses all later ones. Never from inside a call of this
  // session.
  void revoke();

  // The dispatcher has other grants now.
  void grantsChanged();

  const CallBatches& batches() const { return m_batches; }
  const Channels& channels() const { return m_channels; }
  const Uploads& uploads() const { return m_uploads; }
  const Downloads& downloads() const { return m_downloads; }

  // Every method passes here: the one place that catches, so no exception text can get out.
  DispatchCallResult dispatchCall(
      std::uint64_t interfaceId,
      std::uint16_t methodId,
      capnp::CallContext<capnp::AnyPointer, capnp::AnyPointer> context) override;

 protected:
  kj::Promise<void> attach(AttachContext context) override;
  kj::Promise<void> invoke(InvokeContext context) override;
  kj::Promise<void> asset(AssetContext context) override;
  kj::Promise<void> log(LogContext context) override;
  kj::Promise<void> invokeMany(InvokeManyContext context) override;
  kj::Promise<void> cancel(CancelContext context) override;
  kj::Promise<void> navigate(NavigateContext context) override;
  kj::Promise<void> connect(ConnectContext context) override;
  kj::Promise<void> send(SendContext context) override;
  kj::Promise<void> receive(ReceiveContext context) override;
  kj::Promise<void> disconnect(DisconnectContext context) override;
  kj::Promise<void> open(OpenContext context) override;
  kj::Promise<void> next(NextContext context) override;
  kj::Promise<void> close(CloseContext context) override;
  kj::Promise<void> listen(ListenContext context) override;
  kj::Promise<void> read(ReadContext context) override;
  kj::Promise<void> discard(DiscardContext context) override;

 private:
  enum class State { NEW, VERIFYING, ATTACHED, REVOKED };

  // Ends the session and leaves the method. The text is fixed and does not reach the renderer
  // either.
  [[noreturn]] void breach(EndReason reason);
  // Parameters are read here and nowhere else: what cannot be read ends the session.
  void readOrEnd(kj::FunctionParam<void()> read);
  void requireAttached();
  // What came with a call. Ends the session for numbers that were used before.
  Uploads::Opened openUploads(const std::vector<Uploads::Announced>& announced);
  void writeStart(proto::Start::Builder start) const;
  kj::Promise<void> answer(InvokeContext context, std::uint64_t id, Settled settled);
  bool answerAsset(AssetContext& context, std::string_view path, std::uint64_t offset, bool large);
  // Runs send once a reply of so many bytes may be queued.
  kj::Promise<void> whenRoom(std::size_t bytes, std::size_t held, kj::Function<void()> send);
  void holdUntilSent(kj::Own<Guard::Room> room);
  void taskFailed(kj::Exception&& exception) override;

  Parts m_parts;
  WindowStart m_start;
  VerifyCage m_verifyCage;
  kj::Function<void(proto::RendererControl::Client)> m_onAttached;
  PageLog m_pageLog;
  Uploads m_uploads;
  Downloads m_downloads;
  CallBatches m_batches;
  Connections m_connections;
  Channels m_channels;
  State m_state = State::NEW;
  kj::Own<kj::TaskSet> m_rooms;  // rooms of replies that are on their way into the queue
  kj::Canceler m_calls;
};

}  // namespace sallyport::session
