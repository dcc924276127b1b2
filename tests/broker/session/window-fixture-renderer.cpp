// The fixture's honest renderer: what it hosts, asks, and reads of the answers.
#include <kj/debug.h>

#include <utility>

#include "tests/broker/session/window-fixture.h"

namespace sallyport::session::tests {

kj::Promise<void> ControlFake::done() {
  if (hang != nullptr && *hang) return kj::NEVER_DONE;
  return kj::READY_NOW;
}
kj::Promise<void> ControlFake::load(LoadContext context) {
  m_calls.emplace_back(std::string("load ") + context.getParams().getUrl().cStr());
  return done();
}
kj::Promise<void> ControlFake::close(CloseContext) {
  m_calls.emplace_back("close");
  return done();
}
kj::Promise<void> ControlFake::ping(PingContext) {
  m_calls.emplace_back("ping");
  return done();
}
kj::Promise<void> ControlFake::deliver(DeliverContext context) {
  std::string names = "deliver";
  for (auto event : context.getParams().getEvents()) {
    names += std::string(" ") + event.getName().cStr() + event.getPayload().cStr();
  }
  for (auto entry : context.getParams().getDropped()) {
    names += std::string(" -") + entry.getName().cStr() + std::to_string(entry.getCount());
  }
  m_calls.emplace_back(std::move(names));
  return done();
}

kj::Promise<void> ControlFake::settle(SettleContext context) {
  if (settlements != nullptr) {
    ++settlements->messages;
    settlements->take(context.getParams().getOutcomes());
  }
  return done();
}

namespace {
CallOutcome readFailure(proto::CallFailure::Reader failure) {
  CallOutcome outcome;
  outcome.code = failure.getCode().cStr();
  outcome.message = failure.getMessage().cStr();
  outcome.command = failure.getCommand().cStr();
  outcome.window = failure.getWindow().cStr();
  outcome.id = failure.getId();
  outcome.incident = failure.getIncident().cStr();
  return outcome;
}
}  // namespace

kj::Promise<void> ControlFake::read(ReadContext context) {
  if (hang != nullptr && *hang) return kj::NEVER_DONE;
  const std::string bytes =
      piece != nullptr && *piece ? (*piece)(context.getParams().getUpload()) : "";
  context.getResults().setBytes(kj::arrayPtr(bytes.data(), bytes.size()).asBytes());
  return kj::READY_NOW;
}

CallOutcome read(proto::Outcome::Reader sent) {
  CallOutcome outcome;
  if (sent.isValue()) {
    outcome.value = sent.getValue().cStr();
    for (auto download : sent.getDownloads()) outcome.downloads.push_back(download.getNumber());
    return outcome;
  }
  return readFailure(sent.getFailure());
}

void Settlements::take(capnp::List<proto::Settlement>::Reader outcomes) {
  for (auto settlement : outcomes) {
    all.emplace_back(settlement.getId(), read(settlement.getOutcome()));
  }
}

std::size_t Settlements::count(std::uint64_t id) const {
  std::size_t found = 0;
  for (const auto& entry : all) found += entry.first == id ? 1 : 0;
  return found;
}

const CallOutcome& Settlements::of(std::uint64_t id) const {
  for (const auto& entry : all) {
    if (entry.first == id) return entry.second;
  }
  KJ_FAIL_REQUIRE("not settled", id);
}

Renderer::Renderer(WindowFixture& fixture, kj::AsyncIoStream& stream)
    : client(stream), session(client.bootstrap().castAs<proto::Session>()), m_fixture(fixture) {}

proto::Start::Reader Renderer::attach() {
  auto request = session.attachRequest();
  auto control = kj::heap<ControlFake>(controlCalls);
  control->hang = &hangs;
  control->settlements = &settlements;
  control->piece = &piece;
  request.setControl(kj::mv(control));
  request.setProtocol(proto::PROTOCOL_VERSION);
  request.setEngine("engine 1");
  m_attached = m_fixture.answer<capnp::Response<proto::Session::AttachResults>>(request.send());
  return KJ_ASSERT_NONNULL(m_attached).getStart();
}

namespace {
void write(proto::Call::Builder call, const std::vector<Renderer::Upload>& uploads) {
  if (uploads.empty()) return;
  auto list = call.initUploads(static_cast<kj::uint>(uploads.size()));
  for (kj::uint i = 0; i < list.size(); ++i) {
    list[i].setNumber(uploads[i].number);
    list[i].setBytes(uploads[i].bytes);
  }
}
}  // namespace

kj::Promise<Renderer::Outcome> Renderer::start(std::string command,
                                               std::string arguments,
                                               std::uint64_t id,
                                               const std::vector<Upload>& uploads) {
  auto request = session.invokeRequest();
  auto call = request.initCall();
  call.setCommand(command);
  call.setArguments(arguments);
  call.setId(id);
  write(call, uploads);
  return request.send().then(
      [](capnp::Response<proto::Session::InvokeResults>&& response) {
        return read(response.getOutcome());
      },
      [](kj::Exception&& exception) {
        Outcome outcome;
        outcome.broken = exception.getDescription().cStr();
        return outcome;
      });
}

kj::Promise<std::string> Renderer::startMany(const std::vector<Call>& calls,
                                             std::uint64_t firstId) {
  auto request = session.invokeManyRequest();
  auto list = request.initCalls(static_cast<kj::uint>(calls.size()));
  for (kj::uint i = 0; i < list.size(); ++i) {
    list[i].setCommand(calls[i].command);
    list[i].setArguments(calls[i].arguments);
    list[i].setId(firstId + i);
    write(list[i], calls[i].uploads);
  }
  return request.send().then(
      [this](capnp::Response<proto::Session::InvokeManyResults>&& response) {
        settlements.take(response.getOutcomes());
        return std::string();
      },
      [](kj::Exception&& exception) { return std::string(exception.getDescription().cStr()); });
}

std::string Renderer::invokeMany(const std::vector<Call>& calls, std::uint64_t firstId) {
  return m_fixture.answer(startMany(calls, firstId));
}

kj::Promise<std::string> Renderer::startCancel(const std::vector<std::uint64_t>& ids) {
  auto request = session.cancelRequest();
  auto list = request.initIds(static_cast<kj::uint>(ids.size()));
  for (kj::uint i = 0; i < list.size(); ++i) list.set(i, ids[i]);
  return request.send().ignoreResult().then(
      [] { return std::string(); },
      [](kj::Exception&& exception) { return std::string(exception.getDescription().cStr()); });
}

kj::Promise<Renderer::Outcome> Renderer::startOpen(std::uint64_t channel,
                                                   std::string command,
                                                   std::string arguments) {
  auto request = session.openRequest();
  request.initCall().setCommand(command);
  request.getCall().setArguments(arguments);
  request.setChannel(channel);
  return request.send().then(
      [](capnp::Response<proto::Session::OpenResults>&& response) {
        return read(response.getOutcome());
      },
      [](kj::Exception&& exception) {
        Outcome outcome;
        outcome.broken = exception.getDescription().cStr();
        return outcome;
      });
}

Renderer::Outcome Renderer::open(std::uint64_t channel,
                                 std::string command,
                                 std::string arguments) {
  return m_fixture.answer(startOpen(channel, std::move(command), std::move(arguments)));
}

kj::Promise<Renderer::Piece> Renderer::startRead(std::uint64_t download) {
  auto request = session.readRequest();
  request.setDownload(download);
  return request.send().then(
      [](capnp::Response<proto::Session::ReadResults>&& response) -> Piece {
        const auto sent = response.getPiece();
        if (sent.isFailed()) return {{}, readFailure(sent.getFailed())};
        const auto bytes = sent.getBytes().asChars();
        return {{bytes.begin(), bytes.size()}, {}};
      },
      [](kj::Exception&& exception) {
        Piece piece;
        piece.failure.broken = exception.getDescription().cStr();
        return piece;
      });
}

Renderer::Piece Renderer::readPiece(std::uint64_t download) {
  return m_fixture.answer(startRead(download));
}

void Renderer::discard(const std::vector<std::uint64_t>& downloads) {
  auto request = session.discardRequest();
  auto list = request.initDownloads(static_cast<kj::uint>(downloads.size()));
  for (kj::uint i = 0; i < list.size(); ++i) list.set(i, downloads[i]);
  m_fixture.answer(request.send().ignoreResult().catch_([](kj::Exception&&) {}));
}

kj::Promise<Renderer::Step> Renderer::startNext(std::uint64_t channel) {
  auto request = session.nextRequest();
  request.setChannel(channel);
  return request.send().then(
      [](capnp::Response<proto::Session::NextResults>&& response) {
        Step step;
        auto items = response.getItems();
        for (auto item : items.getItems()) step.items.emplace_back(item.cStr());
        step.more = items.isMore();
        if (items.isFailed()) step.failure = readFailure(items.getFailed());
        return step;
      },
      [](kj::Exception&& exception) {
        Step step;
        step.failure.broken = exception.getDescription().cStr();
        return step;
      });
}

Renderer::Step Renderer::next(std::uint64_t channel) {
  return m_fixture.answer(startNext(channel));
}

void Renderer::close(std::uint64_t channel) {
  auto request = session.closeRequest();
  request.initChannels(1).set(0, channel);
  m_fixture.answer(request.send().ignoreResult().then([] {}, [](kj::Exception&&) {}));
}

std::string Renderer::listen(const std::vector<std::string>& names, Document document) {
  auto request = session.listenRequest();
  auto list = request.initNames(static_cast<kj::uint>(names.size()));
  for (kj::uint i = 0; i < list.size(); ++i) list.set(i, names[i]);
  request.setFresh(document == Document::FRESH);
  request.setReady(document == Document::READY);
  return m_fixture.answer(request.send().then(
      [](capnp::Response<proto::Session::ListenResults>&& response) {
        std::string refused;
        for (auto refusal : response.getRefused()) {
          refused += std::to_string(refusal.getIndex()) + " " + refusal.getCode().cStr() + " ";
        }
        return refused;
      },
      [](kj::Exception&& exception) { return std::string(exception.getDescription().cStr()); }));
}

Renderer::Outcome Renderer::invoke(std::string command, std::string arguments, std::uint64_t id) {
  return m_fixture.answer(start(std::move(command), std::move(arguments), id));
}

}  // namespace sallyport::session::tests
