// The guard on a real socket, spoken to in raw bytes: frames, time, rate and what leaves.
#include "broker/session/guard.h"

#include <capnp/serialize-async.h>
#include <capnp/serialize.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/debug.h>

#include <cstring>

#include "broker/session/token-bucket.h"
#include "tests/broker/session/rpc-messages.h"
#include "tests/broker/session/window-fixture.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;

namespace {

using Bytes = std::vector<kj::byte>;

void number(Bytes& to, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<kj::byte>(value >> shift));
}

// A header as a sender may claim it.
Bytes header(std::uint32_t countField, const std::vector<std::uint32_t>& words) {
  Bytes bytes;
  number(bytes, countField);
  for (const std::uint32_t size : words) number(bytes, size);
  while (bytes.size() % 8 != 0) bytes.push_back(0);
  return bytes;
}

// A guard alone, its peer, and everything that the RPC system would have been given.
struct Gate : Loop {
  Gate() : pipe(io.provider->newCapabilityPipe()), guard(*pipe.ends[0], timer) {
    watch = guard.onEnd().then([this](EndReason why) { reason = why; }).eagerlyEvaluate(nullptr);
  }
  ~Gate() noexcept(false) {
    reading = nullptr;
    guard.close();
  }

  // Reads on and on, as the RPC system does.
  void readAll() {
    reading = guard.next()
                  .then([this](kj::Maybe<kj::Own<Frame>>&& message) {
                    if (message == nullptr) {
                      eof = true;
                      return;
                    }
                    ++messages;
                    next = kj::evalLater([this] { readAll(); }).eagerlyEvaluate(nullptr);
                  })
                  .eagerlyEvaluate(nullptr);
  }
  void send(kj::ArrayPtr<const kj::byte> bytes) {
    pipe.ends[1]->write(bytes.begin(), bytes.size()).wait(io.waitScope);
    poll();
  }
  void send(const Bytes& bytes) { send(kj::arrayPtr(bytes.data(), bytes.size())); }
  void send(Wire& wire) { send(wire.bytes()); }
  // More than the socket holds: written while the guard reads.
  void sendLater(kj::Array<kj::byte> bytes) {
    auto promise = pipe.ends[1]->write(bytes.begin(), bytes.size()).attach(kj::mv(bytes));
    writing = promise.eagerlyEvaluate([](kj::Exception&&) {});
    poll();
  }

  kj::CapabilityPipe pipe;
  Guard guard;
  std::optional<EndReason> reason;
  std::size_t messages = 0;
  bool eof = false;
  kj::Promise<void> watch = nullptr;
  kj::Promise<void> next = nullptr;
  kj::Promise<void> reading = nullptr;
  kj::Promise<void> writing = nullptr;
};

kj::Array<kj::byte> repeated(kj::ArrayPtr<const kj::byte> one, std::size_t times) {
  auto all = kj::heapArray<kj::byte>(one.size() * times);
  for (std::size_t i = 0; i < times; ++i) {
    std::memcpy(all.begin() + i * one.size(), one.begin(), one.size());
  }
  return all;
}

// Return and Finish for a log call cost nothing to send and are refused by nothing but the rate:
// with the ledger in the way, the cheapest honest message is the bootstrap followed by releases of
// nothing, so the rate tests use calls that are answered by hand.
void answer(Gate& gate, std::uint32_t question) {
  auto ret = returned(question);
  auto segments = ret->m_builder.getSegmentsForOutput();
  gate.guard.send(segments);
}

}  // namespace

TEST_CASE("a segment count over the limit ends the session before anything is allocated") {
  for (const std::uint32_t count : {0xffffffffu, 511u, 512u, 8u}) {
    CAPTURE(count);
    Gate gate;
    gate.readAll();
    Bytes four;
    number(four, count);
    gate.send(four);
    CHECK(gate.reason == EndReason::TOO_MANY_SEGMENTS);
    CHECK(gate.eof);
  }
}

