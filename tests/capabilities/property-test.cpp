// Matching and resolution against references that are too naive to be wrong in the same way, on
// random cases with fixed seeds.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "capabilities/capability.h"
#include "capabilities/path-pattern.h"
#include "capabilities/permission-sets.h"
#include "capabilities/policy.h"
#include "capabilities/window-pattern.h"

namespace {

using namespace sallyport::capabilities;

constexpr int CASES = 1'000'000;

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : m_engine(seed) {}
  std::size_t below(std::size_t bound) { return m_engine() % bound; }
  bool flip() { return below(2) == 0; }
  std::string text(std::string_view letters, std::size_t most) {
    std::string made(below(most + 1), ' ');
    for (char& c : made) c = letters[below(letters.size())];
    return made;
  }

 private:
  std::mt19937 m_engine;
};

// --- window patterns ----------------------------------------------------------------------------

bool windowReference(std::string_view pattern, std::string_view label) {
  if (pattern.empty()) return label.empty();
  if (pattern.front() == '*') {
    if (windowReference(pattern.substr(1), label)) return true;
    const bool covers =
        !label.empty() && label.front() != '-' && label.front() != '/' && label.front() != ':';
    return covers && windowReference(pattern, label.substr(1));
  }
  return !label.empty() && pattern.front() == label.front() &&
         windowReference(pattern.substr(1), label.substr(1));
}

TEST_CASE("a window pattern matches what the reference says, in a million cases") {
  Dice dice(1);
  int matched = 0, wrong = 0;
  for (int i = 0; i < CASES; ++i) {
    const std::string pattern = dice.text("ab-*", 8);
    const std::string label = dice.text("ab-", 8);
    const bool expected = windowReference(pattern, label);
    matched += expected;
    wrong += matchesWindow(pattern, label) != expected;
  }
  CHECK(wrong == 0);
  CHECK(matched > CASES / 100);
}

// --- path patterns ------------------------------------------------------------------------------

bool segmentReference(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*')
    return segmentReference(pattern.substr(1), name) ||
           (!name.empty() && segmentReference(pattern, name.substr(1)));
  return !name.empty() && pattern.front() == name.front() &&
         segmentReference(pattern.substr(1), name.substr(1));
}

using Names = std::vector<std::string>;

bool pathReference(
    const Names& pattern, std::size_t p, const Names& path, std::size_t n, bool all) {
  if (p == pattern.size()) return n == path.size();
  const auto hides = [&](std::size_t at) { return !all && path[at][0] == '.'; };
  if (pattern[p] == "**") {
    // So many segments, none of them hidden; at least one when nothing comes after it.
    for (std::size_t to = n;; ++to) {
      const bool enough = p + 1 < pattern.size() || to > n;
      if (enough && pathReference(pattern, p + 1, path, to, all)) return true;
      if (to == path.size() || hides(to)) return false;
    }
  }
  if (n == path.size()) return false;
  if (hides(n) && pattern[p][0] != '.') return false;
  return segmentReference(pattern[p], path[n]) && pathReference(pattern, p + 1, path, n + 1, all);
}

TEST_CASE("a path pattern matches what the reference says, in a million cases") {
  Dice dice(2);
  int matched = 0, wrong = 0, made = 0;
  while (made < CASES) {
    Names pattern, path;
    std::string patternText = "$APPDATA", pathText = "/d";
    for (std::size_t i = dice.below(5); i > 0; --i)
      pattern.push_back(dice.below(3) == 0 ? "**" : dice.text("ab.*", 3));
    for (std::size_t i = dice.below(5); i > 0; --i) path.push_back(dice.text("ab.", 3));
    const auto unfit = [](const std::string& name) {
      return name.empty() || name == "." || name == "..";
    };
    if (std::any_of(pattern.begin(), pattern.end(), unfit) ||
        std::any_of(path.begin(), path.end(), unfit))
      continue;
    for (const std::string& segment : pattern) patternText += "/" + segment;
    for (const std::string& name : path) pathText += "/" + name;
    PathPattern parsed;
    std::string problem;
    if (!parsePathPattern(patternText, parsed, problem)) continue;  // "a**"
    ++made;
    const bool all = dice.flip();
    const bool expected = pathReference(pattern, 0, path, 0, all);
    const PathMatch match = matchPath(
        parsed, pathText, {{"$APPDATA", "/d"}}, all ? HiddenNames::COVERED : HiddenNames::WRITTEN);
    matched += expected;
    wrong += (match == PathMatch::YES) != expected;
    if (wrong == 1 && (match == PathMatch::YES) != expected)
      MESSAGE(patternText << " " << pathText << " expected " << expected);
  }
  CHECK(wrong == 0);
  CHECK(matched > CASES / 100);
}

// --- resolution ---------------------------------------------------------------------------------

const std::vector<std::string> LABELS{"main", "side", "side-1", "side-2", "other:a"};
const std::vector<std::string> PATTERNS{
    "main", "side", "side-1", "side-*", "s*", "m*", "other:*", "*e", "other:a"};
const std::vector<std::string> ORIGINS{"app", "https://a.example", "https://b.example"};

struct World {
  std::vector<CatalogueCommand> commands;
  std::vector<PermissionSet> sets;
  std::vector<Capability> app, admin;
};

