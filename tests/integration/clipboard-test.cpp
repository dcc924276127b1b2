// The wallet's own page on a virtual display: the user's click on its copy button, and nothing
// less, puts the address on the desktop's clipboard.
#include <doctest/doctest.h>

#include "tests/support/broker-process.h"
#include "tests/support/desktop.h"

namespace sallyport::test {
namespace {

// Makes a wallet and goes to its receive page by script; a script's click is no user's.
constexpr const char* SCRIPT = R"js(
(async () => {
  const page = (name, ...values) =>
    console.log(["@" + name, ...values.map((value) => JSON.stringify(value))].join(" "));
  const find = (id) => document.querySelector(`[data-testid="${id}"]`);
  const until = async (condition) => {
    for (;;) {
      const value = condition();
      if (value) return value;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const click = async (id) =>
    (await until(() => find(id) && !find(id).disabled && find(id))).click();
  const bridge = await globalThis.__SALLYPORT__;
  const name = await until(() => find("create-name"));
  const input = name.matches("input") ? name : name.querySelector("input");
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, "Savings");
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await click("create-submit");
  await click("nav-receive");
  await until(() => find("receive-address") || find("receive-new"));
  if (!find("receive-address")) await click("receive-new");
  const address = await until(() => find("receive-address")?.textContent.replace(/\s/g, ""));
  page("address", address);
  const code = (promise) => promise.then(() => "done", (error) => error.code);
  page("uninvited", await code(bridge.invoke("cmd_write_text", '{"text":"uninvited"}')));
  find("receive-copy").click();
  page("scripted", await until(() => /^Press/.test(find("receive-copy").textContent) && "marked"));
  await until(() => find("receive-copy").textContent === "Copy");
  const box = find("receive-copy").getBoundingClientRect();
  page("button", Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2));
  page("clicked", await until(() => find("receive-copy").textContent === "Copied" && "copied"));
  page("reading", await code(bridge.invoke("cmd_read_text", "{}")));
})();
)js";

constexpr const char* PROMPTS = R"({"expect": "choosePassphrase", "answer": "correct horse battery"}
{"expect": "showSeed", "answer": "accepted"}
{"expect": "askWords", "answer": "remembered"}
)";

}  // namespace

TEST_CASE("the wallet's copy button copies for the user, and for nobody else") {
  BrokerProcess broker(
      {.app = std::filesystem::path(SALLYPORT_BINARY_DIR) / "share/sallyport/apps/wallet",
       .pageScript = SCRIPT,
       .promptScript = PROMPTS});
  const auto address = broker.waitForPage("address", Milliseconds(60'000));
  const Desktop desktop(broker);
  CHECK(broker.waitForPage("uninvited") == "\"denied\"");
  CHECK(broker.waitForPage("scripted") == "\"marked\"");
  CHECK(desktop.run({testBinary("display_clipboard_peer"), "read"}).empty());
  const auto button = broker.waitForPage("button");
  const auto space = button.find(' ');
  desktop.click("^Sallyport Wallet.*main$", button.substr(0, space), button.substr(space + 1));
  CHECK(broker.waitForPage("clicked") == "\"copied\"");
  CHECK("\"" + desktop.run({testBinary("display_clipboard_peer"), "read"}) + "\"" == address);
  CHECK(broker.waitForPage("reading") == "\"denied\"");  // the wallet's page is not granted that
  CHECK(broker.end() == 0);
}

}  // namespace sallyport::test