TEST_CASE("a message may have 8 segments") {
  Gate gate;
  gate.readAll();
  // Message in segment 0 by a far pointer would do as well; here the others are merely there.
  auto wire = bootstrap(0);
  auto flat = wire->m_builder.getSegmentsForOutput();
  REQUIRE(flat.size() == 1);
  Bytes bytes = header(7, {static_cast<std::uint32_t>(flat[0].size()), 1, 1, 1, 1, 1, 1, 1});
  const auto body = flat[0].asBytes();
  bytes.insert(bytes.end(), body.begin(), body.end());
  bytes.resize(bytes.size() + 7 * 8);
  gate.send(bytes);
  CHECK(gate.messages == 1);
  CHECK_FALSE(gate.reason);
}

TEST_CASE("a message may have as many bytes as the limit, and one word more ends the session") {
  constexpr std::uint32_t WORDS = proto::MAX_MESSAGE_BYTES / 8;
  const auto sized = [](std::uint32_t words) {
    auto wire = bootstrap(0);
    auto flat = wire->m_builder.getSegmentsForOutput();
    Bytes bytes = header(0, {words});
    const auto body = flat[0].asBytes();
    bytes.insert(bytes.end(), body.begin(), body.end());
    bytes.resize(8 + words * std::size_t{8});
    return kj::heapArray<kj::byte>(bytes.data(), bytes.size());
  };
  SUBCASE("at") {
    Gate gate;
    gate.readAll();
    gate.sendLater(sized(WORDS));
    CHECK(gate.messages == 1);
    CHECK_FALSE(gate.reason);
  }
  SUBCASE("over, by one segment") {
    Gate gate;
    gate.readAll();
    gate.send(header(0, {WORDS + 1}));
    CHECK(gate.reason == EndReason::MESSAGE_TOO_LARGE);
  }
  SUBCASE("over, by the sum of segments") {
    Gate gate;
    gate.readAll();
    gate.send(header(1, {WORDS, 1}));
    CHECK(gate.reason == EndReason::MESSAGE_TOO_LARGE);
  }
  SUBCASE("a sum that would wrap around") {
    Gate gate;
    gate.readAll();
    gate.send(header(7, std::vector<std::uint32_t>(8, 0xffffffff)));
    CHECK(gate.reason == EndReason::MESSAGE_TOO_LARGE);
  }
}

TEST_CASE(
    "half a message has 5 seconds, counted from its first byte and not renewed by more bytes") {
  const Bytes whole = [] {
    auto bytes = bootstrap(0)->bytes();
    return Bytes(bytes.begin(), bytes.end());
  }();
  for (const std::size_t begun :
       {std::size_t{1}, std::size_t{7}, std::size_t{8}, whole.size() - 1}) {
    CAPTURE(begun);
    Gate gate;
    gate.readAll();
    gate.send(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(begun)));
    gate.advance((proto::HALF_MESSAGE_MS - 1) * kj::MILLISECONDS);
    CHECK_FALSE(gate.reason);
    SUBCASE("finished in time") {
      gate.send(Bytes(whole.begin() + static_cast<std::ptrdiff_t>(begun), whole.end()));
      gate.advance(1 * kj::HOURS);
      CHECK(gate.messages == 1);
      CHECK_FALSE(gate.reason);
    }
    SUBCASE("late") {
      gate.advance(1 * kj::MILLISECONDS);
      CHECK(gate.reason == EndReason::HALF_MESSAGE);
      CHECK(gate.messages == 0);
    }
  }
  Gate drip;
  drip.readAll();
  for (std::size_t i = 0; i + 1 < whole.size() && !drip.reason; ++i) {
    drip.send(Bytes{whole[i]});
    drip.advance(1 * kj::SECONDS);
  }
  CHECK(drip.reason == EndReason::HALF_MESSAGE);
}

TEST_CASE("an idle renderer has all the time in the world") {
  Gate gate;
  gate.readAll();
  gate.send(*bootstrap(0));
  gate.advance(100 * kj::HOURS);
  CHECK_FALSE(gate.reason);
}

