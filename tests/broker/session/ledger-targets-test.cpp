// What a renderer may call: objects, pipelined answers, through transforms, and which methods.
#include <capnp/schema.h>
#include <doctest/doctest.h>

#include <cstring>

#include "tests/broker/session/bootstrapped.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;
using capnp::rpc::Call;

TEST_CASE("only objects that were given to this window can be called") {
  Bootstrapped b;
  for (std::uint32_t id = 0; id < 65536; ++id) {
    if (id == EXPORT) continue;
    REQUIRE(b.in(*call(1, id, INVOKE)) == EndReason::UNKNOWN_TARGET);
  }
  CHECK_FALSE(b.in(*call(1, EXPORT, INVOKE)));
}

TEST_CASE("nothing can be called before the bootstrap or after the object was released") {
  Ledger fresh;
  CHECK(fresh.inbound(call(1, 0, INVOKE)->reader()) == EndReason::UNKNOWN_TARGET);
  Bootstrapped b;
  REQUIRE_FALSE(b.in(*release(EXPORT, 1)));
  CHECK(b.in(*call(1, EXPORT, INVOKE)) == EndReason::UNKNOWN_TARGET);
}

TEST_CASE("a bootstrap finished with its results takes the object back") {
  Bootstrapped b;
  SUBCASE("after the answer") {
    REQUIRE_FALSE(b.in(*finish(0, true)));
    CHECK(b.in(*call(1, EXPORT, INVOKE)) == EndReason::UNKNOWN_TARGET);
  }
  SUBCASE("before the answer was seen") {
    Ledger ledger;
    REQUIRE_FALSE(ledger.inbound(bootstrap(0)->reader()));
    REQUIRE_FALSE(ledger.inbound(finish(0, true)->reader()));
    REQUIRE_FALSE(ledger.outbound(b.answerWithSession(0)->reader(), 64).breach);
    CHECK(ledger.inbound(call(1, EXPORT, INVOKE)->reader()) == EndReason::UNKNOWN_TARGET);
  }
  SUBCASE("kept") {
    REQUIRE_FALSE(b.in(*finish(0, false)));
    CHECK_FALSE(b.in(*call(1, EXPORT, INVOKE)));
  }
}

TEST_CASE("calls can be pipelined on the bootstrap and on nothing else") {
  Bootstrapped b;
  CHECK_FALSE(b.in(*pipelined(1, 0, INVOKE)));
  CHECK(b.in(*pipelined(2, 1, INVOKE)) == EndReason::UNKNOWN_TARGET);
  CHECK(b.in(*pipelined(3, 50, INVOKE)) == EndReason::UNKNOWN_QUESTION);
  REQUIRE_FALSE(b.in(*finish(0)));
  CHECK(b.in(*pipelined(4, 0, INVOKE)) == EndReason::UNKNOWN_QUESTION);
}

TEST_CASE("a transform has at most 4 steps") {
  Bootstrapped b;
  CHECK_FALSE(b.in(*pipelined(1, 0, INVOKE, proto::MAX_TRANSFORM_STEPS)));
  CHECK(b.in(*pipelined(2, 0, INVOKE, proto::MAX_TRANSFORM_STEPS + 1)) ==
        EndReason::TRANSFORM_TOO_LONG);
}

TEST_CASE("a transform goes through pointers and steps that do nothing") {
  Bootstrapped b;
  auto wire = pipelined(1, 0, INVOKE, 2);
  wire->message().getCall().getTarget().getPromisedAnswer().getTransform()[0].setGetPointerField(0);
  CHECK_FALSE(b.in(*wire));
}

TEST_CASE("a transform of a kind that does not exist is a breach") {
  Bootstrapped b;
  auto wire = pipelined(1, 0, INVOKE, 1);
  wire->message().getCall().getTarget().getPromisedAnswer().getTransform()[0].setGetPointerField(
      0x1234);
  // No builder writes this: change the union's tag from 1 (getPointerField) to 2 in place.
  bool patched = false;
  for (auto segment : wire->m_builder.getSegmentsForOutput()) {
    auto* words = const_cast<capnp::word*>(segment.begin());
    for (std::size_t i = 0; i < segment.size(); ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, words + i, sizeof(word));
      if (word != 0x12340001) continue;
      word = 0x12340002;
      std::memcpy(static_cast<void*>(words + i), &word, sizeof(word));
      patched = true;
    }
  }
  REQUIRE(patched);
  CHECK(b.in(*wire) == EndReason::MALFORMED);
}

