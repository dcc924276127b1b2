// One renderer's connection as the daemon holds it: the socket, the guard, the RPC system and the
// session, made and ended together, and the calls that the broker makes to the renderer. Runs in
// the broker; the peer is hostile.
#pragma once

#include <kj/async-io.h>

#include <cstdint>
#include <memory>
#include <string>

#include "broker/session/guarded-network.h"
#include "broker/session/patience.h"
#include "broker/session/window-events.h"
#include "broker/session/window-session.h"

namespace sallyport::session {

class WindowConnection final : private kj::TaskSet::ErrorHandler {
 public:
  // Shared by all windows; all of it must outlive every connection.
  struct Broker {
    kj::Timer& timer;
    const commands::Registry& registry;
    SessionJournal& journal;
    RunningCommands& running;
  };
  struct Window {
    commands::Caller caller;
    WindowStart start;
    std::shared_ptr<const capabilities::Grants> grants;
    WindowEvents& events;  // both must outlive the connection
    AssetSource& assets;
    WindowSession::VerifyCage verifyCage;
    Outside* outside = nullptr;  // must outlive the connection; null: no way out
  };

  // stream: our end of the socketpair, `lowLevelProvider.wrapUnixSocketFd(…)`.
  WindowConnection(kj::Own<kj::AsyncCapabilityStream> stream, Broker broker, Window window);
  // Only from the continuation of ended() or from the loop itself, never from inside a command's
  // handler: a handler that closes its own window calls revoke().
  ~WindowConnection() noexcept(false);
  KJ_DISALLOW_COPY(WindowConnection);

  // Everything is torn down when this resolves; the connection may then be destroyed. Any number of
  // times.
  kj::Promise<EndReason> ended() { return m_ended.addBranch(); }
  // Resolves when attach was answered; stays pending when the session ends before, and rejects once
  // the connection is destroyed.
  kj::Promise<void> attached() { return m_attached.addBranch(); }
  bool isAttached() const { return m_control != nullptr; }

  const CallBatches& batches() const { return m_session->batches(); }  // until ended()
  const Channels& channels() const { return m_session->channels(); }   // likewise
  std::size_t uploads() const { return m_session->uploads().open(); }
  std::size_t downloads() const { return m_session->downloads().open(); }

  // Refuses everything from now on and ends the connection in a turn of its own.
  void revoke(EndReason reason = EndReason::REVOKED);
  void setGrants(std::shared_ptr<const capabilities::Grants> grants);

  // Calls to the renderer. None rejects and none waits longer than its deadline.
  enum class Answer { YES, LATE, GONE };
  kj::Promise<Answer> load(std::string_view url);
  kj::Promise<Answer> close();
  kj::Promise<Answer> ping();

  static constexpr std::uint32_t CONTROL_DEADLINE_MS = 5'000;
  static constexpr std::uint32_t DELIVER_DEADLINE_MS =
      30'000;  // of Patience; then the session ends

 private:
  kj::Promise<Answer> withDeadline(kj::Promise<void> call);
  void onAttached(proto::RendererControl::Client control);
  void sendEvents();  // what is due; they leave after attach, one batch at a time
  void tearDown(EndReason reason);
  void taskFailed(kj::Exception&& exception) override;

  Broker m_broker;
  std::string m_label;
  WindowEvents& m_events;
  kj::Own<kj::AsyncCapabilityStream> m_stream;
  Guard m_guard;
  Patience m_patience;
  Dispatcher m_dispatcher;
  WindowSession* m_session;  // owned by m_bootstrap
  proto::Session::Client m_bootstrap;
  GuardedNetwork m_network;
  kj::Own<capnp::RpcSystem<capnp::rpc::twoparty::VatId>> m_rpc;
  kj::Maybe<proto::RendererControl::Client> m_control;

  bool m_delivering = false;

  kj::Own<kj::PromiseFulfiller<EndReason>> m_endFulfiller;
  kj::ForkedPromise<EndReason> m_ended = nullptr;
  kj::Own<kj::PromiseFulfiller<void>> m_attachFulfiller;
  kj::ForkedPromise<void> m_attached = nullptr;
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::session
