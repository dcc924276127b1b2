// What the guard lets in: frames and messages, whole, cut, claimed, late, with what they carry.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "tests/broker/session/gate.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;

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