TEST_CASE("messages of one write are all read, wherever they are cut") {
  const auto bytes = [] {
    kj::Vector<kj::byte> all;
    all.addAll(bootstrap(0)->bytes());
    for (std::uint32_t i = 1; i < 20; ++i) all.addAll(pipelined(i, 0, LOG)->bytes());
    return all.releaseAsArray();
  }();
  for (std::size_t cut = 1; cut < bytes.size(); cut += 37) {
    Gate gate;
    gate.readAll();
    gate.send(bytes.slice(0, cut));
    gate.send(bytes.slice(cut, bytes.size()));
    CHECK(gate.messages == 20);
    CHECK_FALSE(gate.reason);
  }
}

TEST_CASE("pointers that lead nowhere end the session") {
  Gate gate;
  gate.readAll();
  SUBCASE("no root") { gate.send(header(0, {0})); }
  SUBCASE("out of bounds") {
    Bytes bytes = header(0, {1});
    number(bytes, 0x7ffffffc);
    number(bytes, 0xffffffff);
    gate.send(bytes);
  }
  SUBCASE("a list where the struct should be") {
    Bytes bytes = header(0, {1});
    number(bytes, 1);
    number(bytes, 0xffffffff);
    gate.send(bytes);
  }
  SUBCASE("into a segment that there is not") {
    Bytes bytes = header(0, {1});
    number(bytes, 2);
    number(bytes, 7);
    gate.send(bytes);
  }
  CHECK(gate.reason == EndReason::MALFORMED);
  CHECK(gate.messages == 0);
}

TEST_CASE("a list of 2^29 capabilities without size is not walked") {
  Gate gate;
  gate.readAll();
  gate.send(*bootstrap(0));
  auto wire = pipelined(1, 0, INVOKE);
  wire->message().getCall().getParams().initCapTable(1);
  auto bytes = wire->bytes();
  // Find the list pointer of the table and make it 2^29 - 1 elements of nothing.
  bool patched = false;
  for (std::size_t at = 8; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.begin() + at, 8);
    if ((word & 3) == 1 && (word >> 32 & 7) == 7) {
      word = (word & 0xffffffff) | (std::uint64_t{0x1fffffff} << 35);
      std::memcpy(bytes.begin() + at, &word, 8);
      patched = true;
    }
  }
  REQUIRE(patched);
  gate.send(bytes);
  REQUIRE(gate.reason);
  CHECK((*gate.reason == EndReason::TOO_MANY_CAPABILITIES || *gate.reason == EndReason::MALFORMED));
}

TEST_CASE("attached descriptors end the session and none stays open in the broker") {
  Gate gate;
  gate.readAll();
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int before = dup(null);
  close(before);
  const std::vector<int> fds(200, null);
  auto bytes = bootstrap(0)->bytes();
  gate.pipe.ends[1]
      ->writeWithFds(bytes, nullptr, kj::arrayPtr(fds.data(), fds.size()))
      .wait(gate.io.waitScope);
  gate.poll();
  CHECK(gate.reason == EndReason::DESCRIPTORS);
  const int after = dup(null);
  CHECK(after == before);
  close(after);
  close(null);
}

TEST_CASE("a token bucket gives a second's worth at once and then its rate") {
  const kj::TimePoint start = kj::origin<kj::TimePoint>() + 1 * kj::SECONDS;
  TokenBucket bucket(10, start);
  for (int i = 0; i < 10; ++i) CHECK(bucket.take(1, start) == 0 * kj::SECONDS);
  CHECK(bucket.take(1, start) == 100 * kj::MILLISECONDS);
  CHECK(bucket.take(1, start + 99 * kj::MILLISECONDS) == 1 * kj::MILLISECONDS);
  CHECK(bucket.take(1, start + 100 * kj::MILLISECONDS) == 0 * kj::SECONDS);
  CHECK_FALSE(bucket.halfFull(start + 599 * kj::MILLISECONDS));
  CHECK(bucket.halfFull(start + 600 * kj::MILLISECONDS));
  // A long sleep saves no more than a second's worth.
  for (int i = 0; i < 10; ++i) CHECK(bucket.take(1, start + 9 * kj::DAYS) == 0 * kj::SECONDS);
  CHECK(bucket.take(1, start + 9 * kj::DAYS) > 0 * kj::SECONDS);
}

