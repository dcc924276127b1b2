// What is said about a decision: the same as the decision, with its lines.
#include "capabilities/explain.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "capabilities/capability.h"
#include "capabilities/catalogue-file.h"
#include "capabilities/permission-sets.h"

namespace {

using namespace sallyport::capabilities;

Catalogue catalogue() {
  return Catalogue::create({{"cmd_save_state", "core"},
                            {"cmd_get_balance", "wallet"},
                            {"cmd_send_transaction", "wallet"}},
                           shippedPermissionSets().value())
      .value();
}

Capability read(const char* file, const std::string& permissions, bool admin = false) {
  const std::string text = "{\"identifier\": \"x\", \"windows\": [\"main\"], \"permissions\": [\n" +
                           permissions + "\n]}";
  return (admin ? parseAdminPolicy(file, text) : parseCapability(file, text)).value();
}

const std::vector<std::string> LABELS{"main", "side"};

Policy policy(const std::string& app, const std::string& admin = "") {
  return resolve(catalogue(),
                 LABELS,
                 {read("main.json", app)},
                 {read("/etc/sallyport/policy.d/a.json", admin, true)})
      .value();
}

std::string why(const Policy& policy, const char* window, const char* command) {
  const auto explained = explain(catalogue(), policy, window, command);
  return explained ? explained->text : format(explained.error());
}

TEST_CASE("what is allowed is explained by its line and its limits") {
  const Policy one = policy(
      "\"core:default\",\n{\"identifier\": \"wallet:allow-get-balance\", \"limits\": "
      "{\"perMinute\": 9}}",
      R"({"identifier": "wallet:allow-get-balance", "limits": {"perMinute": 3, "concurrent": 1}})");
  CHECK(why(one, "main", "cmd_save_state") ==
        "cmd_save_state in window main, origin app: allowed\n"
        "  allowed by main.json:2:1 (core:default)\n");
  CHECK(why(one, "main", "cmd_get_balance") ==
        "cmd_get_balance in window main, origin app: allowed\n"
        "  allowed by main.json:3:16 (wallet:allow-get-balance)\n"
        "  narrowed by /etc/sallyport/policy.d/a.json:2:16 (wallet:allow-get-balance)\n"
        "  limits: perMinute 3, concurrent 1\n");
  CHECK(explain(catalogue(), one, "main", "cmd_get_balance")->allowed);
}

TEST_CASE("what is denied is explained by every line that denies it") {
  const Policy one =
      policy("\"core:default\", \"core:deny-save-state\"", "\"core:deny-save-state\"");
  const Policy revoked = revoke(one, catalogue(), "main", "core:default").value();
  CHECK(why(revoked, "main", "cmd_save_state") ==
        "cmd_save_state in window main, origin app: denied\n"
        "  allowed by main.json:2:1 (core:default)\n"
        "  denied by main.json:2:17 (core:deny-save-state)\n"
        "  denied by /etc/sallyport/policy.d/a.json:2:1 (core:deny-save-state)\n"
        "  revoked at run time (core:default)\n");
  CHECK_FALSE(explain(catalogue(), revoked, "main", "cmd_save_state")->allowed);
}

TEST_CASE("what is not granted is explained by what would grant it") {
  CHECK(why(policy(""), "side", "cmd_save_state") ==
        "cmd_save_state in window side, origin app: not granted\n"
        "  would be granted by core:allow-save-state, in a capability of this window\n"
        "  it is also in the sets: core:default\n");
}

TEST_CASE("a window or command that does not exist is said with the nearest") {
  CHECK(why(policy(""), "mian", "cmd_get_balanc") ==
        "the app has no window `mian`. Fix: did you mean `main`?\n"
        "there is no command or event `cmd_get_balanc`. Fix: did you mean `cmd_get_balance`?");
  CHECK(format(list(catalogue(), policy(""), "sidee").error()) ==
        "the app has no window `sidee`. Fix: did you mean `side`?");
}

TEST_CASE("the list has a line for each command of each window, and agrees with decide") {
  const Policy one = policy("\"core:default\", \"wallet:deny-get-balance\"");
  CHECK(
      list(catalogue(), one, "").value() ==
      "window main, origin app\n"
      "  allowed      core cmd_save_state          core:default main.json:2:1\n"
      "  denied       wallet cmd_get_balance       wallet:deny-get-balance main.json:2:17\n"
      "  not granted  wallet cmd_send_transaction  wallet:allow-send-transaction would grant it\n"
      "window side, origin app\n"
      "  not granted  core cmd_save_state          core:allow-save-state would grant it\n"
      "  not granted  wallet cmd_get_balance       wallet:allow-get-balance would grant it\n"
      "  not granted  wallet cmd_send_transaction  wallet:allow-send-transaction would grant it\n");
  CHECK(list(catalogue(), one, "side").value().find("window main") == std::string::npos);
}

TEST_CASE("a difference is what a call would notice, not where the lines are") {
  const Catalogue all = catalogue();
  const auto between = [&](const Policy& before, const Policy& after) {
    return difference({all, before}, {all, after});
  };
  const Policy before = policy("\"core:default\", \"wallet:allow-get-balance\"");
  CHECK(between(before, policy("\"wallet:allow-get-balance\",\n\n\"core:allow-save-state\"")) ==
        "");
  CHECK(between(before,
                policy(R"({"identifier": "wallet:allow-get-balance", "limits": {"perMinute": 6}},
                          "wallet:allow-send-transaction", "core:default", "core:deny-save-state")")) ==
        "~ main app cmd_get_balance: allowed -> allowed, perMinute 6\n"
        "- main app cmd_save_state: allowed\n"
        "+ main app cmd_send_transaction: allowed\n");
}

TEST_CASE("a catalogue comes back from its file as it was") {
  const std::vector<CatalogueCommand> commands{
      {"cmd_save_state", "core"}, {"cmd_a", "wallet"}, {"evt_b", "wallet"}};
  const std::string text = writeCatalogue(commands, shippedPermissionSets().value());
  const auto again = readCatalogue("catalogue.json", text);
  REQUIRE_MESSAGE(again.has_value(), format(again.error()));
  REQUIRE(again->commands().size() == 3);
  CHECK(again->commands()[2].name == "evt_b");
  CHECK(again->find("wallet:allow-on-b") != nullptr);
  CHECK(again->commands()[1].name == "cmd_a");
  CHECK(again->commands()[1].module == "wallet");
  CHECK(again->find("core:default") != nullptr);
  CHECK(again->find("wallet:deny-a") != nullptr);
  CHECK(format(readCatalogue("c.json", R"({"commands": [{"name": "cmd_a"}]})").error()) ==
        "c.json:1:15: a command needs the field `module`\n"
        "c.json:1:1: a catalogue needs the field `events`\n"
        "c.json:1:1: a catalogue needs the field `sets`");
}

}  // namespace
