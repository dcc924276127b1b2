// The fixture of the session's tests.
#include "tests/broker/session/window-fixture.h"

#include <kj/debug.h>

#include <algorithm>
#include <boost/describe.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "broker/commands/module.h"

namespace sallyport::session::tests {

using commands::Caller;
using commands::Code;
using commands::Error;
using commands::OnAbandon;
using commands::Result;
using commands::Stream;

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())
struct Echo {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Echo, (), (text))
struct Count {
  std::int32_t to = 0;
};
BOOST_DESCRIBE_STRUCT(Count, (), (to))
struct Large {
  std::int32_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(Large, (), (bytes))
struct Packet {
  commands::Bytes bytes;
};
BOOST_DESCRIBE_STRUCT(Packet, (), (bytes))

struct Data {
  commands::LargeBytes data;
};
BOOST_DESCRIBE_STRUCT(Data, (), (data))
struct Two {
  commands::LargeBytes one;
  std::optional<commands::LargeBytes> other;
};
BOOST_DESCRIBE_STRUCT(Two, (), (one, other))

void JournalFake::attached(std::string_view window, std::string_view engine) {
  lines.push_back({"attached", std::string(window), {}, std::string(engine), {}});
}
void JournalFake::ended(std::string_view window, EndReason reason) {
  lines.push_back({"ended", std::string(window), {}, std::string(endReasonName(reason)), {}});
}
void JournalFake::refused(std::string_view window, std::string_view command, Code code) {
  // An attack makes millions, which would count as the broker's own growth.
  constexpr std::size_t KEPT = 10'000;
  if (lines.size() >= KEPT) return;
  lines.push_back({"refused",
                   std::string(window),
                   std::string(command),
                   std::string(commands::codeName(code)),
                   {}});
}
void JournalFake::incident(std::string_view window,
                           std::string_view command,
                           std::string_view incident,
                           std::string_view detail) {
  lines.push_back({"incident",
                   std::string(window),
                   std::string(command),
                   std::string(incident),
                   std::string(detail)});
}
void JournalFake::pageLine(std::string_view window, PageLevel, std::string_view text) {
  lines.push_back({"page", std::string(window), {}, std::string(text), {}});
}

std::size_t JournalFake::count(std::string_view what) const {
  std::size_t found = 0;
  for (const Line& line : lines) found += line.what == what ? 1 : 0;
  return found;
}

const JournalFake::Line& JournalFake::last(std::string_view what) const {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (line->what == what) return *line;
  }
  KJ_FAIL_REQUIRE("no such line in the journal", std::string(what).c_str());
}

std::optional<AssetPiece> AssetsFake::read(std::string_view path,
                                           std::uint64_t offset,
                                           std::size_t maxBytes) {
  asked.emplace_back(path);
  static const std::string SMALL = "<!doctype html>";
  if (m_big.size() != bigBytes) m_big.assign(bigBytes, 'b');
  const std::string* file = path == "/index.html" ? &SMALL : path == "/big.bin" ? &m_big : nullptr;
  if (file == nullptr) return std::nullopt;
  const std::size_t from = std::min<std::uint64_t>(offset, file->size());
  const std::size_t size = std::min(maxBytes, file->size() - from);
  return AssetPiece{"text/html",
                    {reinterpret_cast<const std::byte*>(file->data()) + from, size},
                    file->size(),
                    {{"Content-Security-Policy", "default-src 'none'"}}};
}

