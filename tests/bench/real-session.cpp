// The shipped way: the renderer binary, and in this process the broker's guard, session,
// dispatcher, policy decision, argument validation and a typed handler.
#include <algorithm>
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/commands/module.h"
#include "broker/commands/registry.h"
#include "broker/session/window-connection.h"
#include "tests/bench/page.h"
#include "tests/bench/window.h"
#include "tests/renderer/offscreen-process.h"

namespace sallyport::bench {

namespace {

struct Words {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Words, (), (text))

struct Texts {
  std::int32_t items = 0;
  std::int32_t size = 0;
};
BOOST_DESCRIBE_STRUCT(Texts, (), (items, size))

struct Given {
  commands::LargeBytes data;
};
BOOST_DESCRIBE_STRUCT(Given, (), (data))

struct Size {
  std::int32_t size = 0;
};
BOOST_DESCRIBE_STRUCT(Size, (), (size))

constexpr std::uint8_t FILLING = 7;

// So many bytes, made as they are read.
class Filling final : public commands::ByteSource {
 public:
  explicit Filling(std::size_t left) : m_left(left) {}
  kj::Promise<commands::Result<kj::Array<kj::byte>>> read() override {
    auto piece = kj::heapArray<kj::byte>(std::min<std::size_t>(m_left, proto::PIECE_BYTES));
    std::fill(piece.begin(), piece.end(), FILLING);
    m_left -= piece.size();
    return commands::Result<kj::Array<kj::byte>>(kj::mv(piece));
  }

