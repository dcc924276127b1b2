import { act, waitFor } from "@testing-library/react";
import { type ErrorCode, SallyportError } from "@sallyport/api";
import { describe, expect, it } from "vitest";

import { EMPTY_FORM, type SendPhase } from "../../app/page-state";
import type { Draft } from "../../generated/commands";
import { find, query, type Shown, showApp, stateWith } from "../../testing/render-app";
import { fakeAddress, WalletFake } from "../../testing/wallet-fake";

const TO = fakeAddress(500);

async function fillIn({ user }: Shown, amount = "0.29"): Promise<void> {
  await user.click(await find("nav-send"));
  await user.type(await find("send-to"), TO);
  await user.type(await find("send-amount"), amount);
}

async function toReview(shown: Shown, amount?: string): Promise<void> {
  await fillIn(shown, amount);
  await shown.user.click(await find("send-review"));
  await find("send-confirm");
}

function draft(change: Partial<Draft> = {}): Draft {
  return {
    draftId: "draft-1",
    outputs: [{ address: TO, amount: 29_000_000 }],
    fee: 282,
    feeRate: 2,
    change: 1000,
    total: 29_000_282,
    inputs: 1,
    expiresAt: Math.floor(Date.now() / 1000) + 300,
    ...change,
  };
}

const at = (phase: SendPhase) => stateWith({ screen: "send", send: { form: EMPTY_FORM, phase } });

describe("a payment", () => {
  it("is drafted, shown as the broker made it, committed by its id, and its txid shown", async () => {
    const fake = WalletFake.withMoney();
    const shown = await showApp(fake);
    await fillIn(shown);
    await shown.user.click(await find("send-fee-fast"));
    await shown.user.type(await find("send-label"), "Rent");
    await shown.user.click(await find("send-review"));

    expect(await find("draft-fee")).toHaveAttribute("data-sats", "705");
    expect(await find("draft-amount")).toHaveAttribute("data-sats", "29000000");
    expect(await find("draft-to")).toHaveTextContent(TO);
    expect(await find("draft-total")).toHaveAttribute("data-sats", "29000705");
    expect(await find("draft-countdown")).toHaveTextContent(/^(5:00|4:5\d)$/);

    await shown.user.click(await find("send-confirm"));
    expect(await find("send-txid")).toHaveTextContent(/^[0-9a-f]{64}$/);
    expect(shown.mock.callsOf("cmd_send_transaction")).toEqual([
      { to: TO, amount: 29_000_000, feeRate: 5, subtractFee: false, stage: "draft", label: "Rent" },
      { stage: "commit", draftId: "draft-1" },
    ]);

    await shown.user.click(await find("send-again"));
    expect(await find("send-to")).toHaveValue("");
  });

  it("can be typed in satoshis, and changing the unit keeps the amount", async () => {
    const shown = await showApp(WalletFake.withMoney());
    await fillIn(shown, "0.29");
    await shown.user.click(await find("send-unit-sat"));
    expect(await find("send-amount")).toHaveValue("29000000");
    await shown.user.click(await find("send-unit-btc"));
    expect(await find("send-amount")).toHaveValue("0.29");
  });

  it("is filled in by a pasted payment link", async () => {
    const { user } = await showApp(WalletFake.withMoney());
    await user.click(await find("nav-send"));
    await user.click(await find("send-to"));
    await user.paste(`bitcoin:${TO}?amount=0.001&label=Shop`);
    expect(await find("send-to")).toHaveValue(TO);
    expect(await find("send-amount")).toHaveValue("0.001");
    expect(await find("send-label")).toHaveValue("Shop");
  });

  it("of everything takes the fee out of the amount", async () => {
    const shown = await showApp(WalletFake.withMoney());
    await shown.user.click(await find("nav-send"));
    await shown.user.type(await find("send-to"), TO);
    await shown.user.click(await find("send-all"));
    await shown.user.click(await find("send-review"));
    expect(await find("draft-total")).toHaveAttribute("data-sats", "1234567890");
    expect(await find("draft-amount")).toHaveAttribute("data-sats", "1234567608");
  });

  it("with a mistake is not sent to the broker at all", async () => {
    const shown = await showApp(WalletFake.withMoney());
    await fillIn(shown, "1,5");
    await shown.user.click(await find("send-review"));
    expect(await find("send-amount")).toHaveAttribute("aria-invalid", "true");
    expect(shown.mock.callsOf("cmd_send_transaction")).toEqual([]);
  });

  it("that the coins do not cover says so and keeps the form", async () => {
    const shown = await showApp(WalletFake.withMoney());
    await fillIn(shown, "20");
    await shown.user.click(await find("send-review"));
    expect(await find("send-error")).toHaveTextContent("Not enough spendable coins");
    expect(await find("error-code")).toHaveTextContent("insufficient-funds");
    expect(await find("send-amount")).toHaveValue("20");
  });

  it("with a fee of more than a quarter is pointed out", async () => {
    await showApp(WalletFake.withMoney(), at({ at: "review", draft: draft({ fee: 7_250_001 }) }));
    expect(await find("draft-high-fee")).toBeVisible();
  });

  it("whose draft has expired cannot be confirmed, only reviewed again", async () => {
    const { user } = await showApp(
      WalletFake.withMoney(),
      at({ at: "review", draft: draft({ expiresAt: 1 }) }),
    );
    expect(await find("draft-expired")).toBeVisible();
    expect(query("send-confirm")).toBeNull();
    await user.click(await find("draft-renew"));
    expect(await find("send-to")).toBeVisible();
  });
});