TEST_CASE(
    "past the rate of messages nothing more is read, and 30 seconds of that end the session") {
  Gate gate;
  gate.readAll();
  gate.send(*bootstrap(0));
  answer(gate, 0);
  // Calls, each answered and finished: two messages a round.
  std::uint32_t sent = 1;
  const auto flood = [&](std::size_t rounds) {
    for (std::size_t i = 0; i < rounds && !gate.reason; ++i) {
      gate.send(*pipelined(1, 0, LOG));
      if (gate.messages == sent) break;  // throttled
      ++sent;
      answer(gate, 1);
      gate.send(*finish(1));
      if (gate.messages == sent) break;
      ++sent;
    }
  };
  flood(3 * std::size_t{proto::MESSAGES_PER_SECOND});
  CHECK(gate.messages == proto::MESSAGES_PER_SECOND);
  CHECK_FALSE(gate.reason);
  SUBCASE("one more is read when its time has come") {
    gate.advance(1 * kj::MILLISECONDS);
    CHECK(gate.messages == proto::MESSAGES_PER_SECOND + 1);
  }
}

TEST_CASE("a renderer throttled without a pause is ended, one that pauses is not") {
  // Releases of zero references are valid and need no answer: the cheapest flood there is.
  Gate gate;
  gate.readAll();
  gate.send(*bootstrap(0));
  auto withSession = wire([](Message::Builder m) {
    m.initReturn().setAnswerId(0);
    m.getReturn().initResults().initCapTable(1)[0].setSenderHosted(3);
  });
  auto segments = withSession->m_builder.getSegmentsForOutput();
  gate.guard.send(segments);
  const auto one = release(3, 0)->bytes();
  SUBCASE("no pause") {
    gate.sendLater(repeated(one, 45 * std::size_t{proto::MESSAGES_PER_SECOND}));
    int tenths = 0;
    for (; !gate.reason && tenths < 400; ++tenths) gate.advance(100 * kj::MILLISECONDS);
    CHECK(gate.reason == EndReason::THROTTLED_TOO_LONG);
    CHECK(tenths >= 300);
    CHECK(gate.messages <= 31 * std::size_t{proto::MESSAGES_PER_SECOND});
  }
  SUBCASE("bursts with pauses") {
    for (int i = 0; i < 40; ++i) {
      gate.sendLater(repeated(one, proto::MESSAGES_PER_SECOND * 3 / 2));
      gate.advance(500 * kj::MILLISECONDS);
      gate.advance(1500 * kj::MILLISECONDS);
    }
    CHECK_FALSE(gate.reason);
    CHECK(gate.messages == 60 * std::size_t{proto::MESSAGES_PER_SECOND} + 1);
  }
}

TEST_CASE("bytes have their own rate") {
  Gate gate;
  gate.readAll();
  gate.send(*bootstrap(0));
  answer(gate, 0);
  // 1 MiB a message: eight fit into the first second.
  std::size_t before = gate.messages;
  for (std::uint32_t i = 1; i <= 12; ++i) {
    auto big = pipelined(i, 0, LOG);
    auto flat = big->m_builder.getSegmentsForOutput();
    Bytes bytes = header(0, {proto::MAX_MESSAGE_BYTES / 8});
    const auto body = flat[0].asBytes();
    bytes.insert(bytes.end(), body.begin(), body.end());
    bytes.resize(8 + proto::MAX_MESSAGE_BYTES);
    gate.sendLater(kj::heapArray<kj::byte>(bytes.data(), bytes.size()));
    if (gate.messages == before) break;
    before = gate.messages;
  }
  // The bootstrap took a few bytes of the eighth.
  CHECK(gate.messages == 1 + 7);
  gate.advance(10 * kj::MILLISECONDS);
  CHECK(gate.messages == 1 + 8);
  CHECK_FALSE(gate.reason);
}

