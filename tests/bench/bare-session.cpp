// What the way itself can carry: the same renderer code without its pace, and a Session server
// without guard, dispatcher or validation.
#include <capnp/rpc-twoparty.h>

#include <string>
#include <string_view>

#include "proto/session.capnp.h"
#include "tests/bench/page.h"
#include "tests/bench/window.h"
#include "tests/renderer/offscreen-process.h"

namespace sallyport::bench {

namespace {

class Server final : public proto::Session::Server {
 public:
  Server(Log& log, kj::Maybe<proto::RendererControl::Client>& control)
      : m_log(log), m_control(control) {}

  kj::Promise<void> attach(AttachContext context) override {
    m_control = context.getParams().getControl();
    auto start = context.getResults().initStart();
    start.setWindow("main");
    start.setUrl("app://bench/index.html");
    return kj::READY_NOW;
  }

  kj::Promise<void> invoke(InvokeContext context) override {
    answer(context.getParams().getCall(), context.getResults().initOutcome());
    return kj::READY_NOW;
  }

  kj::Promise<void> invokeMany(InvokeManyContext context) override {
    auto calls = context.getParams().getCalls();
    auto outcomes = context.getResults().initOutcomes(calls.size());
    for (kj::uint i = 0; i < calls.size(); ++i) {
      outcomes[i].setId(calls[i].getId());
      answer(calls[i], outcomes[i].initOutcome());
    }
    return kj::READY_NOW;
  }

  void answer(proto::Call::Reader call, proto::Outcome::Builder outcome) {
    if (call.getCommand() == "cmd_done") {
      // {"text":"…"}
      const std::string arguments = call.getArguments().cStr();
      m_log.finish(arguments.substr(arguments.find(':') + 2));
    } else {
      m_log.arrivals.push_back(Clock::now());
    }
    outcome.setValue(call.getArguments());
  }

  kj::Promise<void> asset(AssetContext context) override {
    const bool isScript = context.getParams().getPath() == "/bench.js";
    const std::string_view body = isScript ? SCRIPT : HTML;
    auto found = context.getResults().initAsset().initFound();
    found.setMime(isScript ? "text/javascript" : "text/html");
    found.setBody(kj::arrayPtr(body.data(), body.size()).asBytes());
    found.setTotalBytes(body.size());
    return kj::READY_NOW;
  }

  kj::Promise<void> log(LogContext) override { return kj::READY_NOW; }

 private:
  Log& m_log;
  kj::Maybe<proto::RendererControl::Client>& m_control;
};

class BareSession final : public BenchWindow {
 public:
  explicit BareSession(kj::AsyncIoContext& io)
      : BenchWindow(io),
        m_process(SALLYPORT_BINARY_DIR "/tests-bin/bench-unpaced-renderer"),
        m_stream(io.lowLevelProvider->wrapSocketFd(m_process.takeSocket())),
        m_rpc(*m_stream, kj::heap<Server>(m_log, m_control), capnp::rpc::twoparty::Side::SERVER) {
    waitDone();
  }

 private:
  void send(const char* event, const std::string& payload) override {
    auto request = KJ_ASSERT_NONNULL(m_control).deliverRequest();
    auto events = request.initEvents(1);
    events[0].setName(event);
    events[0].setPayload(payload);
    m_sending = request.send().ignoreResult().eagerlyEvaluate(nullptr);
  }

  renderer::OffscreenProcess m_process;
  kj::Own<kj::AsyncIoStream> m_stream;
  kj::Maybe<proto::RendererControl::Client> m_control;
  capnp::TwoPartyClient m_rpc;
  kj::Promise<void> m_sending = nullptr;
};

}  // namespace

kj::Own<BenchWindow> bareSession(kj::AsyncIoContext& io) { return kj::heap<BareSession>(io); }

}  // namespace sallyport::bench
