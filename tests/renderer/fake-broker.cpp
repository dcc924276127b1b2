#include "tests/renderer/fake-broker.h"

#include <kj/debug.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "proto/cancellation.h"

namespace sallyport::renderer {

namespace {

constexpr auto DEADLINE = 20 * kj::SECONDS;

void changed(Record& record) {
  KJ_IF_MAYBE (fulfiller, record.changed) {
    (*fulfiller)->fulfill();
  }
  record.changed = nullptr;
}

class SessionFake final : public proto::Session::Server {
 public:
  SessionFake(const Files& files, const Commands& commands, Record& record, kj::Timer& timer)
      : m_files(files), m_commands(commands), m_record(record), m_timer(timer) {}

  kj::Promise<void> attach(AttachContext context) override {
    auto params = context.getParams();
    KJ_REQUIRE(params.getProtocol() == proto::PROTOCOL_VERSION);
    m_record.engine = params.getEngine().cStr();
    m_record.control = params.getControl();
    auto start = context.getResults().initStart();
    start.setWindow("main");
    start.setUrl("app://test/index.html");
    start.setTitle("Test");
    start.setPageState("from before");
    changed(m_record);
    return kj::READY_NOW;
  }

  kj::Promise<void> invoke(InvokeContext context) override {
    proto::allowCancellation(context);
    ++m_record.singles;
    auto call = context.getParams().getCall();
    const auto id = call.getId();
    return run(call).then([context, id](Answer answer) mutable {
      write(context.getResults().initOutcome(), answer, id);
    });
  }

  kj::Promise<void> listen(ListenContext context) override {
    const auto params = context.getParams();
    std::string line = params.getFresh() ? "fresh:" : params.getReady() ? "ready:" : "same:";
    kj::Vector<std::uint16_t> denied;
    for (kj::uint i = 0; i < params.getNames().size(); ++i) {
      const std::string name = params.getNames()[i].cStr();
      line += " " + name;
      if (name == "denied") denied.add(static_cast<std::uint16_t>(i));
    }
    m_record.listens.push_back(std::move(line));
    auto refused = context.getResults().initRefused(static_cast<kj::uint>(denied.size()));
    for (kj::uint i = 0; i < refused.size(); ++i) {
      refused[i].setIndex(denied[i]);
      refused[i].setCode("denied");
    }
    changed(m_record);
    return kj::READY_NOW;
  }