TEST_CASE("replies that are not read end the session by their age") {
  Gate gate;
  gate.readAll();
  gate.send(*bootstrap(0));
  answer(gate, 0);
  // Fill the socket, then one more.
  auto big = wire([](Message::Builder m) {
    m.initCall().setQuestionId(1);
    m.getCall().getParams().getContent().initAs<capnp::Data>(900'000);
  });
  auto segments = big->m_builder.getSegmentsForOutput();
  gate.guard.send(segments);
  gate.advance((proto::UNREAD_REPLY_MS - 1) * kj::MILLISECONDS);
  CHECK_FALSE(gate.reason);
  SUBCASE("read in time") {
    auto message = capnp::tryReadMessage(*gate.pipe.ends[1]).wait(gate.io.waitScope);
    message = capnp::tryReadMessage(*gate.pipe.ends[1]).wait(gate.io.waitScope);
    gate.advance(1 * kj::HOURS);
    CHECK_FALSE(gate.reason);
  }
  SUBCASE("not read") {
    gate.advance(1 * kj::MILLISECONDS);
    CHECK(gate.reason == EndReason::UNREAD_TOO_LONG);
  }
}

TEST_CASE("replies that are not read end the session by their size") {
  Gate gate;
  gate.readAll();
  std::size_t queued = 0;
  for (std::uint32_t i = 0; i < 40 && !gate.reason; ++i) {
    auto big = wire([&](Message::Builder m) {
      m.initCall().setQuestionId(i);
      m.getCall().getParams().getContent().initAs<capnp::Data>(256 * 1024);
    });
    auto segments = big->m_builder.getSegmentsForOutput();
    gate.guard.send(segments);
    gate.poll();
    queued += 256 * 1024;
  }
  CHECK(gate.reason == EndReason::UNREAD_BYTES);
  CHECK(queued <= proto::MAX_UNREAD_REPLY_BYTES + 1024 * 1024);
}

TEST_CASE("the messages of one turn leave with one write") {
  struct Counter final : kj::AsyncOutputStream {
    kj::Promise<void> write(const void*, std::size_t size) override {
      ++writes;
      bytes += size;
      return kj::READY_NOW;
    }
    kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>>) override {
      KJ_UNIMPLEMENTED("not used");
    }
    kj::Promise<void> whenWriteDisconnected() override { return kj::NEVER_DONE; }
    int writes = 0;
    std::size_t bytes = 0;
  } stream;
  Loop loop;
  Outbox outbox(
      stream, loop.timer, [](EndReason) {}, [] {});
  auto ping = call(0, 0, 2);
  auto segments = ping->m_builder.getSegmentsForOutput();
  auto turn = kj::evalLater([&] {
                outbox.add(segments);
              }).then([&] {
                  return kj::evalLater([&] { outbox.add(segments); });
                }).eagerlyEvaluate(nullptr);
  for (int i = 0; i < 18; ++i) outbox.add(segments);
  loop.poll();
  CHECK(stream.writes == 1);
  CHECK(stream.bytes == 20 * ping->bytes().size());
  outbox.add(segments);
  loop.poll();
  CHECK(stream.writes == 2);
}