commands::Registry Handlers::registry() {
  commands::Module module("test", "Commands of the session's tests.");
  module.add("cmd_echo", "Echo.", [this](const Caller&, Echo arguments) -> Result<std::string> {
    ++calls;
    return arguments.text;
  });
  module.add("cmd_missing", "Find nothing.", [](const Caller&, Nothing) -> Result<std::string> {
    return Error{Code::NOT_FOUND, "Nothing here."};
  });
  module.add("cmd_large", "A long text.", [](const Caller&, Large large) -> Result<std::string> {
    return std::string(static_cast<std::size_t>(large.bytes), 'x');
  });
  module.add("cmd_turn_bytes", "Reverse.", [](const Caller&, Packet packet) -> Result<Packet> {
    std::reverse(packet.bytes.value.begin(), packet.bytes.value.end());
    return packet;
  });
  module.add("cmd_throw", "Throw.", [this](const Caller&, Nothing) -> Result<std::string> {
    throw std::runtime_error(canary);
  });
  module.add("cmd_throw_later",
             "Throw later.",
             [this](const Caller&, Nothing) -> kj::Promise<Result<std::string>> {
               return kj::evalLater([this]() -> Result<std::string> {
                 KJ_FAIL_REQUIRE("broken inside", canary.c_str());
               });
             });
  module.add("cmd_internal", "Fail.", [this](const Caller&, Nothing) -> Result<std::string> {
    return Error{Code::INTERNAL, canary};
  });
  // Counts itself as dropped unless it ran to its end.
  struct Watch {
    Watch(int& dropped) : dropped(dropped) {}
    ~Watch() { dropped += done ? 0 : 1; }
    int& dropped;
    bool done = false;
  };
  const auto wait = [this](int& counter) {
    ++calls;
    auto paf = kj::newPromiseAndFulfiller<void>();
    waiting.push_back(kj::mv(paf.fulfiller));
    auto watch = kj::heap<Watch>(counter);
    bool& done = watch->done;
    return paf.promise
        .then([this, &done]() -> Result<std::string> {
          done = true;
          ++finished;
          return std::string("waited");
        })
        .attach(kj::mv(watch));
  };
  module.add("cmd_wait",
             "Wait.",
             [this, wait](const Caller&, Nothing) -> kj::Promise<Result<std::string>> {
               return wait(dropped);
             },
             {std::chrono::milliseconds(1000), OnAbandon::CANCEL});
  module.add("cmd_finish",
             "Run to the end.",
             [this, wait](const Caller&, Nothing) -> kj::Promise<Result<std::string>> {
               return wait(dropped);
             },
             {std::chrono::milliseconds(1000), OnAbandon::RUN_TO_END});
  module.add(
      "cmd_forbidden", "Not granted.", [this](const Caller&, Nothing) -> Result<std::string> {
        ++calls;
        return std::string("ran");
      });
  module.add("cmd_denied", "Denied.", [this](const Caller&, Nothing) -> Result<std::string> {
    ++calls;
    return std::string("ran");
  });
  addStreams(module);
  addTransfers(module);
  module.addEvent("evt_note", "A note.", note);
  module.addEvent("evt_level", "A level.", level, {commands::Queueing::LATEST, false});
  module.addEvent("evt_state", "A state.", state, {commands::Queueing::LATEST, true});
  module.addEvent("evt_secret", "Not granted.", secret);
  module.addEvent("evt_denied", "Denied.", denied);
  std::vector<commands::Module> modules;
  modules.push_back(std::move(module));
  auto registry = commands::Registry::create(std::move(modules));
  return std::move(registry.value());
}

bool OutsideFake::navigate(std::string_view url) {
  asked.emplace_back(url);
  return url == "https://go.example/";
}

kj::Promise<kj::Maybe<kj::Own<kj::AsyncIoStream>>> OutsideFake::connect(std::string_view host,
                                                                        std::uint16_t port) {
  asked.push_back(std::string(host) + ":" + std::to_string(port));
  if (waits) return kj::NEVER_DONE;
  if (host != "host.example") return kj::Maybe<kj::Own<kj::AsyncIoStream>>();
  auto pipe = m_io.provider->newTwoWayPipe();
  servers.push_back(kj::mv(pipe.ends[1]));
  return kj::Maybe<kj::Own<kj::AsyncIoStream>>(kj::mv(pipe.ends[0]));
}

