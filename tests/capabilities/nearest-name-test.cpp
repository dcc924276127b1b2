// The distance of names, and when a suggestion is better than none.
#include "capabilities/nearest-name.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using sallyport::capabilities::editDistance;
using sallyport::capabilities::nearestName;

TEST_CASE("the distance counts inserts, deletes, replacements and swaps of neighbours") {
  CHECK(editDistance("", "") == 0);
  CHECK(editDistance("", "abc") == 3);
  CHECK(editDistance("abc", "") == 3);
  CHECK(editDistance("abc", "abc") == 0);
  CHECK(editDistance("abc", "acb") == 1);
  CHECK(editDistance("abc", "ab") == 1);
  CHECK(editDistance("kitten", "sitting") == 3);
  CHECK(editDistance("amount", "amuont") == 1);
}

TEST_CASE("only a near name is suggested") {
  const std::vector<std::string_view> names{"main", "settings", "about"};
  CHECK(nearestName("mian", names) == "main");
  CHECK(nearestName("setting", names) == "settings");
  CHECK(nearestName("zzzz", names).empty());
  CHECK(nearestName("", names).empty());
  CHECK(nearestName("main", {}).empty());
}

TEST_CASE("a name of hostile length has no nearest name and costs nothing") {
  const std::vector<std::string_view> names{"main"};
  CHECK(nearestName(std::string(10'000'000, 'm'), names).empty());
}

}  // namespace