World randomWorld(Dice& dice) {
  World world;
  for (int i = 0; i < 6; ++i)
    world.commands.push_back({"cmd_c" + std::to_string(i), i % 2 == 0 ? "a" : "b"});
  std::vector<std::string> names;
  for (const CatalogueCommand& command : world.commands)
    for (const char* kind : {":allow-", ":deny-"})
      names.push_back(command.module + kind + permissionName(command.name));
  for (int i = 0; i < 3; ++i) {  // each may hold the ones before it
    PermissionSet set{{"a:set" + std::to_string(i), {}}, "d", {}};
    for (std::size_t many = dice.below(4); many > 0; --many)
      set.permissions.push_back({names[dice.below(names.size())], {}});
    names.push_back(set.identifier.text);
    world.sets.push_back(set);
  }
  const auto capability = [&](const char* name, std::size_t number, bool admin) {
    Capability made;
    made.identifier = {name + std::to_string(number), {}};
    for (std::size_t many = dice.below(3) + (admin ? 0 : 1); many > 0; --many)
      made.windows.push_back({PATTERNS[dice.below(PATTERNS.size())], {}});
    if (dice.below(4) == 0) made.webviews.push_back({PATTERNS[dice.below(PATTERNS.size())], {}});
    if (!admin) {
      made.origins.clear();
      for (const std::string& origin : ORIGINS)
        if (dice.flip()) made.origins.push_back(origin);
    }
    for (std::size_t many = dice.below(4); many > 0; --many) {
      PermissionUse use{{names[dice.below(names.size())], {}}, {}};
      if (use.identifier.text.find(":deny-") != std::string::npos)
        ;  // bounds nothing
      else if (admin)
        use.limits.perMinute = 5;
      else if (dice.below(3) == 0)
        use.limits.perMinute = static_cast<std::uint32_t>(dice.below(9) + 1);
      made.permissions.push_back(use);
    }
    return made;
  };
  for (std::size_t i = dice.below(5); i > 0; --i) world.app.push_back(capability("c", i, false));
  for (std::size_t i = dice.below(3); i > 0; --i) world.admin.push_back(capability("d", i, true));
  return world;
}

struct Expected {
  Verdict verdict = Verdict::NOT_GRANTED;
  std::optional<std::uint32_t> perMinute;
};

// Walks everything for one question.
class Reference {
 public:
  explicit Reference(const World& world) : m_world(world) {}

  Expected of(const std::string& window, const std::string& origin, std::size_t command) const {
    Expected expected;
    bool allowed = false, denied = false;
    const auto look = [&](const Capability& one, bool admin) {
      if (!means(one, window)) return;
      if (!admin && std::find(one.origins.begin(), one.origins.end(), origin) == one.origins.end())
        return;
      for (const PermissionUse& use : one.permissions) {
        if (holds(use.identifier.text, ":deny-", command)) denied = true;
        if (!holds(use.identifier.text, ":allow-", command)) continue;
        allowed |= !admin;
        if (use.limits.perMinute)
          expected.perMinute = std::min(expected.perMinute.value_or(1000), *use.limits.perMinute);
      }
    };
    for (const Capability& one : m_world.app) look(one, false);
    for (const Capability& one : m_world.admin) look(one, true);
    if (denied)
      expected.verdict = Verdict::DENIED;
    else if (allowed)
      expected.verdict = Verdict::ALLOWED;
    return expected;
  }

 private:
  static bool any(const std::vector<WrittenName>& patterns, const std::string& window) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const WrittenName& pattern) {
      return windowReference(pattern.text, window);
    });
  }
  static bool means(const Capability& one, const std::string& window) {
    return (one.windows.empty() || any(one.windows, window)) &&
           (one.webviews.empty() || any(one.webviews, window));
  }
  bool holds(const std::string& name, const char* kind, std::size_t command) const {
    const CatalogueCommand& wanted = m_world.commands[command];
    if (name == wanted.module + kind + permissionName(wanted.name)) return true;
    for (const PermissionSet& set : m_world.sets)
      if (set.identifier.text == name)
        return std::any_of(set.permissions.begin(), set.permissions.end(), [&](const auto& part) {
          return holds(part.text, kind, command);
        });
    return false;
  }

  const World& m_world;
};

TEST_CASE("resolution and decide say what the reference says, in a million cases") {
  Dice dice(3);
  int cases = 0, wrong = 0, worlds = 0, refused = 0;
  int verdicts[3] = {};
  while (cases < CASES) {
    const World world = randomWorld(dice);
    ++worlds;
    const Catalogue catalogue = Catalogue::create(world.commands, world.sets).value();
    const auto policy = resolve(catalogue, LABELS, world.app, world.admin);
    if (!policy) {  // limits on what only denies, an empty meeting of windows and webviews
      ++refused;
      continue;
    }
    const Reference reference(world);
    for (const std::string& window : LABELS) {
      for (const std::string& origin : ORIGINS) {
        for (std::size_t command = 0; command < world.commands.size(); ++command, ++cases) {
          const Decision decision =
              decide(policy->grants(window, origin), static_cast<CommandId>(command));
          const Expected expected = reference.of(window, origin, command);
          // An admin's deny where no capability grants anything may be told as either.
          const bool sameVerdict =
              decision.verdict == expected.verdict ||
              (expected.verdict == Verdict::DENIED && decision.verdict == Verdict::NOT_GRANTED &&
               policy->grants(window, origin).rows.empty());
          const bool sameLimit = decision.verdict != Verdict::ALLOWED ||
                                 decision.grant->limits.perMinute == expected.perMinute;
          wrong += !sameVerdict || !sameLimit;
          ++verdicts[static_cast<int>(expected.verdict)];
        }
      }
    }
  }
  CHECK(wrong == 0);
  CHECK(cases >= CASES);
  for (const int count : verdicts) CHECK(count > CASES / 100);
  CHECK(refused < worlds / 2);
}

}  // namespace
