#include "broker/wallet/drafts.h"

#include <doctest/doctest.h>

#include <random>

namespace sallyport::wallet {
namespace {

kj::TimePoint at(std::int64_t second) { return kj::origin<kj::TimePoint>() + second * kj::SECONDS; }

struct DraftsFixture {
  Drafts drafts;
  std::mt19937_64 generator{1};
  RandomSource random = [this](std::uint64_t bound) { return generator() % bound; };

  std::string keep(const std::string& window, std::int64_t now, std::int64_t fee = 1) {
    PreparedPayment payment{};
    payment.walletId = "w";
    payment.summary.fee = fee;
    return drafts.keep(std::move(payment), window, random, {at(now), now}).draftId;
  }
};

TEST_CASE_FIXTURE(DraftsFixture, "a draft is taken once, by its window, as it was kept") {
  PreparedPayment payment{};
  payment.walletId = "w";
  payment.summary.fee = 77;
  const auto draft = drafts.keep(std::move(payment), "main", random, {at(1000), 1000});
  CHECK(draft.fee == 77);
  CHECK(draft.expiresAt == 1300);
  CHECK(draft.draftId.size() == 16);
  const auto taken = drafts.take(draft.draftId, "main", at(1001));
  REQUIRE(taken.has_value());
  CHECK(taken->summary.fee == 77);
  CHECK(drafts.take(draft.draftId, "main", at(1001)).error().code == commands::Code::NOT_FOUND);
}

TEST_CASE_FIXTURE(DraftsFixture, "another window neither gets a draft nor uses it up") {
  const auto id = keep("main", 1000);
  CHECK(drafts.take(id, "other", at(1000)).error().code == commands::Code::NOT_FOUND);
  CHECK(drafts.take(id, "main", at(1000)).has_value());
}

TEST_CASE_FIXTURE(DraftsFixture, "a draft is gone after five minutes") {
  const auto first = keep("main", 1000);
  const auto second = keep("main", 1000);
  CHECK(drafts.take(first, "main", at(1299)).has_value());
  CHECK(drafts.take(second, "main", at(1300)).error().code == commands::Code::NOT_FOUND);
}

TEST_CASE_FIXTURE(DraftsFixture, "a clock that jumps neither ends a draft nor keeps it") {
  PreparedPayment payment{};
  const auto id =
      drafts.keep(std::move(payment), "main", random, {at(1000), 4'000'000'000}).draftId;
  const auto other = keep("main", 1001);
  CHECK(drafts.take(other, "main", at(1299)).has_value());
  CHECK(drafts.take(id, "main", at(1300)).has_error());
}

TEST_CASE_FIXTURE(DraftsFixture, "an id that was never given is not found") {
  keep("main", 1000);
  CHECK(drafts.take("", "main", at(1000)).has_error());
  CHECK(drafts.take("0000", "main", at(1000)).has_error());
}

TEST_CASE_FIXTURE(DraftsFixture, "no window pushes out another's draft") {
  const auto kept = keep("main", 1000);
  for (std::size_t i = 0; i < 3 * Drafts::MAX_KEPT; ++i) keep("noisy", 1001);
  CHECK(drafts.take(kept, "main", at(1002)).has_value());
}

TEST_CASE_FIXTURE(DraftsFixture, "when there are too many the oldest goes, and no other") {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i <= Drafts::MAX_KEPT; ++i)
    ids.push_back(keep("main", 1000 + static_cast<std::int64_t>(i)));
  CHECK(drafts.take(ids[0], "main", at(1100)).has_error());
  for (std::size_t i = 1; i < ids.size(); ++i)
    CHECK(drafts.take(ids[i], "main", at(1100)).has_value());
}

}  // namespace
}  // namespace sallyport::wallet
