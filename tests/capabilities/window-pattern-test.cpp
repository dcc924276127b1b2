// The window patterns: cases by hand, and a property test against a matcher that just tries
// everything.
#include "capabilities/window-pattern.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>

namespace {

using sallyport::capabilities::isWindowLabel;
using sallyport::capabilities::matchesWindow;
using sallyport::capabilities::windowPatternProblem;

// The definition itself, exponential: `*` is nothing, or one character that is no boundary and `*`
// again.
bool naiveMatch(std::string_view pattern, std::string_view label) {
  if (pattern.empty()) {
    return label.empty();
  }
  if (pattern.front() == '*') {
    const bool canSwallow =
        !label.empty() && std::string_view("-/:").find(label.front()) == std::string_view::npos;
    return naiveMatch(pattern.substr(1), label) ||
           (canSwallow && naiveMatch(pattern, label.substr(1)));
  }
  return !label.empty() && pattern.front() == label.front() &&
         naiveMatch(pattern.substr(1), label.substr(1));
}

TEST_CASE("a star does not cross a boundary") {
  CHECK(matchesWindow("main", "main"));
  CHECK_FALSE(matchesWindow("main", "main2"));
  CHECK_FALSE(matchesWindow("main", "Main"));
  CHECK(matchesWindow("main*", "main"));
  CHECK(matchesWindow("main*", "main2"));
  CHECK_FALSE(matchesWindow("main*", "main-settings"));
  CHECK(matchesWindow("main-*", "main-settings"));
  CHECK_FALSE(matchesWindow("main-*", "main-settings-secret"));
  CHECK_FALSE(matchesWindow("main-*", "main-settings/secret"));
  CHECK_FALSE(matchesWindow("main-*", "main-settings:secret"));
  CHECK(matchesWindow("*-settings", "main-settings"));
  CHECK_FALSE(matchesWindow("*-settings", "a-b-settings"));
  CHECK(matchesWindow("a*b*c", "axxbyyc"));
  CHECK(matchesWindow("a*b*c", "abbbc"));
  CHECK_FALSE(matchesWindow("a*b*c", "axx-byyc"));
  CHECK_FALSE(matchesWindow("", "a"));
  CHECK_FALSE(matchesWindow("a", ""));
}

TEST_CASE("a pattern that would match every window is refused") {
  for (const char* bad : {"",
                          "*",
                          "**",
                          "a**",
                          "*-*",
                          "*/*",
                          "_*",
                          "-",
                          "a?",
                          "[a]",
                          "a b",
                          "{a,b}",
                          "!a",
                          "a\xc3\xa9"}) {
    CAPTURE(bad);
    CHECK_FALSE(windowPatternProblem(bad).empty());
  }
  for (const char* good : {"main", "main*", "*-settings", "a*b*c", "x/y:z_1", "Main-2"}) {
    CAPTURE(good);
    CHECK(windowPatternProblem(good).empty());
  }
  CHECK_FALSE(windowPatternProblem(std::string(65, 'a')).empty());
}

TEST_CASE("labels are plain") {
  for (const char* good : {"main", "a", "A_b-c/d:e9"}) {
    CHECK(isWindowLabel(good));
  }
  for (const char* bad : {"", "*", "a*", "a b", "a.b", "a\n"}) {
    CHECK_FALSE(isWindowLabel(bad));
  }
  CHECK_FALSE(isWindowLabel(std::string(65, 'a')));
}

TEST_CASE("the matcher agrees with the definition on a hundred thousand cases") {
  std::mt19937 random(7);
  const auto make = [&](std::string_view alphabet, std::size_t most) {
    std::string text;
    for (std::size_t length = random() % (most + 1); length > 0; --length) {
      text += alphabet[random() % alphabet.size()];
    }
    return text;
  };
  int matches = 0;
  for (int i = 0; i < 100'000; ++i) {
    // Few letters and boundaries, so that stars have many places to stop.
    std::string label = make("aab-", 10);
    std::string pattern = make("aab-**", 8);
    if (i % 2 == 0) {
      // From the label itself, so that many do match.
      pattern = label;
      for (int changes = 0; changes < 3 && !pattern.empty(); ++changes) {
        pattern.replace(random() % pattern.size(), random() % 3, "*");
      }
    }
    const bool expected = naiveMatch(pattern, label);
    matches += expected ? 1 : 0;
    if (matchesWindow(pattern, label) != expected) {
      FAIL("pattern " << pattern << " label " << label << " expected " << expected);
    }
  }
  CHECK(matches > 10'000);
  CHECK(matches < 90'000);
}

TEST_CASE("a pattern of many stars costs no exponential time") {
  std::string pattern;
  for (int i = 0; i < 32; ++i) {
    pattern += "a*";
  }
  CHECK_FALSE(matchesWindow(pattern.substr(0, 63) + "b", std::string(64, 'a')));
}

}  // namespace
