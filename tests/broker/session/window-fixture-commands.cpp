// The commands and events of the fixture: the module "test".
#include <kj/debug.h>

#include <algorithm>
#include <boost/describe.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "broker/commands/module.h"
#include "tests/broker/session/window-fixture.h"

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

}  // namespace sallyport::session::tests
