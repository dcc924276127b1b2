// How fast the guard reads: messages and bytes a second, and how long a throttled session lives.
#include <doctest/doctest.h>

#include <cstring>

#include "broker/session/token-bucket.h"
#include "tests/broker/session/gate.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;

namespace {

kj::Array<kj::byte> repeated(kj::ArrayPtr<const kj::byte> one, std::size_t times) {
  auto all = kj::heapArray<kj::byte>(one.size() * times);
  for (std::size_t i = 0; i < times; ++i) {
    std::memcpy(all.begin() + i * one.size(), one.begin(), one.size());
  }
  return all;
}

}  // namespace

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