void Handlers::addStreams(commands::Module& module) {
  const auto watch = [this] {
    ++streams;
    return kj::heap(kj::defer([this] { ++streamsOver; }));
  };
  module.add("cmd_count",
             "Count.",
             [this, watch](const Caller&, Count count) -> Result<Stream<std::int32_t>> {
               return Stream<std::int32_t>(
                   [this, to = count.to, last = std::int32_t{0}, over = watch()]() mutable
                   -> kj::Promise<Result<std::optional<std::int32_t>>> {
                     if (last == to) return Result<std::optional<std::int32_t>>(std::nullopt);
                     ++made;
                     return Result<std::optional<std::int32_t>>(++last);
                   });
             });
  module.add("cmd_flood",
             "Long texts without an end.",
             [this, watch](const Caller&, Large large) -> Result<Stream<std::string>> {
               return Stream<std::string>(
                   [this,
                    size = static_cast<std::size_t>(large.bytes),
                    over = watch()]() mutable -> kj::Promise<Result<std::optional<std::string>>> {
                     ++made;
                     return Result<std::optional<std::string>>(std::string(size, 'x'));
                   });
             });
  module.add(
      "cmd_give_bytes",
      "The bytes again and again.",
      [this, watch](const Caller&, Packet packet) -> Result<Stream<commands::Bytes>> {
        return Stream<commands::Bytes>([this, bytes = packet.bytes, over = watch()]() mutable
                                       -> kj::Promise<Result<std::optional<commands::Bytes>>> {
          ++made;
          return Result<std::optional<commands::Bytes>>(bytes);
        });
      });
  module.add("cmd_listen",
             "Open later, then an item for every fulfilled wait.",
             [this, watch](const Caller&, Nothing) -> kj::Promise<Result<Stream<std::string>>> {
               ++listens;
               auto paf = kj::newPromiseAndFulfiller<void>();
               waiting.push_back(kj::mv(paf.fulfiller));
               return paf.promise.then([this, watch]() -> Result<Stream<std::string>> {
                 return Stream<std::string>([this, over = watch()]() mutable {
                   auto item = kj::newPromiseAndFulfiller<void>();
                   waiting.push_back(kj::mv(item.fulfiller));
                   return item.promise.then(
                       []() -> Result<std::optional<std::string>> { return std::string("heard"); });
                 });
               });
             },
             {std::chrono::milliseconds(1000), OnAbandon::CANCEL});
  module.add("cmd_break",
             "One item, then a failure.",
             [this, watch](const Caller&, Echo how) -> Result<Stream<std::string>> {
               return Stream<std::string>([this, how, isFirst = true, over = watch()]() mutable
                                          -> kj::Promise<Result<std::optional<std::string>>> {
                 if (std::exchange(isFirst, false)) {
                   return Result<std::optional<std::string>>(std::string("first"));
                 }
                 if (how.text == "throw") throw std::runtime_error(canary);
                 return Result<std::optional<std::string>>(Error{Code::LOCKED, "Locked."});
               });
             });
}

// All of it behind what came before.
kj::Promise<Result<std::string>> readAll(std::shared_ptr<commands::ByteSource> source,
                                         std::string before) {
  commands::ByteSource& from = *source;
  return from.read().then(
      [source = std::move(source), before = std::move(before)](
          Result<kj::Array<kj::byte>> piece) mutable -> kj::Promise<Result<std::string>> {
        if (piece.has_error()) return Result<std::string>(piece.error());
        if (piece->size() == 0) return Result<std::string>(std::move(before));
        before.append(piece->asChars().begin(), piece->size());
        return readAll(std::move(source), std::move(before));
      });
}

class Giver final : public commands::ByteSource {
 public:
  Giver(Handlers& handlers, std::size_t left) : m_handlers(handlers), m_left(left) {
    ++handlers.sources;
  }
  ~Giver() noexcept(false) override { ++m_handlers.sourcesOver; }

  kj::Promise<Result<kj::Array<kj::byte>>> read() override {
    using Giving = Handlers::Giving;
    std::size_t size = std::min<std::size_t>(m_left, proto::PIECE_BYTES);
    switch (m_handlers.giving) {
      case Giving::WHOLE:
        break;
      case Giving::SHORT:
        size = 0;
        break;
      case Giving::LONG:
        size = m_left + 1;
        break;
      case Giving::FAIL:
        return Result<kj::Array<kj::byte>>(Error{Code::NOT_FOUND, "The file is gone."});
      case Giving::THROW:
        throw std::runtime_error(m_handlers.canary);
      case Giving::NEVER:
        return kj::NEVER_DONE;
    }
    auto piece = kj::heapArray<kj::byte>(size);
    std::fill(piece.begin(), piece.end(), static_cast<kj::byte>('g'));
    m_left -= std::min(m_left, size);
    return Result<kj::Array<kj::byte>>(kj::mv(piece));
  }

