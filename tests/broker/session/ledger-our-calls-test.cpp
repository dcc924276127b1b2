// Our calls to the renderer: what it may answer, how often, and what an answer brings along.
#include <doctest/doctest.h>

#include "tests/broker/session/bootstrapped.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;

TEST_CASE("a Return answers a call of ours, once") {
  Bootstrapped b;
  CHECK(b.in(*returned(5)) == EndReason::UNKNOWN_ANSWER);
  b.ask(5);
  CHECK_FALSE(b.in(*returned(5)));
  CHECK(b.in(*returned(5)) == EndReason::UNKNOWN_ANSWER);
}

TEST_CASE("a Return of a kind that needs a tail call is a breach") {
  const auto kind = [](const std::function<void(capnp::rpc::Return::Builder)>& fill) {
    Bootstrapped b;
    b.ask(5);
    return b.in(*wire([&](Message::Builder m) {
      auto ret = m.initReturn();
      ret.setAnswerId(5);
      fill(ret);
    }));
  };
  using R = capnp::rpc::Return::Builder;
  CHECK_FALSE(kind([](R r) { r.initException().setReason("no"); }));
  CHECK(kind([](R r) { r.setCanceled(); }) == EndReason::BAD_RETURN);
  CHECK(kind([](R r) { r.setResultsSentElsewhere(); }) == EndReason::BAD_RETURN);
  CHECK(kind([](R r) { r.setTakeFromOtherQuestion(0); }) == EndReason::BAD_RETURN);
  CHECK(kind([](R r) { r.initAcceptFromThirdParty(); }) == EndReason::BAD_RETURN);
}

TEST_CASE("canceled answers a call that we gave up") {
  Bootstrapped b;
  b.ask(5);
  REQUIRE_FALSE(b.out(*finish(5)).breach);
  CHECK_FALSE(b.in(*wire([](Message::Builder m) {
    m.initReturn().setAnswerId(5);
    m.getReturn().setCanceled();
  })));
}

TEST_CASE("calls of ours that a renderer leaves without a Return are bounded") {
  Bootstrapped b;
  for (std::uint32_t i = 0; i < Ledger::MAX_CONTROL_CALLS; ++i) b.ask(i);
  CHECK(b.out(*call(1000, 0, 2)).breach == EndReason::CONTROL_UNANSWERED);
}

TEST_CASE("a Disembargo that we did not ask for is a breach") {
  const auto disembargo =
      [](const std::function<void(capnp::rpc::Disembargo::Context::Builder)>& f) {
        Bootstrapped b;
        return b.in(*wire([&](Message::Builder m) {
          auto d = m.initDisembargo();
          d.initTarget().setImportedCap(EXPORT);
          f(d.getContext());
        }));
      };
  using C = capnp::rpc::Disembargo::Context::Builder;
  CHECK(disembargo([](C c) { c.setSenderLoopback(0); }) == EndReason::BAD_DISEMBARGO);
  CHECK(disembargo([](C c) { c.setReceiverLoopback(0); }) == EndReason::BAD_DISEMBARGO);
  CHECK(disembargo([](C c) { c.setProvide(0); }) == EndReason::BAD_DISEMBARGO);

  Bootstrapped asked;
  REQUIRE_FALSE(asked
                    .out(*wire([](Message::Builder m) {
                      m.initDisembargo().getContext().setSenderLoopback(4);
                    }))
                    .breach);
  auto echo =
      wire([](Message::Builder m) { m.initDisembargo().getContext().setReceiverLoopback(4); });
  SUBCASE("the same number the other way round is not the echo") {
    CHECK(asked.in(*wire([](Message::Builder m) {
      m.initDisembargo().initTarget().setImportedCap(EXPORT);
      m.getDisembargo().getContext().setSenderLoopback(4);
    })) == EndReason::BAD_DISEMBARGO);
  }
  SUBCASE("an echo of ours is none to wait for") {
    CHECK_FALSE(asked
                    .out(*wire([](Message::Builder m) {
                      m.initDisembargo().getContext().setReceiverLoopback(5);
                    }))
                    .breach);
    CHECK(asked.in(*wire([](Message::Builder m) {
      m.initDisembargo().getContext().setReceiverLoopback(5);
    })) == EndReason::BAD_DISEMBARGO);
  }
  SUBCASE("the echo comes once") {
    CHECK_FALSE(asked.in(*echo));
    CHECK(asked.in(*echo) == EndReason::BAD_DISEMBARGO);
  }
}

TEST_CASE("the results of a call of ours are looked at like parameters") {
  Bootstrapped b;
  b.ask(5);
  CHECK(b.in(*wire([](Message::Builder m) {
    m.initReturn().setAnswerId(5);
    m.getReturn().initResults().initCapTable(1)[0].setReceiverHosted(EXPORT + 1);
  })) == EndReason::UNKNOWN_CAPABILITY);
}
