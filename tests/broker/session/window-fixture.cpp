// The fixture's own part: the fakes around a connection, its clock, and how they are put together.
#include "tests/broker/session/window-fixture.h"

#include <kj/debug.h>

#include <algorithm>
#include <utility>

namespace sallyport::session::tests {

void JournalFake::attached(std::string_view window, std::string_view engine) {
  lines.push_back({"attached", std::string(window), {}, std::string(engine), {}});
}
void JournalFake::ended(std::string_view window, EndReason reason) {
  lines.push_back({"ended", std::string(window), {}, std::string(endReasonName(reason)), {}});
}
void JournalFake::refused(std::string_view window, std::string_view command, commands::Code code) {
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

}  // namespace sallyport::session::tests
