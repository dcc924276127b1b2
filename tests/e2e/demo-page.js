// Drives the wallet page as a person would, for ./dev demo: finds controls by their test id, clicks and types, and
// reports each step on the console, which the broker writes to its journal. Loaded by testing builds only.
(async () => {
  const PAY_TO = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
  const PAY_BTC = "0.25";

  const find = (id) => document.querySelector(`[data-testid="${id}"]`);
  const text = (id) => find(id)?.textContent ?? "";
  // The journal keeps printable ASCII as it is.
  const report = (step, detail) =>
    console.log("DEMO " + JSON.stringify({ step, ...detail }).replace(/[^\x20-\x7e]/g, " ").replace(/\\n/g, " "));

  function until(what, condition) {
    return new Promise((resolve, reject) => {
      const started = Date.now();
      const timer = setInterval(() => {
        const value = condition();
        if (value) {
          clearInterval(timer);
          resolve(value);
        } else if (Date.now() - started > 120000) {
          clearInterval(timer);
          reject(new Error(`never saw: ${what}`));
        }
      }, 100);
    });
  }
  const shown = (id) => until(id, () => find(id));
  const click = async (id) => (await until(`${id} enabled`, () => find(id) && !find(id).disabled && find(id))).click();

  // React listens to the input event and reads the value through the element's own setter.
  async function type(id, value) {
    const element = await shown(id);
    const input = element.matches("input, textarea") ? element : element.querySelector("input, textarea");
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, value);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const valueOf = (id) => {
    const element = find(id);
    return element?.value ?? element?.querySelector("input, textarea")?.value ?? "";
  };

  async function create() {
    await type("create-name", "Savings");
    await click("create-submit");
    await shown("nav-receive");
    report("created", {});
  }

  async function receive() {
    await click("nav-receive");
    await until("a receive address or a button for one", () => text("receive-address") || find("receive-new"));
    if (!text("receive-address")) await click("receive-new");
    const address = await until("the address", () => text("receive-address").replace(/\s/g, ""));
    report("address", { address });
    await click("nav-overview");
    await until("coins", () => /[1-9]/.test(text("balance-incoming")) || /[1-9]/.test(text("balance-confirmed")));
    report("seen", { incoming: text("balance-incoming"), confirmed: text("balance-confirmed") });
    await until("confirmed coins", () => /[1-9]/.test(text("balance-confirmed")));
    report("funded", { confirmed: text("balance-confirmed") });
  }

  async function fillForm() {
    await click("nav-send");
    await type("send-to", PAY_TO);
    await type("send-amount", PAY_BTC);
    // The page keeps its state a moment after the last key.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    report("form-filled", { to: valueOf("send-to"), amount: valueOf("send-amount") });
  }

  async function send() {
    await click("send-review");
    await until("the draft", () => find("send-confirm") || find("send-error"));
    if (find("send-error")) throw new Error("draft refused: " + text("send-error"));
    report("draft", { to: text("draft-to").replace(/\s/g, ""), amount: text("draft-amount"), fee: text("draft-fee") });
    await click("send-confirm");
    await until("the txid", () => find("send-txid") || find("send-error"));
    if (find("send-error")) throw new Error("payment refused: " + text("send-error"));
    report("sent", { txid: text("send-txid").replace(/\s/g, "") });
    await click("nav-history");
    const row = await until("a confirmed payment", () =>
      [...document.querySelectorAll('[data-testid="tx-row"]')].find((r) => /confirm/i.test(r.textContent) && /0\.25/.test(r.textContent) && !/unconfirmed|pending|waiting/i.test(r.textContent)),
    );
    report("confirmed", { row: row.textContent });
  }

  try {
    await until("the page", () => find("create-submit") || find("nav-overview"));
    const restored = find("send-to") && valueOf("send-to") === PAY_TO;
    if (find("create-submit")) {
      await create();
      await receive();
      await fillForm(); // the demo kills this renderer now; the next one goes on below
    } else if (await until("the restored form", () => restored || valueOf("send-to") === PAY_TO)) {
      report("restored", { to: valueOf("send-to"), amount: valueOf("send-amount") });
      await send();
    }
  } catch (error) {
    report("failed", { message: String(error), screen: document.body.innerText.slice(0, 400) });
  }
})();