TEST_CASE("a queue that was given up takes nothing more, and says so once") {
  struct Stuck final : kj::AsyncOutputStream {
    kj::Promise<void> write(const void*, std::size_t size) override {
      bytes += size;
      auto paf = kj::newPromiseAndFulfiller<void>();
      writing = kj::mv(paf.fulfiller);
      return kj::mv(paf.promise);
    }
    kj::Promise<void> write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>>) override {
      KJ_UNIMPLEMENTED("not used");
    }
    kj::Promise<void> whenWriteDisconnected() override { return kj::NEVER_DONE; }
    kj::Own<kj::PromiseFulfiller<void>> writing;
    std::size_t bytes = 0;
  } stream;
  Loop loop;
  std::vector<EndReason> ends;
  Outbox outbox(
      stream, loop.timer, [&](EndReason reason) { ends.push_back(reason); }, [] {});
  auto ping = call(0, 0, 2);
  auto small = ping->m_builder.getSegmentsForOutput();
  auto big = wire([](Message::Builder m) {
    m.initCall().getParams().getContent().initAs<capnp::Data>(proto::MAX_UNREAD_REPLY_BYTES);
  });
  auto large = big->m_builder.getSegmentsForOutput();
  SUBCASE("by its first message") {
    outbox.add(large);
    outbox.add(small);
    loop.poll();
    CHECK(stream.bytes == 0);
    CHECK(ends == std::vector<EndReason>{EndReason::UNREAD_BYTES});
  }
  SUBCASE("while a write that fails later is under way") {
    outbox.add(small);
    loop.poll();
    const std::size_t before = stream.bytes;
    outbox.add(large);
    stream.writing->reject(KJ_EXCEPTION(DISCONNECTED, "gone"));
    loop.poll();
    outbox.add(small);
    loop.poll();
    CHECK(stream.bytes == before);
    CHECK(ends == std::vector<EndReason>{EndReason::UNREAD_BYTES});
  }
  SUBCASE("by its owner") {
    outbox.close();
    outbox.add(small);
    loop.poll();
    CHECK(stream.bytes == 0);
    CHECK(outbox.queuedBytes() == 0);
    CHECK(ends.empty());
  }
}

TEST_CASE("after the end nothing is given to the RPC system, nor what was being read") {
  Gate gate;
  gate.readAll();
  gate.guard.end(EndReason::REVOKED);
  gate.poll();
  CHECK(gate.reason == EndReason::REVOKED);
  gate.send(*bootstrap(0));
  CHECK(gate.messages == 0);
  CHECK(gate.eof);
  auto more = gate.guard.next();
  REQUIRE(more.poll(gate.io.waitScope));
  CHECK(more.wait(gate.io.waitScope) == nullptr);
}

TEST_CASE("an answer larger than all the room has its turn when it is alone") {
  Gate gate;
  auto alone = gate.guard.room(proto::MAX_UNFINISHED_RESULT_BYTES, 0);
  REQUIRE(alone.poll(gate.io.waitScope));
  auto held = alone.wait(gate.io.waitScope);
  auto second = gate.guard.room(1, 0);
  CHECK_FALSE(second.poll(gate.io.waitScope));
  held = nullptr;
  CHECK(second.poll(gate.io.waitScope));
}

TEST_CASE("a failed answer leaves with a fixed text, an Abort not at all") {
  Gate gate;
  gate.readAll();
  gate.send(*bootstrap(0));
  auto abort = wire([](Message::Builder m) { m.initAbort().setReason("canary /home/user"); });
  auto abortSegments = abort->m_builder.getSegmentsForOutput();
  gate.guard.send(abortSegments);
  auto failed = wire([](Message::Builder m) {
    m.initReturn().setAnswerId(0);
    auto exception = m.getReturn().initException();
    exception.setReason("canary /home/user");
    exception.setTrace("canary.cpp:42");
  });
  auto segments = failed->m_builder.getSegmentsForOutput();
  gate.guard.send(segments);
  gate.poll();
  auto got = capnp::readMessage(*gate.pipe.ends[1]).wait(gate.io.waitScope);
  const auto ret = got->getRoot<Message>().getReturn();
  CHECK(ret.getAnswerId() == 0);
  CHECK(ret.getException().getReason() == "refused");
  CHECK_FALSE(ret.getException().hasTrace());
}
