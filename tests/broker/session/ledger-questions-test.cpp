// The renderer's questions: how many, by which ids, answered, finished, and what results cost.
#include <doctest/doctest.h>

#include "tests/broker/session/bootstrapped.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;

TEST_CASE("one bootstrap is let through and a second one is a breach") {
  Bootstrapped b;
  CHECK(b.in(*bootstrap(1)) == EndReason::BOOTSTRAP_TWICE);
}

TEST_CASE("a bootstrap that names an object is a breach") {
  Ledger ledger;
  auto m = wire([](Message::Builder message) {
    message.initBootstrap().initDeprecatedObjectId().setAs<capnp::Text>("vault");
  });
  CHECK(ledger.inbound(m->reader()) == EndReason::UNKNOWN_TARGET);
}

TEST_CASE("every tag but the eight of the protocol's level is a breach") {
  for (std::uint16_t tag = 0; tag < 32; ++tag) {
    CAPTURE(tag);
    Bootstrapped b;
    const auto reason = b.in(*tagged(tag));
    switch (tag) {
      case Message::BOOTSTRAP:
      case Message::CALL:
      case Message::RETURN:
      case Message::FINISH:
      case Message::RESOLVE:
      case Message::RELEASE:
      case Message::DISEMBARGO:
        CHECK(reason != EndReason::FORBIDDEN_TAG);
        break;
      case Message::ABORT:
        CHECK(reason == EndReason::PEER_ABORTED);
        break;
      default:
        CHECK(reason == EndReason::FORBIDDEN_TAG);
    }
  }
  Bootstrapped b;
  CHECK(b.in(*tagged(0xffff)) == EndReason::FORBIDDEN_TAG);
}

TEST_CASE("256 questions may be open, and one more is a breach") {
  Bootstrapped b;
  for (std::uint32_t i = 1; i <= proto::MAX_OPEN_QUESTIONS; ++i) {
    REQUIRE_FALSE(b.in(*call(i, EXPORT, INVOKE)));
  }
  CHECK(b.ledger.openQuestions() == proto::MAX_OPEN_QUESTIONS);
  CHECK(b.in(*call(1000, EXPORT, INVOKE)) == EndReason::TOO_MANY_QUESTIONS);
}

TEST_CASE("a Finish without our Return does not make room for another question") {
  Bootstrapped b;
  for (std::uint32_t i = 1; i <= proto::MAX_OPEN_QUESTIONS; ++i) {
    REQUIRE_FALSE(b.in(*call(i, EXPORT, INVOKE)));
  }
  REQUIRE_FALSE(b.in(*finish(1)));
  CHECK(b.in(*call(1000, EXPORT, INVOKE)) == EndReason::TOO_MANY_QUESTIONS);
}

TEST_CASE("a question id may be used again once it was answered and finished, not before") {
  Bootstrapped b;
  REQUIRE_FALSE(b.in(*call(1, EXPORT, INVOKE)));
  SUBCASE("open") { CHECK(b.in(*call(1, EXPORT, INVOKE)) == EndReason::QUESTION_REUSED); }
  SUBCASE("answered") {
    REQUIRE_FALSE(b.out(*returned(1)).breach);
    CHECK(b.in(*call(1, EXPORT, INVOKE)) == EndReason::QUESTION_REUSED);
  }
  SUBCASE("finished and not answered") {
    REQUIRE_FALSE(b.in(*finish(1)));
    CHECK(b.in(*call(1, EXPORT, INVOKE)) == EndReason::QUESTION_REUSED);
  }
  SUBCASE("answered, then finished") {
    REQUIRE_FALSE(b.out(*returned(1)).breach);
    REQUIRE_FALSE(b.in(*finish(1)));
    CHECK_FALSE(b.in(*call(1, EXPORT, INVOKE)));
  }
  SUBCASE("finished, then answered") {
    REQUIRE_FALSE(b.in(*finish(1)));
    REQUIRE_FALSE(b.out(*returned(1)).breach);
    CHECK_FALSE(b.in(*call(1, EXPORT, INVOKE)));
  }
}

TEST_CASE("results without a Finish are booked up to their bound") {
  Bootstrapped b;
  const std::size_t before = b.ledger.unfinishedBytes();  // of the bootstrap
  REQUIRE_FALSE(b.in(*call(1, EXPORT, INVOKE)));
  REQUIRE_FALSE(b.in(*call(2, EXPORT, INVOKE)));
  const std::size_t rest =
      proto::MAX_UNFINISHED_RESULT_BYTES - before - Ledger::ANSWER_OVERHEAD_BYTES;
  REQUIRE_FALSE(b.out(*returned(1), rest).breach);
  CHECK(b.ledger.unfinishedBytes() == proto::MAX_UNFINISHED_RESULT_BYTES);
  SUBCASE("over") { CHECK(b.out(*returned(2), 0).breach == EndReason::UNFINISHED_RESULTS); }
  SUBCASE("a Finish takes them off the books") {
    REQUIRE_FALSE(b.in(*finish(1)));
    CHECK(b.ledger.unfinishedBytes() == before);
    CHECK_FALSE(b.out(*returned(2), rest).breach);
  }
}

TEST_CASE("tiny answers that are never finished are bounded in number too") {
  Bootstrapped b;
  std::uint32_t sent = 0;
  std::optional<EndReason> breach;
  while (!breach && sent < 100'000) {
    ++sent;
    REQUIRE_FALSE(b.in(*call(sent, EXPORT, LOG)));
    breach = b.out(*returned(sent), 24).breach;
  }
  CHECK(breach == EndReason::UNFINISHED_RESULTS);
  CHECK(sent < 4100);
}

TEST_CASE("a Finish for a question that is not open is a breach") {
  Bootstrapped b;
  CHECK(b.in(*finish(99)) == EndReason::UNKNOWN_QUESTION);
  Bootstrapped twice;
  REQUIRE_FALSE(twice.in(*call(1, EXPORT, INVOKE)));
  REQUIRE_FALSE(twice.in(*finish(1)));
  CHECK(twice.in(*finish(1)) == EndReason::UNKNOWN_QUESTION);
}

TEST_CASE("an answer to what was never asked is a fault of ours, and stays inside") {
  Bootstrapped b;
  const auto verdict = b.out(*returned(77));
  CHECK(verdict.breach == EndReason::INTERNAL);
  CHECK(verdict.action == Ledger::Outbound::DROP);
  CHECK(b.out(*returned(0)).breach == EndReason::INTERNAL);  // answered before
  CHECK_FALSE(b.out(*finish(77)).breach);                    // of no call: nothing to note
  CHECK_FALSE(b.out(*release(77, 1)).breach);                // of nothing that was given
}

TEST_CASE("an exception of ours is masked and our aborts stay inside") {
  Bootstrapped b;
  REQUIRE_FALSE(b.in(*call(1, EXPORT, INVOKE)));
  auto failed = wire([](Message::Builder m) {
    m.initReturn().setAnswerId(1);
    m.getReturn().initException().setReason("/home/user/secret:42");
  });
  CHECK(b.out(*failed).action == Ledger::Outbound::MASK_RETURN);
  CHECK(b.out(*wire([](Message::Builder m) { m.initAbort().setReason("why"); })).action ==
        Ledger::Outbound::DROP);
  CHECK(b.out(*wire([](Message::Builder m) { m.initUnimplemented(); })).action ==
        Ledger::Outbound::DROP);
}