 private:
  Handlers& m_handlers;
  std::size_t m_left;
};

void Handlers::addTransfers(commands::Module& module) {
  const auto take = [this](const Caller&, Data given) {
    ++calls;
    return readAll(std::move(given.data.source), {})
        .then([this](Result<std::string> all) -> Result<std::int64_t> {
          if (all.has_error()) return all.error();
          taken = std::move(*all);
          return static_cast<std::int64_t>(taken.size());
        });
  };
  module.add("cmd_take", "Read the bytes.", take);
  module.add("cmd_keep",
             "Read the bytes, whoever waits.",
             take,
             {std::chrono::milliseconds(60'000), OnAbandon::RUN_TO_END});
  module.add("cmd_leave", "Read nothing.", [this](const Caller&, Two) -> Result<std::int64_t> {
    return ++calls;
  });
  module.add(
      "cmd_give", "Bytes.", [this](const Caller&, Large large) -> Result<commands::LargeBytes> {
        ++calls;
        const auto bytes = static_cast<std::size_t>(large.bytes);
        return commands::LargeBytes{bytes, std::make_shared<Giver>(*this, bytes)};
      });
}

void Loop::advance(kj::Duration duration) {
  poll();
  timer.advanceTo(timer.now() + duration);
  poll();
}

WindowFixture::WindowFixture(int brokerEnd) : registry(handlers.registry()) {
  registry.connect(hub);
  kj::Own<kj::AsyncCapabilityStream> stream;
  if (brokerEnd >= 0) {
    stream = io.lowLevelProvider->wrapUnixSocketFd(kj::AutoCloseFd(brokerEnd));
  } else {
    auto pipe = io.provider->newCapabilityPipe();
    stream = kj::mv(pipe.ends[0]);
    peer = kj::mv(pipe.ends[1]);
  }
  connection = connect(kj::mv(stream), "main");
  m_watch =
      connection->ended().then([this](EndReason why) { m_reason = why; }).eagerlyEvaluate(nullptr);
}

kj::Own<WindowConnection> WindowFixture::connect(kj::Own<kj::AsyncCapabilityStream> stream,
                                                 std::string label) {
  auto& own = events[label];
  if (!own) own = std::make_unique<WindowEvents>(hub, WindowEvents::Owner{label, "app", grants()});
  return kj::heap<WindowConnection>(
      kj::mv(stream),
      WindowConnection::Broker{timer, registry, journal, running},
      WindowConnection::Window{
          {label, "app"},
          {label, "app://wallet/index.html", "Wallet", "{\"tab\":1}", "default-src 'none'"},
          grants(),
          *own,
          assets,
          [this]() -> kj::Promise<bool> {
            if (!holdCage) return cageHolds;
            auto paf = kj::newPromiseAndFulfiller<bool>();
            cage = kj::mv(paf.fulfiller);
            return kj::mv(paf.promise);
          },
          &outside});
}

WindowFixture::~WindowFixture() noexcept(false) {
  // The connection first: what it runs uses the rest. Then let the loop drop what was cancelled.
  connection = nullptr;
  poll();
}

std::optional<EndReason> WindowFixture::reason() {
  poll();
  return m_reason;
}

std::shared_ptr<capabilities::Grants> WindowFixture::grants() {
  auto table = std::make_shared<capabilities::Grants>();
  table->rows.resize(registry.rows());
  for (auto& grant : table->rows) grant.allowed = true;
  row(*table, "cmd_forbidden").allowed = false;
  row(*table, "cmd_denied").denied = true;
  row(*table, "evt_secret").allowed = false;
  row(*table, "evt_denied").denied = true;
  return table;
}

capabilities::Grant& WindowFixture::row(capabilities::Grants& table, std::string_view name) {
  const commands::Event* event = registry.findEvent(name);
  const auto id = event != nullptr ? event->id : registry.find(name)->id;
  return table.rows[static_cast<std::size_t>(id)];
}

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
        if (items.isFailed()) {
          step.failure.code = items.getFailed().getCode().cStr();
          step.failure.message = items.getFailed().getMessage().cStr();
          step.failure.incident = items.getFailed().getIncident().cStr();
        }
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
