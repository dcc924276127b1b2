// The policy of a running app is narrowed, from inside the broker's own cage: the page's next call
// is denied, and the session lives on.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

// Goes on until it is denied, so that the test decides when that is.
constexpr const char* SCRIPT = R"js(
(async () => {
  const untilDenied = async (command, args) => {
    for (let calls = 0; ; ++calls) {
      const answer = await call(command, args);
      if (answer.error?.code === "denied") return calls > 0 ? "later" : "at once";
      if (calls === 0) page("first", command);
      await pause(20);
    }
  };
  page("revoked", await untilDenied("cmd_save_state", { state: "x" }));
  page("narrowed", await untilDenied("cmd_get_wallet_info", {}));
  page("still", (await call("cmd_get_seed")).error.code);
})();
)js";

bool contains(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

struct PolicyFixture {
  TemporaryFolder folder;
  fs::path policy = folder.path() / "policy.d";

  PolicyFixture() {
    fs::create_directory(policy);
    fs::permissions(policy, fs::perms(0755));
  }
  void forbid(const std::string& text, unsigned mode = 0644) {
    std::ofstream(policy / "admin.json") << text;
    fs::permissions(policy / "admin.json", fs::perms(mode));
  }
};

TEST_CASE_FIXTURE(PolicyFixture,
                  "a running page loses what is revoked or forbidden, call by call") {
  BrokerProcess broker({.pageScript = SCRIPT, .more = {"--policy-dir", policy.string()}});
  CHECK(broker.waitForPage("first") == "\"cmd_save_state\"");
  CHECK(broker.cli({"capability", "revoke", "--window", "main", "--permission", "core:default"})
            .code == 0);
  CHECK(broker.waitForPage("revoked") == "\"later\"");

  const std::vector<std::string> ask{
      "capability", "explain", "--window", "main", "--command", "cmd_save_state"};
  const Finished why = broker.cli(ask);
  CHECK(why.code == 1);
  CHECK(contains(why.output, "revoked at run time (core:default)"));
  CHECK(broker.cli({"capability", "reload"}).code == 0);
  CHECK(broker.cli(ask).code == 1);

  CHECK(broker.waitForPage("first") == "\"cmd_get_wallet_info\"");
  const char* rule = R"({"identifier": "a", "permissions": ["wallet:deny-get-wallet-info"]})";
  forbid(rule, 0666);
  const Finished refused = broker.cli({"capability", "reload"});
  CHECK(refused.code == 1);
  CHECK(contains(refused.output, "admin.json: others may write it"));
  forbid(rule);
  CHECK(broker.cli({"capability", "reload"}).code == 0);
  CHECK(broker.waitForPage("narrowed") == "\"later\"");
  CHECK(broker.waitForPage("still") == "\"unknown-command\"");
  CHECK(broker.restartsOf("renderer main") == 0);
  CHECK(broker.end() == 0);
}

}  // namespace
}  // namespace sallyport::test
