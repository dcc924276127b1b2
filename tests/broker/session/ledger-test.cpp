// The account of one connection: every bound once at its limit and once over it, every lie once.
#include "broker/session/ledger.h"

#include <capnp/schema.h>
#include <doctest/doctest.h>

#include <cstring>

#include "tests/broker/session/rpc-messages.h"

using namespace sallyport::session;
using namespace sallyport::session::tests;
namespace proto = sallyport::proto;
using capnp::rpc::Call;
using capnp::rpc::CapDescriptor;

namespace {

constexpr std::uint32_t EXPORT = 7;  // the id under which our side exports the session

// A ledger after the bootstrap: question 0 answered with the session object.
struct Bootstrapped {
  Bootstrapped() {
    REQUIRE_FALSE(in(*bootstrap(0)));
    REQUIRE_FALSE(out(*answerWithSession(0)).breach);
  }
  static kj::Own<Wire> answerWithSession(std::uint32_t id) {
    return wire([&](Message::Builder m) {
      auto ret = m.initReturn();
      ret.setAnswerId(id);
      ret.initResults().initCapTable(1)[0].setSenderHosted(EXPORT);
    });
  }
  std::optional<EndReason> in(Wire& message) { return ledger.inbound(message.reader()); }
  Ledger::Verdict out(Wire& message, std::size_t bytes = 64) {
    return ledger.outbound(message.reader(), bytes);
  }
  // Our own call to the renderer.
  void ask(std::uint32_t id) { REQUIRE_FALSE(out(*call(id, 0, 2)).breach); }

  Ledger ledger;
};

kj::Own<Wire> finishOurs(std::uint32_t id) { return finish(id); }

}  // namespace

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
  REQUIRE_FALSE(b.out(*finishOurs(5)).breach);
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

TEST_CASE("the results of a call of ours are looked at like parameters") {
  Bootstrapped b;
  b.ask(5);
  CHECK(b.in(*wire([](Message::Builder m) {
    m.initReturn().setAnswerId(5);
    m.getReturn().initResults().initCapTable(1)[0].setReceiverHosted(EXPORT + 1);
  })) == EndReason::UNKNOWN_CAPABILITY);
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

TEST_CASE("an answer to what was never asked is a fault of ours, and stays inside") {
  Bootstrapped b;
  const auto verdict = b.out(*returned(77));
  CHECK(verdict.breach == EndReason::INTERNAL);
  CHECK(verdict.action == Ledger::Outbound::DROP);
  CHECK(b.out(*returned(0)).breach == EndReason::INTERNAL);  // answered before
  CHECK_FALSE(b.out(*finishOurs(77)).breach);                // of no call: nothing to note
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
