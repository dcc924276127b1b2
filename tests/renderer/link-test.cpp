// The arithmetic of the link's two budgets, with times handed in.
#include <doctest/doctest.h>

#include <chrono>

#include "renderer/link/log-budget.h"
#include "renderer/link/pace.h"

namespace sallyport::renderer {

using namespace std::chrono_literals;

TEST_CASE("a pace lets a second's worth go at once and the rest at its rate") {
  Pace pace({100, 1e6, 1e6});
  const Pace::Clock::time_point start{1h};
  for (int i = 0; i < 50; ++i) {
    CHECK(pace.take({2, 10, 1}, start) == 0s);
  }
  CHECK(pace.take({2, 10, 1}, start) == 20ms);
  CHECK(pace.take({2, 10, 1}, start + 10ms) == 10ms);
  CHECK(pace.take({2, 10, 1}, start + 20ms) == 0s);
  CHECK(pace.take({2, 10, 1}, start + 20ms) == 20ms);
}

TEST_CASE("a pace counts bytes too, and does not save up more than a second") {
  Pace pace({100, 1000, 1e6});
  const Pace::Clock::time_point start{1h};
  CHECK(pace.take({2, 1000, 1}, start) == 0s);
  CHECK(pace.take({2, 500, 1}, start) == 500ms);
  CHECK(pace.take({2, 1000, 1}, start + 10s) == 0s);
  CHECK(pace.take({2, 1, 1}, start + 10s) > 0s);
}

TEST_CASE("a cost over a second's worth goes when the bucket is full, and never waits for ever") {
  Pace pace({100, 1000, 1e6});
  const Pace::Clock::time_point start{1h};
  CHECK(pace.take({2, 5000, 1}, start) == 0s);
  CHECK(pace.take({2, 5000, 1}, start) == 1s);
  CHECK(pace.take({2, 5000, 1}, start + 1s) == 0s);
}

TEST_CASE("a log budget lets its lines through, counts what it kept back, and opens again") {
  LogBudget budget(2);
  const LogBudget::Clock::time_point start{1h};
  CHECK(budget.take(start).send);
  CHECK(budget.take(start).send);
  CHECK(!budget.take(start + 1s).send);
  CHECK(!budget.take(start + 59s).send);
  const auto verdict = budget.take(start + 60s);
  CHECK(verdict.send);
  CHECK(verdict.omitted == 2);
  CHECK(budget.take(start + 61s).omitted == 0);
}

}  // namespace sallyport::renderer
