// A spawner whose processes only sleep; the test answers in their place, over the descriptors that
// they were given.
#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/spawn/spawner-link.h"
#include "proto/frame.capnp.h"
#include "proto/session.capnp.h"
#include "tests/broker/daemon/sleeper.h"

namespace sallyport::daemon {

// One process that was asked for.
struct Child {
  spawn::ProcessKind kind;
  std::string label;
  std::vector<kj::AutoCloseFd> fds;
  Sleeper process;
};

class SpawnerFake final : public spawn::SpawnerLink {
 public:
  std::vector<std::unique_ptr<Child>> children;
  bool refuses = false;
  bool cannotInspect = false;
  sandbox::CageReport report{4711, {{"NoNewPrivs", "1", sandbox::CheckState::OK}}};
  std::map<spawn::ProcessKind, sandbox::CageReport> reports;  // of a kind, instead of that one
  std::vector<std::pair<pid_t, spawn::ProcessKind>> inspected;
  std::function<void(Child&)> onSpawn;

  kj::Promise<spawn::Spawned> spawn(spawn::SpawnRequest request) override {
    if (refuses) return KJ_EXCEPTION(FAILED, "no process today");
    children.push_back(std::make_unique<Child>(
        Child{request.kind, std::move(request.label), kj::mv(request.fds), Sleeper()}));
    if (onSpawn) onSpawn(*children.back());
    return children.back()->process.spawned();
  }
  kj::Promise<sandbox::CageReport> inspect(pid_t pid, spawn::ProcessKind kind) override {
    inspected.emplace_back(pid, kind);
    if (cannotInspect) return KJ_EXCEPTION(FAILED, "no /proc");
    const auto own = reports.find(kind);
    return own == reports.end() ? report : own->second;
  }
  kj::Promise<sandbox::CageReport> inspectBroker() override { return report; }
  kj::Promise<sandbox::CageReport> inspectSpawner() override { return report; }
  kj::Promise<void> startAgain() override { return kj::READY_NOW; }
  kj::Promise<spawn::ExitStatus> exited(pid_t) override { return kj::NEVER_DONE; }

  std::vector<Child*> of(spawn::ProcessKind kind) const {
    std::vector<Child*> list;
    for (const auto& child : children)
      if (child->kind == kind) list.push_back(child.get());
    return list;
  }
};

// The frame's side of its link.
class FrameFake {
 public:
  std::string label, title;
  unsigned width = 0, height = 0;
  int x = 0;
  proto::WindowState state{};
  std::vector<std::string> crashes;  // texts of showCrash
  bool hasPrepared = false;
  bool stopped = false;  // from here on it answers for no renderer's display, until it goesOn()
  unsigned shown = 0;    // renderers
  bool hung = false;
  unsigned focused = 0;
  bool closed = false;
  std::function<void()> onClose;
  kj::Maybe<proto::FrameEvents::Client> events;

  FrameFake(kj::LowLevelAsyncIoProvider& io, kj::AutoCloseFd fd)
      : m_stream(io.wrapUnixSocketFd(kj::mv(fd))),
        m_network(*m_stream, 1, capnp::rpc::twoparty::Side::SERVER),
        m_rpc(capnp::makeRpcServer(m_network, kj::heap<Server>(*this))) {}

  proto::FrameEvents::Client& sink() { return KJ_ASSERT_NONNULL(events); }
  void goesOn() {
    stopped = false;
    m_held->fulfill();
  }

