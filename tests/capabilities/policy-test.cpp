// Catalogue, resolution and the decision: what is granted to whom, and every mistake that stops the
// start.
#include "capabilities/policy.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "capabilities/capability.h"
#include "capabilities/catalogue.h"
#include "capabilities/permission-sets.h"

namespace {

using namespace sallyport::capabilities;

const std::vector<CatalogueCommand> COMMANDS{{"cmd_save_state", "core"},
                                             {"cmd_get_balance", "wallet"},
                                             {"cmd_send_transaction", "wallet"},
                                             {"cmd_get_blocks", "node-admin"}};
constexpr CommandId SAVE_STATE{0};
constexpr CommandId GET_BALANCE{1};
constexpr CommandId SEND_TRANSACTION{2};

Catalogue catalogue() {
  return Catalogue::create(COMMANDS, shippedPermissionSets().value()).value();
}

Capability capability(const std::string& identifier,
                      const std::string& windows,
                      const std::string& permissions) {
  return parseCapability(identifier + ".json",
                         "{ \"identifier\": \"" + identifier + "\",\n  \"windows\": [" + windows +
                             "],\n  \"permissions\": [" + permissions + "] }")
      .value();
}

std::string refusal(const std::vector<Capability>& capabilities,
                    const std::vector<std::string>& labels = {"main", "settings"}) {
  const auto policy = resolve(catalogue(), labels, capabilities);
  return policy ? "accepted" : format(policy.error());
}

std::string setsRefusal(const std::string& sets) {
  const auto parsed = parsePermissionSets("sets.json", "{\"sets\": [\n" + sets + "]}");
  if (!parsed) {
    return format(parsed.error());
  }
  const auto made = Catalogue::create(COMMANDS, *parsed);
  return made ? "accepted" : format(made.error());
}

TEST_CASE("nothing is granted without a capability") {
  const Policy policy = resolve(catalogue(), {"main"}, {}).value();
  for (const char* window : {"main", "other", ""}) {
    for (std::uint32_t id = 0; id < COMMANDS.size() + 2; ++id) {
      CHECK(decide(policy.grants(window, "app"), CommandId{id}).verdict == Verdict::NOT_GRANTED);
    }
  }
}

TEST_CASE("an id outside the table is not granted") {
  Grants grants;
  grants.rows.resize(2);
  grants.rows[1].allowed = true;
  CHECK(decide(grants, CommandId{1}).verdict == Verdict::ALLOWED);
  CHECK(decide(grants, CommandId{2}).verdict == Verdict::NOT_GRANTED);
  CHECK(decide(grants, CommandId{2}).grant == nullptr);
  CHECK(decide(grants, CommandId{0xFFFFFFFF}).verdict == Verdict::NOT_GRANTED);
}

// One capability that may allow and one that may deny, each for this or another window, in this or
// another origin: the verdict for cmd_get_balance in window main, origin app.
TEST_CASE("deny beats allow, but only where its own window and origin match") {
  const auto make =
      [](const char* name, const char* permission, bool windowMatches, bool originMatches) {
        Capability made = capability(name, windowMatches ? "\"main\"" : "\"settings\"", permission);
        made.origins = {originMatches ? "app" : "https://example.org"};
        return made;
      };
  int rows = 0;
  for (int bits = 0; bits < 64; ++bits, ++rows) {
    const auto bit = [bits](int index) { return (bits >> index & 1) != 0; };
    const bool allows = bit(0);
    const bool allowWindow = bit(1);
    const bool allowOrigin = bit(2);
    const bool denies = bit(3);
    const bool denyWindow = bit(4);
    const bool denyOrigin = bit(5);
    std::vector<Capability> capabilities;
    if (allows) {
      capabilities.push_back(
          make("allowing", "\"wallet:allow-get-balance\"", allowWindow, allowOrigin));
    }
    if (denies) {
      capabilities.push_back(
          make("denying", "\"wallet:deny-get-balance\"", denyWindow, denyOrigin));
    }
    Verdict expected = Verdict::NOT_GRANTED;
    if (denies && denyWindow && denyOrigin) {
      expected = Verdict::DENIED;
    } else if (allows && allowWindow && allowOrigin) {
      expected = Verdict::ALLOWED;
    }
    CAPTURE(bits);
    for (int order = 0; order < 2; ++order) {
      const Policy policy = resolve(catalogue(), {"main", "settings"}, capabilities).value();
      const Grants& grants = policy.grants("main", "app");
      CHECK(decide(grants, GET_BALANCE).verdict == expected);
      CHECK(decide(grants, SEND_TRANSACTION).verdict == Verdict::NOT_GRANTED);
      CHECK(decide(policy.grants("nobody", "app"), GET_BALANCE).verdict == Verdict::NOT_GRANTED);
      CHECK(decide(policy.grants("main", "nowhere"), GET_BALANCE).verdict == Verdict::NOT_GRANTED);
      std::reverse(capabilities.begin(), capabilities.end());
    }
  }
  CHECK(rows == 64);
}

TEST_CASE("patterns grant to the windows they match and to no other") {
  const Policy policy =
      resolve(catalogue(),
              {"main", "detail-1", "detail-2", "detail-1-inner"},
              {capability("details", "\"detail-*\"", "\"wallet:allow-get-balance\"")})
          .value();
  CHECK(decide(policy.grants("detail-1", "app"), GET_BALANCE).verdict == Verdict::ALLOWED);
  CHECK(decide(policy.grants("detail-2", "app"), GET_BALANCE).verdict == Verdict::ALLOWED);
  CHECK(decide(policy.grants("main", "app"), GET_BALANCE).verdict == Verdict::NOT_GRANTED);
  CHECK(decide(policy.grants("detail-1-inner", "app"), GET_BALANCE).verdict ==
        Verdict::NOT_GRANTED);
  CHECK(decide(policy.grants("detail-3", "app"), GET_BALANCE).verdict == Verdict::NOT_GRANTED);
  CHECK(decide(policy.grants("detail-*", "app"), GET_BALANCE).verdict == Verdict::NOT_GRANTED);
}

TEST_CASE("a capability for other platforms is checked and grants nothing here") {
  const auto with = [](const std::string& platforms, const std::string& permission) {
    return parseCapability("p.json",
                           "{ \"identifier\": \"p\", \"windows\": [\"main\"], \"platforms\": [" +
                               platforms + "], \"permissions\": [\"" + permission + "\"] }")
        .value();
  };
  const auto verdict = [&](const std::string& platforms) {
    const Policy policy =
        resolve(catalogue(), {"main"}, {with(platforms, "wallet:allow-get-balance")}).value();
    return decide(policy.grants("main", "app"), GET_BALANCE).verdict;
  };
  CHECK(verdict("\"linux\"") == Verdict::ALLOWED);
  CHECK(verdict("\"macOS\", \"linux\"") == Verdict::ALLOWED);
  CHECK(verdict("\"macOS\", \"windows\"") == Verdict::NOT_GRANTED);
  CHECK(refusal({with("\"iOS\"", "wallet:allow-get-balanc")}, {"main"}).find("did you mean") !=
        std::string::npos);
}

TEST_CASE("windows and webviews must both match when both are given") {
  Capability both = capability("both", "\"main\", \"settings\"", "\"wallet:allow-get-balance\"");
  both.webviews = {{"settings", {}}};
  const Policy policy = resolve(catalogue(), {"main", "settings"}, {both}).value();
  CHECK(decide(policy.grants("settings", "app"), GET_BALANCE).verdict == Verdict::ALLOWED);
  CHECK(decide(policy.grants("main", "app"), GET_BALANCE).verdict == Verdict::NOT_GRANTED);
  both.windows = {{"main", {}}};
  CHECK(refusal({both}) ==
        "both.json:1:17: no window of this app matches `windows` and `webviews` both");
}

TEST_CASE("a set grants what it holds, sets nest, and a grant knows its line") {
  const Policy policy =
      resolve(catalogue(), {"main"}, {capability("main", "\"main\"", "\n\"core:default\"")})
          .value();
  const Decision decision = decide(policy.grants("main", "app"), SAVE_STATE);
  CHECK(decision.verdict == Verdict::ALLOWED);
  REQUIRE(decision.grant != nullptr);
  CHECK(decision.grant->allowedAt.file == "main.json");
  CHECK(decision.grant->allowedAt.line == 4);

  const auto sets = parsePermissionSets("sets.json", R"({"sets": [
    {"identifier": "wallet:all", "description": "d", "permissions": ["wallet:read", "wallet:allow-send-transaction"]},
    {"identifier": "wallet:read", "description": "d", "permissions": ["wallet:allow-get-balance"]}]})");
  const Catalogue nested = Catalogue::create(COMMANDS, sets.value()).value();
  REQUIRE(nested.find("wallet:all") != nullptr);
  CHECK(nested.find("wallet:all")->allows == std::vector{GET_BALANCE, SEND_TRANSACTION});
}

