// Memory is refused once, at each place of a call in turn: the call is answered, or fails as the
// session's edge expects, and the next one goes through. As on a system that has none left, what
// fails is one allocation, not all from then on.
#include <doctest/doctest.h>

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

enum class Outcome { VALUE, TYPED, THROWN };

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
      outcome = settled.refusal ? Outcome::TYPED : Outcome::VALUE;
      if (settled.refusal) CHECK(settled.refusal->code == commands::Code::INTERNAL);
    });
    allocationsLeft = -1;
    return outcome;
  }
};

}  // namespace

TEST_CASE("a call for which memory is refused, wherever, costs that call and nothing else") {
  Call call;
  REQUIRE(call.make(-1) == Outcome::VALUE);
  long refused = 0, typed = 0;
  for (; refused < 500; ++refused) {
    CAPTURE(refused);
    const auto outcome = call.make(refused);
    CHECK(call.make(-1) == Outcome::VALUE);
    if (outcome == Outcome::TYPED) ++typed;
    if (outcome == Outcome::VALUE) break;
  }
  MESSAGE(refused << " places, " << typed << " of them answered as internal");
  CHECK(refused > 5);
  CHECK(typed > 0);
  CHECK(refused < 500);
}

}  // namespace sallyport::faults