  // Every outcome by a settle of its own, so that each way back is in use.
  kj::Promise<void> invokeMany(InvokeManyContext context) override {
    ++m_record.batches;
    for (auto call : context.getParams().getCalls()) {
      const auto id = call.getId();
      m_record.maxBatch =
          std::max<std::uint64_t>(m_record.maxBatch, context.getParams().getCalls().size());
      m_running.insert_or_assign(id,
                                 run(call)
                                     .then([this, id](Answer answer) {
                                       auto request =
                                           KJ_ASSERT_NONNULL(m_record.control).settleRequest();
                                       auto outcomes = request.initOutcomes(1);
                                       outcomes[0].setId(id);
                                       write(outcomes[0].initOutcome(), answer, id);
                                       return request.send().ignoreResult();
                                     })
                                     .eagerlyEvaluate([](kj::Exception&&) {}));
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> cancel(CancelContext context) override {
    for (auto id : context.getParams().getIds()) {
      m_running.erase(id);
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> open(OpenContext context) override {
    auto call = context.getParams().getCall();
    auto outcome = context.getResults().initOutcome();
    if (call.getCommand() != "count") {
      write(outcome, Answer{"", "unknown-command"}, call.getId());
      return kj::READY_NOW;
    }
    m_channels[context.getParams().getChannel()] = {std::stoi(call.getArguments().cStr()), 0};
    ++m_record.channelsOpened;
    write(outcome, Answer{"null", ""}, call.getId());
    return kj::READY_NOW;
  }

  kj::Promise<void> next(NextContext context) override {
    ++m_record.itemsAsked;
    auto& [to, last] = m_channels.at(context.getParams().getChannel());
    changed(m_record);
    if (to == 0) {
      return kj::NEVER_DONE;
    }
    auto step = context.getResults().initItems();
    const int count = std::min(10, std::abs(to) - last);
    auto items = step.initItems(static_cast<kj::uint>(count));
    for (int i = 0; i < count; ++i) {
      items.set(static_cast<kj::uint>(i), std::to_string(++last));
    }
    if (last == to) {
      step.setEnded();
    } else if (last == -to) {
      auto failure = step.initFailed();
      failure.setCode("locked");
      failure.setMessage("No.");
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> close(CloseContext context) override {
    m_record.channelsClosed += context.getParams().getChannels().size();
    changed(m_record);
    return kj::READY_NOW;
  }

  kj::Promise<void> asset(AssetContext context) override {
    const std::string path = context.getParams().getPath().cStr();
    const auto offset = context.getParams().getOffset();
    m_record.assetPaths.push_back(path);
    auto asset = context.getResults().initAsset();
    auto file = m_files.find(path);
    if (file == m_files.end() || offset > file->second.body.size()) {
      asset.setNotFound();
      return kj::READY_NOW;
    }
    auto found = asset.initFound();
    const auto& body = file->second.body;
    const auto size = std::min<std::size_t>(proto::ASSET_CHUNK_BYTES, body.size() - offset);
    found.setMime(file->second.mime);
    found.setBody(kj::arrayPtr(body.data() + offset, size).asBytes());
    found.setTotalBytes(body.size());
    return kj::READY_NOW;
  }

  kj::Promise<void> log(LogContext context) override {
    m_record.logs.emplace_back(context.getParams().getText().cStr());
    changed(m_record);
    return kj::READY_NOW;
  }

 private:
  static void write(proto::Outcome::Builder outcome, const Answer& answer, std::uint64_t id) {
    if (answer.code.empty()) {
      outcome.setValue(answer.json);
      return;
    }
    auto failure = outcome.initFailure();
    failure.setCode(answer.code);
    failure.setMessage("No.");
    failure.setCommand(answer.command);
    failure.setWindow("main");
    failure.setId(id);
    failure.setIncident("i-1");
  }

  kj::Promise<Answer> run(proto::Call::Reader call) {
    const std::string command = call.getCommand().cStr();
    const std::string arguments = call.getArguments().cStr();
    ++m_record.invocations;
    ++m_record.open;
    m_record.maxOpen = std::max(m_record.maxOpen, m_record.open);
    changed(m_record);
    auto counted = kj::defer([this] {
      --m_record.open;
      changed(m_record);
    });
    if (command == "report") {
      m_record.reports.push_back(arguments);
      return Answer{"null", "", false, command};
    }
    // Answered a little later, so that calls of one batch are open together.
    auto handler = m_commands.find(command);
    Answer answer;
    if (handler == m_commands.end()) {
      answer.code = "unknown-command";
    } else {
      answer = handler->second(arguments);
    }
    answer.command = command;
    if (answer.never) {
      return kj::Promise<Answer>(kj::NEVER_DONE)
          .attach(kj::defer([this] {
                    ++m_record.dropped;
                    changed(m_record);
                  }),
                  kj::mv(counted));
    }
    return m_timer.afterDelay(1 * kj::MILLISECONDS)
        .then([answer] { return answer; })
        .attach(kj::mv(counted));
  }

  const Files& m_files;
  const Commands& m_commands;
  Record& m_record;
  kj::Timer& m_timer;
  std::map<std::uint64_t, kj::Promise<void>> m_running;  // of invokeMany
  struct Channel {
    int to;
    int last;
  };
  std::map<std::uint64_t, Channel> m_channels;
};

}  // namespace

struct RendererProcess::Connection {
  kj::Own<kj::AsyncIoStream> stream;
  capnp::TwoPartyClient rpc;

  Connection(kj::Own<kj::AsyncIoStream> socket, kj::Own<SessionFake> session)
      : stream(kj::mv(socket)), rpc(*stream, kj::mv(session), capnp::rpc::twoparty::Side::SERVER) {}
};

RendererProcess::RendererProcess(kj::AsyncIoContext& io,
                                 Files files,
                                 Commands commands,
                                 const std::string& program)
    : m_io(io),
      m_files(std::move(files)),
      m_commands(std::move(commands)),
      m_process(program),
      m_connection(kj::heap<Connection>(
          m_io.lowLevelProvider->wrapSocketFd(m_process.takeSocket()),
          kj::heap<SessionFake>(m_files, m_commands, m_record, m_io.provider->getTimer()))) {}

RendererProcess::~RendererProcess() { dropConnection(); }

void RendererProcess::waitFor(std::function<bool()> condition) {
  auto deadline = m_io.provider->getTimer().now() + DEADLINE;
  while (!condition()) {
    auto paf = kj::newPromiseAndFulfiller<void>();
    m_record.changed = kj::mv(paf.fulfiller);
    m_io.provider->getTimer().timeoutAt(deadline, kj::mv(paf.promise)).wait(m_io.waitScope);
  }
}

std::string RendererProcess::nextReport() {
  waitFor([this] { return !m_record.reports.empty(); });
  auto report = m_record.reports.front();
  m_record.reports.pop_front();
  return report;
}

proto::RendererControl::Client RendererProcess::control() {
  waitFor([this] { return m_record.control != nullptr; });
  return KJ_ASSERT_NONNULL(m_record.control);
}

void RendererProcess::dropConnection() {
  m_record.control = nullptr;
  m_connection = nullptr;
}

int RendererProcess::waitExit() { return m_process.waitExit(m_io, DEADLINE); }

Files pageWith(const std::string& body) {
  return {{"/index.html",
           {"text/html; charset=utf-8",
            "<!doctype html><meta charset=utf-8><title>t</title><body><script "
            "src=/main.js></script></body>"}},
          {"/main.js",
           {"text/javascript",
            "(async () => { const bridge = await globalThis.__SALLYPORT__;"
            "const report = (value) => bridge.invoke('report', JSON.stringify(value));"
            "try {" +
                body +
                "} catch (error) { report('FAILED ' + (error.stack || JSON.stringify(error))); } "
                "})();"}}};
}

}  // namespace sallyport::renderer