TEST_CASE("the narrower of two bounds holds, in whatever order they come") {
  std::vector<Capability> capabilities{
      capability(
          "a",
          "\"main\"",
          R"({"identifier": "wallet:allow-get-balance", "limits": {"perMinute": 60, "maxBytes": 10}})"),
      capability(
          "b",
          "\"main\"",
          R"({"identifier": "wallet:allow-get-balance", "limits": {"perMinute": 6, "concurrent": 2}})"),
      capability("c", "\"main\"", "\"wallet:allow-get-balance\"")};
  for (int order = 0; order < 2; ++order) {
    const Policy policy = resolve(catalogue(), {"main"}, capabilities).value();
    const Limits& limits = decide(policy.grants("main", "app"), GET_BALANCE).grant->limits;
    CHECK(limits.perMinute == 6);
    CHECK(limits.concurrent == 2);
    CHECK(limits.maxBytes == 10);
    std::reverse(capabilities.begin(), capabilities.end());
  }
}

TEST_CASE("an unknown permission stops the start with file, line and the nearest right name") {
  CHECK(
      refusal(
          {capability("main", "\"main\"", "\"core:default\",\n \"wallet:allow-get-balanc\"")}) ==
      "main.json:4:2: unknown permission `wallet:allow-get-balanc`: module `wallet` has no command "
      "`cmd_get_balanc`. Fix: did you mean `wallet:allow-get-balance`?");
  CHECK(refusal({capability("main", "\"main\"", "\"walet:allow-get-balance\"")}) ==
        "main.json:3:19: unknown permission `walet:allow-get-balance`: there is no module `walet`. "
        "Fix: did you mean `wallet`?");
  CHECK(refusal({capability("main", "\"main\"", "\"wallet:cmd_get_balance\"")}) ==
        "main.json:3:19: unknown permission `wallet:cmd_get_balance`. "
        "Fix: did you mean `wallet:allow-get-balance`?");
  CHECK(refusal({capability("main", "\"main\"", "\"allow-get-balance\"")}) ==
        "main.json:3:19: unknown permission `allow-get-balance`: it names no module. "
        "Fix: write `wallet:allow-get-balance`");
  CHECK(refusal({capability("main", "\"main\"", "\"wallet:allow-fly-to-the-moon\"")}) ==
        "main.json:3:19: unknown permission `wallet:allow-fly-to-the-moon`: module `wallet` has no "
        "command "
        "`cmd_fly_to_the_moon`");
  CHECK(refusal({capability("main", "\"main\"", "\"core:defualt\"")}) ==
        "main.json:3:19: unknown permission `core:defualt`. Fix: did you mean `core:default`?");
}

