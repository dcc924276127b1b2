#include "sandbox-policies/report.h"

#include <doctest/doctest.h>

namespace sallyport::sandbox {

TEST_CASE("a cage holds when it was looked at and nothing failed") {
  CHECK(!CageReport{}.holds());
  CHECK(CageReport{1, {{"a", "", CheckState::OK}}}.holds());
  CHECK(CageReport{1, {{"a", "", CheckState::OK}, {"b", "", CheckState::DEGRADED}}}.holds());
  CHECK(!CageReport{1, {{"a", "", CheckState::OK}, {"b", "", CheckState::FAILED}}}.holds());
}

}  // namespace sallyport::sandbox
