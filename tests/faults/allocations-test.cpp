// Memory is refused once, at each place of a call in turn: the call is answered, or fails as the
// session's edge expects, and the next one goes through. As on a system that has none left, what
// fails is one allocation, not all from then on. From Cap'n Proto 1.0 on some places are in
// functions of KJ's that may not throw, and end the process.
#include <capnp/common.h>
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <new>

#include "broker/session/dispatcher.h"
#include "tests/broker/session/window-fixture.h"

namespace {

long allocationsLeft = -1;  // before the one that is refused; -1: none is

}  // namespace

void* operator new(std::size_t size) {
  if (allocationsLeft >= 0 && allocationsLeft-- == 0) throw std::bad_alloc();
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace sallyport::faults {
namespace {

using session::tests::WindowFixture;

enum class Outcome { VALUE, TYPED, THROWN, WRONG, ENDED };

struct Call : WindowFixture {
  session::Dispatcher dispatcher{registry, {"main", "app"}, grants(), timer, journal, running};

  Outcome make(long refusedAfter) {
    auto outcome = Outcome::THROWN;
    kj::Maybe<kj::Exception> thrown = kj::runCatchingExceptions([&] {
      allocationsLeft = refusedAfter;
      auto settled =
          dispatcher
              .dispatch("cmd_echo", R"({"text":"long enough for a string with memory of its own"})")
              .wait(io.waitScope);
      allocationsLeft = -1;
      outcome = Outcome::VALUE;
      if (settled.refusal)
        outcome =
            settled.refusal->code == commands::Code::INTERNAL ? Outcome::TYPED : Outcome::WRONG;
    });
    allocationsLeft = -1;
    return outcome;
  }
};

// In a process of its own: ENDED is what no handler sees.
Outcome refusedAt(long place) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    Call call;
    auto outcome = call.make(-1) == Outcome::VALUE ? call.make(place) : Outcome::WRONG;
    if (call.make(-1) != Outcome::VALUE) outcome = Outcome::WRONG;  // the next one goes through
    _exit(static_cast<int>(outcome));
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? static_cast<Outcome>(WEXITSTATUS(status)) : Outcome::ENDED;
}

}  // namespace

TEST_CASE("a call for which memory is refused, wherever, costs that call and nothing else") {
  long refused = 0, typed = 0, ended = 0;
  for (; refused < 500; ++refused) {
    CAPTURE(refused);
    const auto outcome = refusedAt(refused);
    CHECK(outcome != Outcome::WRONG);
    if (outcome == Outcome::TYPED) ++typed;
    if (outcome == Outcome::ENDED) ++ended;
    if (outcome == Outcome::VALUE) break;
  }
  MESSAGE(refused << " places, " << typed << " of them answered as internal, " << ended
                  << " of them the end of the process");
  CHECK(refused > 5);
  CHECK(typed > 0);
  CHECK(refused < 500);
#if CAPNP_VERSION_MAJOR < 1
  CHECK(ended == 0);
#else
  CHECK(ended < refused / 2);  // KJ's own functions that promise not to throw, from 1.0 on
#endif
}

}  // namespace sallyport::faults
