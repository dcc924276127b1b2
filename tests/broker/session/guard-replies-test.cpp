// What leaves by the guard: replies that nobody reads, the queue before the socket, room, masks.
#include <capnp/serialize-async.h>
#include <doctest/doctest.h>
#include <kj/debug.h>

#include "broker/session/outbox.h"
#include "tests/broker/session/gate.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;

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