TEST_CASE("a grant for a window that cannot exist stops the start") {
  CHECK(refusal({capability("main", "\"main\", \"setings\"", "\"core:default\"")}) ==
        "main.json:2:23: no window of this app can match `setings`. Fix: did you mean `settings`?");
  CHECK(refusal({capability("main", "\"main-*\"", "\"core:default\"")}) ==
        "main.json:2:15: no window of this app can match `main-*`. Fix: did you mean `main`?");
}

TEST_CASE("an identifier is given once") {
  CHECK(refusal({capability("same", "\"main\"", ""), capability("same", "\"settings\"", "")}) ==
        "same.json:1:17: the identifier `same` is taken by same.json:1. "
        "Fix: give every capability an identifier of its own");
}

TEST_CASE("an event is a row like a command, with a pair of its own and no limits") {
  std::vector<CatalogueCommand> rows = COMMANDS;
  rows.push_back({"evt_balance_changed", "wallet"});
  constexpr CommandId CHANGED{4};
  const PermissionSet all{
      {"wallet:all", {}},
      "Both.",
      {{"wallet:allow-get-balance", {}}, {"wallet:allow-on-balance-changed", {}}}};
  const Catalogue catalogue = Catalogue::create(rows, {all}).value();
  const auto verdict = [&](const std::string& permissions) {
    const auto policy = resolve(catalogue, {"main"}, {capability("one", "\"main\"", permissions)});
    REQUIRE_MESSAGE(policy.has_value(), format(policy.error()));
    return decide(policy->grants("main", "app"), CHANGED);
  };
  CHECK(verdict("\"wallet:allow-get-balance\"").verdict == Verdict::NOT_GRANTED);
  CHECK(verdict("\"wallet:allow-on-balance-changed\"").verdict == Verdict::ALLOWED);
  CHECK(verdict("\"wallet:all\", \"wallet:deny-on-balance-changed\"").verdict == Verdict::DENIED);
  // The set's limits are its command's.
  const Decision bounded = verdict(R"({"identifier": "wallet:all", "limits": {"perMinute": 6}})");
  CHECK(bounded.verdict == Verdict::ALLOWED);
  CHECK_FALSE(bounded.grant->limits.perMinute.has_value());
  const auto refused = resolve(catalogue,
                               {"main"},
                               {capability("one",
                                           "\"main\"",
                                           R"({"identifier": "wallet:allow-on-balance-changed",
                                               "limits": {"perMinute": 6}},
                                              "wallet:allow-on-balance-change")")});
  REQUIRE_FALSE(refused.has_value());
  CHECK(format(refused.error()).find("is about events, and `limits` bound calls") !=
        std::string::npos);
  CHECK(format(refused.error()).find("module `wallet` has no event `evt_balance_change`") !=
        std::string::npos);
  CHECK(format(refused.error()).find("did you mean `wallet:allow-on-balance-changed`") !=
        std::string::npos);
}

TEST_CASE("limits on what only denies are refused") {
  CHECK(refusal({capability(
            "main",
            "\"main\"",
            R"({"identifier": "wallet:deny-get-balance", "limits": {"perMinute": 1}})")}) ==
        "main.json:3:34: `wallet:deny-get-balance` only denies, so its `limits` bound nothing. "
        "Fix: remove `limits`");
}

TEST_CASE("the app's own labels are checked") {
  CHECK(refusal({}, {"main", "main"}) == "the app has two windows with the label `main`");
  CHECK(refusal({}, {"ma*"}) ==
        "a window label of the app is not 1 to 64 letters, digits, `_`, `-`, `/`, `:`");
}

TEST_CASE("all mistakes are reported at once") {
  const auto policy =
      resolve(catalogue(), {"main"}, {capability("main", "\"other\"", "\"wallet:x\", \"nope:y\"")});
  REQUIRE_FALSE(policy.has_value());
  CHECK(policy.error().list.size() == 3);
}

TEST_CASE("a set that names what does not exist, or itself, or what is taken, is refused") {
  CHECK(
      setsRefusal(
          R"({"identifier": "wallet:a", "description": "d", "permissions": ["wallet:allow-get-balanse"]})") ==
      "sets.json:2:64: unknown permission `wallet:allow-get-balanse`: module `wallet` has no "
      "command "
      "`cmd_get_balanse`. Fix: did you mean `wallet:allow-get-balance`?");
  CHECK(setsRefusal(R"({"identifier": "wallet:a", "description": "d", "permissions": ["wallet:b"]},
{"identifier": "wallet:b", "description": "d", "permissions": ["wallet:a"]})") ==
        "sets.json:3:64: the set `wallet:a` contains itself");
  CHECK(
      setsRefusal(
          R"({"identifier": "wallet:allow-get-balance", "description": "d", "permissions": ["core:allow-save-state"]})") ==
      "sets.json:2:16: `wallet:allow-get-balance` is defined twice");
  CHECK(
      setsRefusal(
          R"({"identifier": "absent:a", "description": "d", "permissions": ["absent:allow-b"]})") ==
      "accepted");
  CHECK(
      setsRefusal(
          R"({"identifer": "wallet:a", "description": "d", "permissions": ["core:allow-save-state"]})")
          .starts_with("sets.json:2:2: a permission set has no field `identifer`. Fix: did you "
                       "mean `identifier`?"));
}

TEST_CASE("an app's own sets come beside those of the modules, and hide none of them") {
  const auto with = [](const std::string& sets) {
    return catalogue().with(
        parsePermissionSets("app.json", "{\"sets\": [\n" + sets + "]}").value());
  };
  const auto set = [](const std::string& identifier, const std::string& permissions) {
    return R"({"identifier": ")" + identifier + R"(", "description": "d", "permissions": [)" +
           permissions + "]}";
  };
  const auto refusal = [&](const std::string& sets) { return format(with(sets).error()); };
  const auto whole =
      with(set("wallet:all", R"("wallet:reading", "wallet:deny-send-transaction")") + "," +
           set("wallet:reading", R"("wallet:allow-get-balance", "core:default")"));
  REQUIRE_MESSAGE(whole.has_value(), format(whole.error()));
  CHECK(whole->find("wallet:all")->allows == std::vector<CommandId>{GET_BALANCE, SAVE_STATE});
  CHECK(whole->find("wallet:all")->denies == std::vector<CommandId>{SEND_TRANSACTION});
  CHECK(whole->find("core:default") != nullptr);
  CHECK(catalogue().find("wallet:all") == nullptr);
  const Policy policy =
      resolve(*whole, {"main"}, {capability("main", "\"main\"", "\"wallet:all\"")}).value();
  CHECK(decide(policy.grants("main", APP_ORIGIN), GET_BALANCE).verdict == Verdict::ALLOWED);
  CHECK(decide(policy.grants("main", APP_ORIGIN), SEND_TRANSACTION).verdict == Verdict::DENIED);

  CHECK(refusal(set("core:default", R"("wallet:allow-get-balance")")) ==
        "app.json:2:16: `core:default` is defined twice");
  CHECK(refusal(set("walet:all", R"("wallet:allow-get-balance")")) ==
        "app.json:2:16: `walet:all`: there is no module `walet`. Fix: did you mean `wallet`?");
  CHECK(refusal(set("wallet:all", R"("wallet:all")")).ends_with("contains itself"));
  CHECK(refusal(set("wallet:all", R"("wallet:get")")).find("unknown permission") !=
        std::string::npos);
  // A name that reads like a command's pair would say another thing than it does.
  for (const char* name : {"wallet",
                           "wallet:",
                           ":all",
                           "wallet:allow-all",
                           "wallet:deny-all",
                           "wallet:All",
                           "wallet:a:b",
                           "wallet:a*"}) {
    CAPTURE(name);
    CHECK(refusal(set(name, R"("wallet:allow-get-balance")")).find("is no name of a set") !=
          std::string::npos);
  }
}

TEST_CASE("value() on diagnostics throws their text") {
  CHECK_THROWS_WITH(resolve(catalogue(), {"main", "main"}, {}).value(),
                    "the app has two windows with the label `main`");
}

}  // namespace