TEST_CASE("only the methods of Session exist") {
  const auto methods = capnp::Schema::from<proto::Session>().getMethods().size();
  REQUIRE(methods > LISTEN);
  for (std::uint16_t method = 0; method < methods; ++method) {
    Bootstrapped b;
    CHECK_FALSE(b.in(*call(1, EXPORT, method)));
  }
  Bootstrapped b;
  CHECK(b.in(*call(1, EXPORT, static_cast<std::uint16_t>(methods))) == EndReason::UNKNOWN_METHOD);
  CHECK(b.in(*call(1, EXPORT, 0xffff)) == EndReason::UNKNOWN_METHOD);
  const auto other = [&](std::uint64_t interface) {
    return b.in(*call(1, EXPORT, 0, [&](Call::Builder c) { c.setInterfaceId(interface); }));
  };
  CHECK(other(capnp::typeId<proto::RendererControl>()) == EndReason::UNKNOWN_METHOD);
  CHECK(other(0) == EndReason::UNKNOWN_METHOD);
  CHECK(other(SESSION + 1) == EndReason::UNKNOWN_METHOD);
}

TEST_CASE("results are sent to the caller and nowhere else") {
  Bootstrapped b;
  CHECK(b.in(*call(1, EXPORT, INVOKE, [](Call::Builder c) {
    c.getSendResultsTo().setYourself();
  })) == EndReason::UNKNOWN_METHOD);
  CHECK(b.in(*call(2, EXPORT, INVOKE, [](Call::Builder c) {
    c.getSendResultsTo().initThirdParty();
  })) == EndReason::UNKNOWN_METHOD);
  CHECK(b.in(*call(3, EXPORT, INVOKE, [](Call::Builder c) {
    c.setAllowThirdPartyTailCall(true);
  })) == EndReason::UNKNOWN_METHOD);
}

TEST_CASE("a target or a Resolve of a kind that does not exist is a breach") {
  // The kind of a union is a number of 16 bits behind the first number of 32.
  const auto asNoKind = [](capnp::AnyStruct::Builder of) { of.getDataSection()[4] = 7; };
  Bootstrapped b;
  CHECK(b.in(*call(1, EXPORT, INVOKE, [&](Call::Builder c) {
    asNoKind(capnp::toAny(c.getTarget()));
  })) == EndReason::UNKNOWN_TARGET);
  Bootstrapped other;
  REQUIRE_FALSE(other.in(*call(1, EXPORT, ATTACH, [](Call::Builder c) {
    c.getParams().initCapTable(1)[0].setSenderPromise(3);
  })));
  const auto resolve = [&](const std::function<void(capnp::rpc::Resolve::Builder)>& fill) {
    return other.in(*wire([&](Message::Builder m) {
      auto message = m.initResolve();
      message.setPromiseId(3);
      fill(message);
    }));
  };
  CHECK(resolve([&](capnp::rpc::Resolve::Builder r) {
          r.initCap().setSenderHosted(40);
          asNoKind(capnp::toAny(r));
        }) == EndReason::UNKNOWN_CAPABILITY);
  CHECK(resolve([](capnp::rpc::Resolve::Builder r) { r.initCap().setNone(); }) ==
        EndReason::UNKNOWN_CAPABILITY);
  CHECK_FALSE(resolve(
      [](capnp::rpc::Resolve::Builder r) { r.initException().setReason("it came to nothing"); }));
}

TEST_CASE("nothing is pipelined on a question that was finished before its answer") {
  Ledger ledger;
  REQUIRE_FALSE(ledger.inbound(bootstrap(0)->reader()));
  REQUIRE_FALSE(ledger.inbound(finish(0)->reader()));
  CHECK(ledger.inbound(call(1, VIA_BOOTSTRAP, INVOKE)->reader()) == EndReason::UNKNOWN_QUESTION);
}