 private:
  class Server final : public proto::Frame::Server {
   public:
    explicit Server(FrameFake& frame) : m_frame(frame) {}
    kj::Promise<void> open(OpenContext context) override {
      const auto params = context.getParams();
      m_frame.label = params.getLabel().cStr();
      m_frame.title = params.getTitle().cStr();
      m_frame.width = params.getPlace().getWidth();
      m_frame.height = params.getPlace().getHeight();
      m_frame.x = params.getPlace().getX();
      m_frame.state = params.getPlace().getState();
      m_frame.events = params.getEvents();
      return kj::READY_NOW;
    }
    kj::Promise<void> prepareRenderer(PrepareRendererContext context) override {
      return context.getParams().getWayland().getFd().then(
          [this](kj::Maybe<int> fd) -> kj::Promise<void> {
            m_frame.hasPrepared = fd != nullptr;
            if (!m_frame.stopped) return kj::READY_NOW;
            auto later = kj::newPromiseAndFulfiller<void>();
            m_frame.m_held = kj::mv(later.fulfiller);
            return kj::mv(later.promise);
          });
    }
    kj::Promise<void> showRenderer(ShowRendererContext context) override {
      const bool shown = std::exchange(m_frame.hasPrepared, false);
      if (shown) ++m_frame.shown;
      context.getResults().setShown(shown);
      return kj::READY_NOW;
    }
    kj::Promise<void> setTitle(SetTitleContext context) override {
      m_frame.title = context.getParams().getTitle().cStr();
      return kj::READY_NOW;
    }
    kj::Promise<void> focus(FocusContext) override {
      ++m_frame.focused;
      return kj::READY_NOW;
    }
    kj::Promise<void> showCrash(ShowCrashContext context) override {
      m_frame.crashes.push_back(context.getParams().getText().cStr());
      return kj::READY_NOW;
    }
    kj::Promise<void> showHang(ShowHangContext context) override {
      m_frame.hung = context.getParams().getHung();
      return kj::READY_NOW;
    }
    kj::Promise<void> close(CloseContext) override {
      m_frame.closed = true;
      if (m_frame.onClose) m_frame.onClose();
      return kj::READY_NOW;
    }

   private:
    FrameFake& m_frame;
  };

  kj::Own<kj::PromiseFulfiller<void>> m_held;
  kj::Own<kj::AsyncCapabilityStream> m_stream;
  capnp::TwoPartyVatNetwork m_network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> m_rpc;
};

// The renderer's side of its session.
class RendererFake {
 public:
  bool closeAsked = false;
  bool answersClose = true;
  bool answersPing = true;
  bool takesEvents = true;
  std::vector<std::string> events;  // name and payload

  RendererFake(kj::LowLevelAsyncIoProvider& io, kj::AutoCloseFd fd)
      : m_stream(io.wrapUnixSocketFd(kj::mv(fd))),
        m_client(*m_stream),
        m_session(m_client.bootstrap().castAs<proto::Session>()) {}

  kj::Promise<capnp::Response<proto::Session::AttachResults>> attach() {
    auto request = m_session.attachRequest();
    request.setControl(kj::heap<Control>(*this));
    request.setProtocol(proto::PROTOCOL_VERSION);
    request.setEngine("Engine 1");
    return request.send();
  }
  void navigate(const std::string& url) {
    auto request = m_session.navigateRequest();
    request.setUrl(url.c_str());
    request.send().ignoreResult().detach([](kj::Exception&&) {});
  }
  // fresh: of a new document
  kj::Promise<void> listen(const std::vector<std::string>& names,
                           bool ready = false,
                           bool fresh = false) {
    auto request = m_session.listenRequest();
    auto list = request.initNames(static_cast<kj::uint>(names.size()));
    for (kj::uint i = 0; i < list.size(); ++i) list.set(i, names[i]);
    request.setReady(ready);
    request.setFresh(fresh);
    return request.send().then([](auto&& answer) { KJ_ASSERT(answer.getRefused().size() == 0); });
  }
  // The code of its failure, or "done".
  kj::Promise<std::string> call(kj::StringPtr command) {
    auto request = m_session.invokeRequest();
    request.initCall().setCommand(command);
    request.getCall().setArguments("{}");
    return request.send().then([](auto&& answer) -> std::string {
      const auto outcome = answer.getOutcome();
      return outcome.isValue() ? "done" : outcome.getFailure().getCode().cStr();
    });
  }

 private:
  class Control final : public proto::RendererControl::Server {
   public:
    explicit Control(RendererFake& renderer) : m_renderer(renderer) {}
    kj::Promise<void> close(CloseContext) override {
      m_renderer.closeAsked = true;
      if (!m_renderer.answersClose) return kj::NEVER_DONE;
      return kj::READY_NOW;
    }
    kj::Promise<void> ping(PingContext) override {
      if (!m_renderer.answersPing) return kj::NEVER_DONE;
      return kj::READY_NOW;
    }
    kj::Promise<void> deliver(DeliverContext context) override {
      for (auto event : context.getParams().getEvents())
        m_renderer.events.push_back(std::string(event.getName().cStr()) + " " +
                                    event.getPayload().cStr());
      if (!m_renderer.takesEvents) return kj::NEVER_DONE;
      return kj::READY_NOW;
    }

   private:
    RendererFake& m_renderer;
  };

  kj::Own<kj::AsyncIoStream> m_stream;
  capnp::TwoPartyClient m_client;
  proto::Session::Client m_session;
};

}  // namespace sallyport::daemon
