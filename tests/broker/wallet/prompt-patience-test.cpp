#include "broker/wallet/prompt-patience.h"

#include <doctest/doctest.h>

namespace sallyport::wallet {
namespace {

struct PatienceFixture {
  kj::TimerImpl timer{kj::origin<kj::TimePoint>() + 1 * kj::HOURS};
  PromptPatience patience{timer};

  bool may(const std::string& window = "main") {
    auto question = patience.ask(window);
    if (question) (*question)->notAsked();
    return question.has_value();
  }
  void refuse(const std::string& window = "main") { REQUIRE(patience.ask(window).has_value()); }
  void pass(kj::Duration time) { timer.advanceTo(timer.now() + time); }
};

TEST_CASE_FIXTURE(PatienceFixture, "the pause doubles with each no behind the second") {
  refuse();
  refuse();
  for (int seconds : {0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
    if (seconds > 0) {
      pass(seconds * kj::SECONDS - 1 * kj::MILLISECONDS);
      CHECK_FALSE(may());
      pass(1 * kj::MILLISECONDS);
    }
    CHECK(may());
    refuse();
  }
}

TEST_CASE_FIXTURE(PatienceFixture, "the code says that it is a matter of time") {
  for (int i = 0; i < 3; ++i) refuse();
  CHECK(patience.ask("main").error().code == commands::Code::RATE_LIMITED);
}

TEST_CASE_FIXTURE(PatienceFixture, "a yes starts from the beginning") {
  for (int i = 0; i < 3; ++i) refuse();
  pass(2 * kj::SECONDS);
  (*patience.ask("main"))->approved();
  refuse();
  refuse();
  CHECK(may());
}

TEST_CASE_FIXTURE(PatienceFixture, "what was never put to a person neither counts nor forgives") {
  for (int i = 0; i < 100; ++i) CHECK(may());
  for (int i = 0; i < 3; ++i) refuse();
  CHECK_FALSE(may());
}

TEST_CASE_FIXTURE(PatienceFixture, "the pause is of one window") {
  for (int i = 0; i < 3; ++i) refuse("noisy");
  CHECK_FALSE(may("noisy"));
  CHECK(may("main"));
}

TEST_CASE_FIXTURE(PatienceFixture, "a quarter of an hour without a question forgives") {
  for (int i = 0; i < 3; ++i) refuse();
  pass(15 * kj::MINUTES);
  refuse();
  refuse();
  CHECK(may());
}

}  // namespace
}  // namespace sallyport::wallet