 private:
  std::size_t m_left;
};

kj::Promise<commands::Result<std::int64_t>> count(std::shared_ptr<commands::ByteSource> source,
                                                  std::int64_t before) {
  commands::ByteSource& from = *source;
  return from.read().then(
      [source = std::move(source), before](commands::Result<kj::Array<kj::byte>> piece) mutable
      -> kj::Promise<commands::Result<std::int64_t>> {
        if (piece.has_error()) return commands::Result<std::int64_t>(piece.error());
        if (piece->size() == 0) return commands::Result<std::int64_t>(before);
        return count(std::move(source), before + static_cast<std::int64_t>(piece->size()));
      });
}

class Journal final : public session::SessionJournal {
 public:
  void attached(std::string_view, std::string_view) override {}
  void ended(std::string_view, session::EndReason reason) override {
    if (reason == session::EndReason::REVOKED) {
      return;  // by us, at the end
    }
    std::fprintf(stderr, "session ended: %s\n", std::string(endReasonName(reason)).c_str());
  }
  void refused(std::string_view, std::string_view, commands::Code code) override {
    std::fprintf(stderr, "refused: %s\n", std::string(commands::codeName(code)).c_str());
  }
  void incident(std::string_view,
                std::string_view,
                std::string_view,
                std::string_view detail) override {
    std::fprintf(stderr, "incident: %s\n", std::string(detail).c_str());
  }
  void pageLine(std::string_view, session::PageLevel, std::string_view text) override {
    std::fprintf(stderr, "page: %s\n", std::string(text).c_str());
  }
};

class Files final : public session::AssetSource {
 public:
  std::optional<session::AssetPiece> read(std::string_view path,
                                          std::uint64_t offset,
                                          std::size_t maxBytes) override {
    const bool isScript = path == "/bench.js";
    if (!isScript && path != "/index.html") {
      return std::nullopt;
    }
    const std::string_view body = isScript ? SCRIPT : HTML;
    const auto piece = body.substr(std::min<std::size_t>(offset, body.size()), maxBytes);
    return session::AssetPiece{isScript ? "text/javascript" : "text/html",
                               std::as_bytes(std::span(piece.data(), piece.size())),
                               body.size(),
                               {}};
  }
};

struct Rounds {
  commands::Emitter<std::int32_t> serial;
  commands::Emitter<std::int32_t> flood;
  commands::Emitter<std::vector<std::int64_t>> stream;
  commands::Emitter<std::vector<std::int64_t>> pieces;
  commands::Emitter<std::vector<std::int64_t>> down;
  commands::Emitter<std::vector<std::int64_t>> up;
};

commands::Registry registry(Log& log, Rounds& rounds) {
  commands::Module module("bench", "Commands of the benchmark.");
  module.add("cmd_echo",
             "Echo.",
             [&log](const commands::Caller&, Words words) -> commands::Result<std::string> {
               log.arrivals.push_back(Clock::now());
               return words.text;
             });
  module.add("cmd_done",
             "Say that a round is over.",
             [&log](const commands::Caller&, Words words) -> commands::Result<std::string> {
               log.finish(words.text);
               return std::string();
             });
  module.add(
      "cmd_stream",
      "So many texts of one size.",
      [](const commands::Caller&, Texts texts) -> commands::Result<commands::Stream<std::string>> {
        using Item = commands::Result<std::optional<std::string>>;
        return commands::Stream<std::string>(
            [left = texts.items, size = texts.size]() mutable -> kj::Promise<Item> {
              if (left-- <= 0) return Item(std::nullopt);
              return Item(std::string(static_cast<std::size_t>(size), 'x'));
            });
      });
  module.add("cmd_pieces",
             "So many pieces of bytes of one size.",
             [](const commands::Caller&,
                Texts texts) -> commands::Result<commands::Stream<commands::Bytes>> {
               using Item = commands::Result<std::optional<commands::Bytes>>;
               return commands::Stream<commands::Bytes>(
                   [left = texts.items, size = texts.size]() mutable -> kj::Promise<Item> {
                     if (left-- <= 0) return Item(std::nullopt);
                     return Item(commands::Bytes{
                         std::vector<std::uint8_t>(static_cast<std::size_t>(size), FILLING)});
                   });
             });
  module.add("cmd_down",
             "So many bytes.",
             [](const commands::Caller&, Size size) -> commands::Result<commands::LargeBytes> {
               const auto bytes = static_cast<std::size_t>(size.size);
               return commands::LargeBytes{bytes, std::make_shared<Filling>(bytes)};
             });
  module.add("cmd_up", "Take bytes and say how many.", [](const commands::Caller&, Given given) {
    return count(std::move(given.data.source), 0);
  });
  module.addEvent("evt_serial", "So many calls, one after the other.", rounds.serial);
  module.addEvent("evt_flood", "So many calls at once.", rounds.flood);
  module.addEvent("evt_stream", "A channel of items, bytes, pause.", rounds.stream);
  module.addEvent("evt_pieces", "A channel of bytes: items, bytes of each.", rounds.pieces);
  module.addEvent("evt_down", "So many bytes to the page.", rounds.down);
  module.addEvent("evt_up", "So many bytes from the page.", rounds.up);
  std::vector<commands::Module> modules;
  modules.push_back(std::move(module));
  return commands::Registry::create(std::move(modules)).value();
}

class RealSession final : public BenchWindow {
 public:
  explicit RealSession(kj::AsyncIoContext& io)
      : BenchWindow(io),
        m_process(SALLYPORT_BINARY_DIR "/bin/sallyport-renderer"),
        m_registry(registry(m_log, m_rounds)),
        m_running(m_journal),
        m_grants(std::make_shared<capabilities::Grants>()) {
    m_registry.connect(m_hub);
    m_grants->rows.resize(m_registry.rows());
    for (auto& row : m_grants->rows) {
      row.allowed = true;
    }
    m_events = std::make_unique<session::WindowEvents>(
        m_hub, session::WindowEvents::Owner{"main", "app", m_grants});
    m_connection = kj::heap<session::WindowConnection>(
        io.lowLevelProvider->wrapUnixSocketFd(m_process.takeSocket()),
        session::WindowConnection::Broker{
            io.provider->getTimer(), m_registry, m_journal, m_running},
        session::WindowConnection::Window{{"main", "app"},
                                          {"main", "app://bench/index.html", "Bench", "", ""},
                                          m_grants,
                                          *m_events,
                                          m_files,
                                          []() -> kj::Promise<bool> { return true; }});
    waitDone();
  }

 private:
  void send(const char* event, const std::string& payload) override {
    const std::string_view name = event;
    if (payload.front() == '[') {
      const auto spec =
          boost::json::value_to<std::vector<std::int64_t>>(boost::json::parse(payload));
      (name == "evt_stream"   ? m_rounds.stream
       : name == "evt_pieces" ? m_rounds.pieces
       : name == "evt_down"   ? m_rounds.down
                              : m_rounds.up)
          .emit(spec);
    } else {
      (name == "evt_serial" ? m_rounds.serial : m_rounds.flood).emit(std::stoi(payload));
    }
  }

  renderer::OffscreenProcess m_process;
  Journal m_journal;
  Files m_files;
  Rounds m_rounds;
  commands::Registry m_registry;
  session::RunningCommands m_running;
  std::shared_ptr<capabilities::Grants> m_grants;
  session::EventHub m_hub{m_journal};
  std::unique_ptr<session::WindowEvents> m_events;
  kj::Own<session::WindowConnection> m_connection;
};

}  // namespace

kj::Own<BenchWindow> realSession(kj::AsyncIoContext& io) { return kj::heap<RealSession>(io); }

}  // namespace sallyport::bench
