// Memory is refused once, at each place in turn, to a call and to all that two windows do: who
// asked is told, or one session ends, and what comes next goes through. A few places are within
// Cap'n Proto and end the process: a message that could not be queued leaves no queue for the next
// one, and from 1.0 on some functions of KJ's may not throw.
#include <capnp/common.h>
#include <doctest/doctest.h>
#include <kj/exception.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "broker/session/dispatcher.h"
#include "tests/faults/failing-memory.h"
#include "tests/faults/whole-session.h"

namespace sallyport::faults {
namespace {

using session::tests::WindowFixture;

constexpr long MOST_PLACES = 200'000;

struct Call : WindowFixture {
  session::Dispatcher dispatcher{registry, {"main", "app"}, grants(), timer, journal, running};

  Refusal make(long refusedAfter) {
    auto outcome = Refusal::THROWN;
    kj::Maybe<kj::Exception> thrown = kj::runCatchingExceptions([&] {
      refuseMemoryAfter(refusedAfter);
      auto settled =
          dispatcher
              .dispatch("cmd_echo", R"({"text":"long enough for a string with memory of its own"})")
              .wait(io.waitScope);
      refuseMemoryAfter(-1);
      outcome = wasMemoryRefused() ? Refusal::DONE : Refusal::NOT_REACHED;
      if (settled.refusal)
        outcome =
            settled.refusal->code == commands::Code::INTERNAL ? Refusal::TOLD : Refusal::WRONG;
    });
    refuseMemoryAfter(-1);
    return outcome;
  }
};

Refusal callRefusedAt(long place) {
  return inChild([&] {
    Call call;
    if (call.make(-1) != Refusal::NOT_REACHED) return Refusal::WRONG;
    const auto outcome = call.make(place);
    const auto next = call.make(-1);  // goes through
    return next == Refusal::DONE || next == Refusal::NOT_REACHED ? outcome : Refusal::WRONG;
  });
}

// Renderers and broker are one process here, so a part of the places is a renderer's.
Refusal sessionRefusedAt(long place) {
  return inChild([&] {
    WindowFixture broker;
    Peer other(broker, "other");
    bool holds = other.attach() && other.work();
    broker.poll();  // what that leaves to do is the other's
    auto outcome = Refusal::TOLD;
    {
      Peer hit(broker, "hit");
      bool whole = false;
      refuseMemoryAfter(place);
      kj::Maybe<kj::Exception> thrown =
          kj::runCatchingExceptions([&] { whole = hit.attach() && hit.work(); });
      refuseMemoryAfter(-1);
      KJ_IF_MAYBE (why, thrown)
        if (std::string_view(why->getDescription().cStr()).find("nobody answers") !=
            std::string_view::npos)
          outcome = Refusal::SILENT;
      if (whole) outcome = wasMemoryRefused() ? Refusal::DONE : Refusal::NOT_REACHED;
    }
    broker.poll();
    const auto& handlers = broker.handlers;
    holds = holds && handlers.streams == handlers.streamsOver &&
            handlers.sources == handlers.sourcesOver && !other.ended() && other.work();
    Peer next(broker, "hit");
    holds = holds && next.attach() && next.work();
    return holds ? outcome : Refusal::WRONG;
  });
}

using Outcomes = std::map<Refusal, long>;

void report(const Outcomes& outcomes, long places) {
  const auto of = [&](Refusal refusal) {
    const auto found = outcomes.find(refusal);
    return found == outcomes.end() ? 0 : found->second;
  };
  MESSAGE(places << " places; tried: " << of(Refusal::DONE) << " done all the same, "
                 << of(Refusal::TOLD) << " told, " << of(Refusal::SILENT) << " silent, "
                 << of(Refusal::THROWN) << " thrown, " << of(Refusal::ENDED)
                 << " the end of the process");
  CHECK(of(Refusal::TOLD) > 0);
  const long lived =
      of(Refusal::DONE) + of(Refusal::TOLD) + of(Refusal::SILENT) + of(Refusal::THROWN);
#if CAPNP_VERSION_MAJOR < 1
  CHECK(of(Refusal::ENDED) <= lived / 10);
#else
  CHECK(of(Refusal::ENDED) < lived);
#endif
}

}  // namespace

TEST_CASE("a call for which memory is refused, wherever, costs that call and nothing else") {
  Outcomes outcomes;
  long place = 0;
  for (;; ++place) {
    REQUIRE(place < 500);
    CAPTURE(place);
    const auto outcome = callRefusedAt(place);
    CHECK(outcome != Refusal::WRONG);
    if (outcome == Refusal::NOT_REACHED) break;
    ++outcomes[outcome];
  }
  CHECK(place > 5);
  report(outcomes, place);
}

// There are thousands; a part of them, spread over all, another one in each build of the libraries.
TEST_CASE("a session for which memory is refused costs itself at most") {
  constexpr long TRIALS = 200;
  long places = 1;  // found by doubling, then by halving
  while (sessionRefusedAt(places) != Refusal::NOT_REACHED) {
    places *= 2;
    REQUIRE(places < MOST_PLACES);
  }
  for (long below = places / 2; places - below > 1;) {
    const long middle = below + (places - below) / 2;
    (sessionRefusedAt(middle) == Refusal::NOT_REACHED ? places : below) = middle;
  }
  Outcomes outcomes;
  for (long trial = 0; trial < TRIALS; ++trial) {
    const long place = places * trial / TRIALS;
    CAPTURE(place);
    const auto outcome = sessionRefusedAt(place);
    CHECK(outcome != Refusal::WRONG);
    ++outcomes[outcome];
  }
  CHECK(places > TRIALS);
  report(outcomes, places);
}

}  // namespace sallyport::faults
