// The objects of both sides: how many of the renderer's live, what is given, promised, given back.
#include <doctest/doctest.h>

#include "tests/broker/session/bootstrapped.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;
using capnp::rpc::Call;
using capnp::rpc::CapDescriptor;

TEST_CASE("8 capabilities fit in a message, and one more is a breach") {
  Bootstrapped b;
  CHECK_FALSE(b.in(*call(1, EXPORT, INVOKE, [](Call::Builder c) {
    hostCapabilities(c, 0, proto::MAX_CAPABILITIES_PER_MESSAGE);
  })));
  CHECK(b.in(*call(2, EXPORT, INVOKE, [](Call::Builder c) {
    hostCapabilities(c, 100, proto::MAX_CAPABILITIES_PER_MESSAGE + 1);
  })) == EndReason::TOO_MANY_CAPABILITIES);
}

TEST_CASE(
    "64 capabilities of the renderer may live, our Release makes room, and one more is a breach") {
  Bootstrapped b;
  for (std::uint32_t i = 0; i < 8; ++i) {
    REQUIRE_FALSE(b.in(
        *call(i + 1, EXPORT, INVOKE, [&](Call::Builder c) { hostCapabilities(c, i * 8, 8); })));
  }
  CHECK(b.ledger.rendererCapabilities() == proto::MAX_RENDERER_CAPABILITIES);
  const auto oneMore = [&](std::uint32_t question) {
    return b.in(
        *call(question, EXPORT, INVOKE, [](Call::Builder c) { hostCapabilities(c, 1000, 1); }));
  };
  SUBCASE("the same ones again are no more") {
    CHECK_FALSE(
        b.in(*call(20, EXPORT, INVOKE, [](Call::Builder c) { hostCapabilities(c, 0, 8); })));
    CHECK(b.ledger.rendererCapabilities() == proto::MAX_RENDERER_CAPABILITIES);
    SUBCASE("and one Release of two references makes no room") {
      b.out(*release(0, 1));
      CHECK(oneMore(21) == EndReason::TOO_MANY_CAPABILITIES);
    }
  }
  SUBCASE("over") { CHECK(oneMore(20) == EndReason::TOO_MANY_CAPABILITIES); }
  SUBCASE("after a Release") {
    b.out(*release(0, 1));
    CHECK_FALSE(oneMore(20));
  }
}

TEST_CASE("a descriptor speaks only of what was exchanged") {
  const auto with = [](const std::function<void(CapDescriptor::Builder)>& fill) {
    Bootstrapped b;
    return b.in(
        *call(1, EXPORT, INVOKE, [&](Call::Builder c) { fill(c.getParams().initCapTable(1)[0]); }));
  };
  CHECK_FALSE(with([](CapDescriptor::Builder d) { d.setNone(); }));
  CHECK_FALSE(with([](CapDescriptor::Builder d) { d.setSenderPromise(3); }));
  CHECK_FALSE(with([](CapDescriptor::Builder d) { d.setReceiverHosted(EXPORT); }));
  CHECK(with([](CapDescriptor::Builder d) { d.setReceiverHosted(EXPORT + 1); }) ==
        EndReason::UNKNOWN_CAPABILITY);
  CHECK_FALSE(with([](CapDescriptor::Builder d) { d.initReceiverAnswer().setQuestionId(0); }));
  CHECK(with([](CapDescriptor::Builder d) { d.initReceiverAnswer().setQuestionId(9); }) ==
        EndReason::UNKNOWN_QUESTION);
  CHECK(with([](CapDescriptor::Builder d) {
          d.initReceiverAnswer().initTransform(proto::MAX_TRANSFORM_STEPS + 1);
        }) == EndReason::TRANSFORM_TOO_LONG);
  CHECK(with([](CapDescriptor::Builder d) { d.initThirdPartyHosted(); }) ==
        EndReason::UNKNOWN_CAPABILITY);
  CHECK(with([](CapDescriptor::Builder d) {
          d.setSenderHosted(1);
          d.setAttachedFd(0);
        }) == EndReason::DESCRIPTORS);
}

TEST_CASE("a Release takes back no more than was given") {
  Bootstrapped b;
  CHECK(b.in(*release(EXPORT, 2)) == EndReason::UNKNOWN_CAPABILITY);
  CHECK(b.in(*release(EXPORT + 1, 1)) == EndReason::UNKNOWN_CAPABILITY);
  CHECK_FALSE(b.in(*release(EXPORT, 1)));
  CHECK(b.in(*release(EXPORT, 1)) == EndReason::UNKNOWN_CAPABILITY);
}

TEST_CASE("a Resolve is for a promise that the renderer gave, once") {
  Bootstrapped b;
  const auto resolve = [&](std::uint32_t id) {
    return b.in(*wire([&](Message::Builder m) {
      auto message = m.initResolve();
      message.setPromiseId(id);
      message.initCap().setSenderHosted(40);
    }));
  };
  CHECK(resolve(3) == EndReason::UNKNOWN_CAPABILITY);
  REQUIRE_FALSE(b.in(*call(1, EXPORT, ATTACH, [](Call::Builder c) {
    c.getParams().initCapTable(1)[0].setSenderPromise(3);
  })));
  CHECK_FALSE(resolve(3));
  CHECK(resolve(3) == EndReason::UNKNOWN_CAPABILITY);
  CHECK(b.ledger.rendererCapabilities() == 2);
}

