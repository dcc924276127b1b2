// A real page calls the real broker: every refusal is a typed error, and the session lives on.
#include <doctest/doctest.h>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

namespace json = boost::json;

// One page makes all the calls; each test reads the lines that are its own.
constexpr const char* SCRIPT = R"js(
(async () => {
  const bridge = await globalThis.__SALLYPORT__;
  page("window", bridge.window);
  page("denied-by-silence", await call("cmd_get_transaction_history"));
  page("denied-by-rule", await call("cmd_get_balance"));
  page("unknown", await call("cmd_get_seed"));
  page("unknown-builtin", await call("plugin:core|save"));
  page("missing-field", await call("cmd_select_wallet"));
  page("wrong-type", await call("cmd_create_wallet", { name: "a", network: "regtest", scriptType: "p2wpkh", words: "12" }));
  page("unknown-field", await call("cmd_save_state", { state: "x", stat: "y" }));
  page("twice", await call("cmd_save_state", {}, '{"state":"x","state":"y"}'));
  page("no-json", await call("cmd_save_state", {}, "state"));
  page("too-large", await call("cmd_save_state", { state: "x".repeat(70000) }));
  page("works", await call("cmd_save_state", { state: "kept" }));
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => call("cmd_list_wallets")));
  page("rate", answers.map((answer) => (answer.error ? answer.error.code : "answered")));
  page("other-command", await call("cmd_save_state", { state: "again" }));
  const controller = new AbortController();
  const waiting = bridge.invoke("cmd_get_wallet_info", "{}", controller.signal);
  controller.abort();
  page("cancelled", await waiting.then(() => "answered", (error) => error.code));
  page("works-to-the-end", await call("cmd_save_state", { state: "last" }));
})();
)js";

BrokerProcess& broker() {
  static BrokerProcess process({.pageScript = SCRIPT});
  return process;
}

json::object answer(const std::string& name) {
  return json::parse(broker().waitForPage(name)).as_object();
}

// The whole object, so that no field can go missing or come along unseen.
json::object checkError(const std::string& name, const char* code, const char* command) {
  auto error = answer(name).at("error").as_object();
  CAPTURE(json::serialize(error));
  CHECK(error.size() == 6);
  CHECK(error.at("code").as_string() == code);
  CHECK(error.at("command").as_string() == command);
  CHECK(error.at("window").as_string() == "main");
  CHECK(error.at("id").to_number<double>() > 0);
  CHECK(error.at("incident").as_string() == "");
  CHECK(!error.at("message").as_string().empty());
  return error;
}

bool names(const json::object& error, const char* field) {
  const std::string message(error.at("message").as_string());
  CAPTURE(message);
  return message.find(field) != std::string::npos;
}

}  // namespace

// In the order in which the page makes the calls.
TEST_CASE("a command that no capability grants is denied, and so is one that a deny names") {
  CHECK(broker().waitForPage("window") == "\"main\"");
  checkError("denied-by-silence", "denied", "cmd_get_transaction_history");
  checkError("denied-by-rule", "denied", "cmd_get_balance");
}

TEST_CASE("an unknown command is an error of its own, in the peers' spelling too") {
  checkError("unknown", "unknown-command", "cmd_get_seed");
  checkError("unknown-builtin", "unknown-command", "plugin:core|save");
}

TEST_CASE("a bad argument is refused with the field's name") {
  CHECK(names(checkError("missing-field", "invalid-argument", "cmd_select_wallet"), "id"));
  CHECK(names(checkError("wrong-type", "invalid-argument", "cmd_create_wallet"), "words"));
  CHECK(names(checkError("unknown-field", "invalid-argument", "cmd_save_state"), "stat"));
  CHECK(names(checkError("twice", "invalid-argument", "cmd_save_state"), "state"));
  checkError("no-json", "invalid-argument", "cmd_save_state");
  checkError("too-large", "too-large", "cmd_save_state");
}

TEST_CASE("the session lives on after refusals") {
  CHECK(answer("works").at("value").is_null());
  CHECK(!broker().saw("session ended"));
}

TEST_CASE("calls over the grant's limit are refused, and only they") {
  CHECK(broker().waitForPage("rate") ==
        R"(["answered","answered","answered","rate-limited","rate-limited"])");
  CHECK(answer("other-command").at("value").is_null());
}

TEST_CASE("a call that the page gives up is settled at once as cancelled") {
  CHECK(broker().waitForPage("cancelled") == "\"cancelled\"");
  CHECK(answer("works-to-the-end").at("value").is_null());
  CHECK(broker().restartsOf("renderer main") == 0);
  CHECK(broker().end() == 0);
  CHECK(broker().leftovers().empty());
}

}  // namespace sallyport::test