describe("a commit", () => {
  const failWith = (code: ErrorCode) => {
    const fake = WalletFake.withMoney();
    fake.prompt = () => Promise.reject(new SallyportError({ code, incident: "9f-1" }));
    return fake;
  };

  it.each([
    ["declined", "You declined this payment"],
    ["not-found", "This draft is gone"],
    ["conflict", "This payment can no longer be made"],
    ["locked", "The wallet is locked"],
  ] as const)("that ends with %s goes back to the review", async (code, words) => {
    const shown = await showApp(failWith(code));
    await toReview(shown);
    await shown.user.click(await find("send-confirm"));
    expect(await find("send-error")).toHaveTextContent(words);
    expect(await find("error-code")).toHaveTextContent(code);
    expect(await find("send-confirm")).toBeEnabled();
  });

  it.each(["deadline", "internal", "unavailable", "disconnected", "cancelled"] as const)(
    "that ends with %s leaves no button to pay again without looking",
    async (code) => {
      const shown = await showApp(failWith(code));
      await toReview(shown);
      await shown.user.click(await find("send-confirm"));
      expect(await find("error-code")).toHaveTextContent(code);
      expect(query("send-confirm")).toBeNull();
      await shown.user.click(await find("interrupted-history"));
      expect(await find("history-filter")).toBeVisible();
    },
  );

  it("goes on while the user looks elsewhere", async () => {
    const fake = WalletFake.withMoney();
    let approve: () => void = () => undefined;
    fake.prompt = () => new Promise((resolve) => (approve = resolve));
    const shown = await showApp(fake);
    await toReview(shown);
    await shown.user.click(await find("send-confirm"));
    expect(await find("commit-waiting")).toBeVisible();
    await shown.user.click(await find("nav-overview"));
    await find("balance-confirmed");
    approve();
    await waitFor(() =>
      expect(shown.mock.savedState()).toMatchObject({ send: { phase: { at: "sent" } } }),
    );
    await shown.user.click(await find("nav-send"));
    expect(await find("send-txid")).toBeVisible();
  });

  it("is noted down before it is asked for", async () => {
    const shown = await showApp(WalletFake.withMoney());
    await toReview(shown);
    let saved: () => void = () => undefined;
    shown.mock.handle({ cmd_save_state: () => new Promise<void>((resolve) => (saved = resolve)) });
    const notes = () =>
      shown.mock
        .callsOf("cmd_save_state")
        .filter((args) => (args as { state: string }).state.includes('"committing"'));
    await shown.user.click(await find("send-confirm"));
    await find("commit-waiting");
    await waitFor(() => expect(notes()).toHaveLength(1));
    expect(shown.mock.callsOf("cmd_send_transaction")).toHaveLength(1);
    saved();
    await find("send-txid");
    expect(shown.mock.callsOf("cmd_send_transaction")).toHaveLength(2);
  });

  it("is asked for once, however often the button is pressed", async () => {
    const fake = WalletFake.withMoney();
    fake.prompt = () => new Promise(() => undefined);
    const shown = await showApp(fake);
    await toReview(shown);
    const button = await find("send-confirm");
    act(() => {
      button.click();
      button.click();
    });
    await find("commit-waiting");
    expect(shown.mock.callsOf("cmd_send_transaction")).toHaveLength(2);
  });
});

describe("a page whose process was killed", () => {
  it("comes back to the same screen with the unsent payment", async () => {
    const fake = WalletFake.withMoney();
    const first = await showApp(fake);
    await fillIn(first, "0.12345678");
    await first.user.click(await find("send-unit-sat"));
    await waitFor(() =>
      expect(first.mock.savedState()).toMatchObject({
        screen: "send",
        send: { form: { to: TO, amount: "12345678", unit: "sat" } },
      }),
    );
    const saved = first.mock.savedState();
    document.body.replaceChildren();
    await showApp(fake, saved);
    expect(await find("send-to")).toHaveValue(TO);
    expect(await find("send-amount")).toHaveValue("12345678");
  });

  it("comes back to a draft that is still good", async () => {
    await showApp(WalletFake.withMoney(), at({ at: "review", draft: draft() }));
    expect(await find("send-confirm")).toBeEnabled();
  });

  it("says that the outcome is unknown when the prompt was asking", async () => {
    await showApp(WalletFake.withMoney(), at({ at: "committing", draft: draft() }));
    expect(await find("send-interrupted")).toBeVisible();
    expect(query("send-confirm")).toBeNull();
  });

  it.each([
    ["another version", { version: 2, screen: "send" }],
    ["no object", "send"],
    ["nonsense inside", { version: 1, screen: "evil", send: { form: 5, phase: { at: "review" } } }],
  ])("starts afresh when what was saved is %s", async (_what, saved) => {
    await showApp(WalletFake.withMoney(), saved);
    expect(await find("balance-confirmed")).toBeVisible();
  });
});