TEST_CASE("a promise that fails in a way nobody can read is no Resolve") {
  Bootstrapped b;
  REQUIRE_FALSE(b.in(*call(1, EXPORT, ATTACH, [](Call::Builder c) {
    c.getParams().initCapTable(1)[0].setSenderPromise(3);
  })));
  CHECK_THROWS(b.in(*wire([&](Message::Builder m) {
    m.initResolve().setPromiseId(3);
    auto exception = m.getResolve().initException();
    // A capability where the reason's text is.
    *reinterpret_cast<std::uint64_t*>(capnp::toAny(exception).getDataSection().end()) = 3;
  })));
}

TEST_CASE("a promise chain of the renderer counts against its capabilities") {
  Bootstrapped b;
  REQUIRE_FALSE(b.in(*call(1, EXPORT, ATTACH, [](Call::Builder c) {
    c.getParams().initCapTable(1)[0].setSenderPromise(0);
  })));
  std::optional<EndReason> breach;
  std::uint32_t i = 0;
  for (; !breach && i < 1000; ++i) {
    breach = b.in(*wire([&](Message::Builder m) {
      m.initResolve().setPromiseId(i);
      m.getResolve().initCap().setSenderPromise(i + 1);
    }));
  }
  CHECK(breach == EndReason::TOO_MANY_CAPABILITIES);
  CHECK(i == proto::MAX_RENDERER_CAPABILITIES);
}

TEST_CASE("one id is not a promise in one message and an object in the next") {
  const auto give = [](Bootstrapped& b, std::uint32_t question, bool promise) {
    return b.in(*call(question, EXPORT, INVOKE, [&](Call::Builder c) {
      auto descriptor = c.getParams().initCapTable(1)[0];
      promise ? descriptor.setSenderPromise(3) : descriptor.setSenderHosted(3);
    }));
  };
  for (const bool promise : {true, false}) {
    CAPTURE(promise);
    Bootstrapped b;
    REQUIRE_FALSE(give(b, 1, promise));
    CHECK_FALSE(give(b, 2, promise));
    CHECK(give(b, 3, !promise) == EndReason::UNKNOWN_CAPABILITY);
  }
}

TEST_CASE("what a call of ours lent goes back with its Return, when the renderer says so") {
  constexpr std::uint32_t LENT = 9;
  for (const bool releases : {true, false}) {
    CAPTURE(releases);
    for (const bool promise : {true, false}) {
      CAPTURE(promise);
      Bootstrapped b;
      REQUIRE_FALSE(b.out(*call(5, 0, 2, [&](Call::Builder c) {
                       auto descriptor = c.getParams().initCapTable(1)[0];
                       promise ? descriptor.setSenderPromise(LENT)
                               : descriptor.setSenderHosted(LENT);
                     })).breach);
      REQUIRE_FALSE(b.in(*call(1, LENT, INVOKE)));
      REQUIRE_FALSE(b.in(*wire([&](Message::Builder m) {
        m.initReturn().setAnswerId(5);
        m.getReturn().setReleaseParamCaps(releases);
        m.getReturn().initResults();
      })));
      const auto after = b.in(*call(2, LENT, INVOKE));
      if (releases) {
        CHECK(after == EndReason::UNKNOWN_TARGET);
      } else {
        CHECK_FALSE(after);
      }
    }
  }
}

TEST_CASE("what was given back once is not given back again with a Finish or a Return") {
  Bootstrapped b;
  SUBCASE("of results") {
    REQUIRE_FALSE(b.in(*release(EXPORT, 1)));
    CHECK(b.in(*finish(0, true)) == EndReason::UNKNOWN_CAPABILITY);
  }
  SUBCASE("of parameters") {
    REQUIRE_FALSE(b.out(*call(5, 0, 2, [](Call::Builder c) {
                     c.getParams().initCapTable(1)[0].setSenderHosted(9);
                   })).breach);
    REQUIRE_FALSE(b.in(*release(9, 1)));
    CHECK(b.in(*wire([](Message::Builder m) {
      m.initReturn().setAnswerId(5);
      m.getReturn().setReleaseParamCaps(true);
      m.getReturn().initResults();
    })) == EndReason::UNKNOWN_CAPABILITY);
  }
}

TEST_CASE("an object that was given twice can be called until both are given back") {
  Bootstrapped b;
  REQUIRE_FALSE(b.in(*call(1, EXPORT, INVOKE)));
  REQUIRE_FALSE(b.out(*wire([](Message::Builder m) {
                   m.initReturn().setAnswerId(1);
                   m.getReturn().initResults().initCapTable(1)[0].setSenderHosted(EXPORT);
                 })).breach);
  REQUIRE_FALSE(b.in(*finish(1, true)));
  CHECK_FALSE(b.in(*call(2, EXPORT, INVOKE)));
  REQUIRE_FALSE(b.in(*finish(0, true)));
  CHECK(b.in(*call(3, EXPORT, INVOKE)) == EndReason::UNKNOWN_TARGET);
}

TEST_CASE("an object of the renderer's that we speak of is none that we give") {
  Bootstrapped b;
  REQUIRE_FALSE(b.out(*call(5, 0, 2, [](Call::Builder c) {
                   c.getParams().initCapTable(1)[0].setReceiverHosted(9);
                 })).breach);
  CHECK(b.in(*call(1, 9, INVOKE)) == EndReason::UNKNOWN_TARGET);
}

TEST_CASE("a promise of ours that becomes an object can be called; one that fails ends it") {
  Bootstrapped b;
  const auto resolve = [](bool fails) {
    return wire([&](Message::Builder m) {
      m.initResolve().setPromiseId(1);
      fails ? m.getResolve().initException().setReason("no")
            : m.getResolve().initCap().setSenderHosted(12);
    });
  };
  REQUIRE_FALSE(b.out(*resolve(false)).breach);
  CHECK_FALSE(b.in(*call(1, 12, INVOKE)));
  CHECK(b.out(*resolve(true)).breach == EndReason::INTERNAL);
}
