import { screen, waitFor, within } from "@testing-library/react";
import { SallyportError } from "@sallyport/api";
import { describe, expect, it } from "vitest";

import { find, pollFast, query, showApp, stateWith } from "../testing/render-app";
import { fakeAddress, fakeTxid, WalletFake } from "../testing/wallet-fake";

describe("the overview", () => {
  it("keeps what is not confirmed apart from what is", async () => {
    const fake = WalletFake.withMoney();
    fake.balance = { confirmed: 100_000_000, incoming: 2, change: 30, immature: 400, frozen: 0 };
    await showApp(fake);
    expect(await find("balance-confirmed")).toHaveTextContent("1.00000000 BTC");
    expect(await find("balance-incoming")).toHaveAttribute("data-sats", "2");
    expect(await find("balance-change")).toHaveAttribute("data-sats", "30");
    expect(await find("balance-immature")).toHaveAttribute("data-sats", "400");
    expect(query("balance-frozen")).toBeNull();
  });

  it("asks again by itself and shows what has changed", async () => {
    pollFast();
    const fake = WalletFake.withMoney();
    await showApp(fake);
    expect(await find("wallet-height")).toHaveTextContent("203");
    fake.info = { ...fake.info, height: 204 };
    fake.balance = { ...fake.balance, confirmed: 5, incoming: 0 };
    await waitFor(async () => {
      expect(await find("wallet-height")).toHaveTextContent("204");
      expect(await find("balance-confirmed")).toHaveAttribute("data-sats", "5");
    });
  });

  it("warns until the wallet is backed up", async () => {
    pollFast();
    const fake = WalletFake.withMoney();
    fake.info = { ...fake.info, backedUp: false };
    const { mock } = await showApp(fake);
    expect(await find("backup-warning")).toBeVisible();
    fake.info = { ...fake.info, backedUp: true };
    await waitFor(() => expect(query("backup-warning")).toBeNull());
    expect(mock.callsOf("cmd_get_wallet_info").length).toBeGreaterThan(1);
  });

  it("does not call an unconfirmed payment received", async () => {
    const fake = WalletFake.withMoney();
    await showApp(fake);
    const rows = await screen.findAllByTestId("tx-row");
    expect(rows[0]).toHaveAttribute("data-state", "pending");
    expect(rows[0]).toHaveTextContent("Incoming");
    expect(rows[0]).not.toHaveTextContent("Received");
  });

  it("says when the figures may be old", async () => {
    pollFast();
    const fake = WalletFake.withMoney();
    const { mock } = await showApp(fake);
    await find("balance-confirmed");
    mock.handle({
      cmd_get_wallet_info: () => {
        throw new SallyportError({ code: "unavailable" });
      },
    });
    await waitFor(async () =>
      expect(await find("sync-state")).toHaveAttribute("data-state", "stale"),
    );
    expect(await find("balance-confirmed")).toBeVisible();
  });
});

describe("receiving", () => {
  it("copies the address, and marks it where that is refused", async () => {
    const fake = WalletFake.withMoney();
    const { user } = await showApp(fake);
    await user.click(await find("nav-receive"));
    await user.click(await find("receive-copy"));
    await waitFor(async () => expect(await find("receive-copy")).toHaveTextContent("Copied"));
    expect(fake.clipboard).toBe(fakeAddress(3));
    fake.clipboard = null;
    await user.click(await find("receive-copy"));
    await waitFor(async () => expect(await find("receive-copy")).toHaveTextContent("Press Ctrl+C"));
    expect(getSelection()?.toString().replace(/\s/g, "")).toBe(fakeAddress(3));
  });

  it("shows the newest unused address, its code, and how to get coins on regtest", async () => {
    const { user } = await showApp(WalletFake.withMoney());
    await user.click(await find("nav-receive"));
    expect(await find("receive-address")).toHaveTextContent(fakeAddress(3));
    expect(await find("receive-qr")).toHaveAttribute(
      "data-text",
      `BITCOIN:${fakeAddress(3).toUpperCase()}`,
    );
    expect(await find("faucet-command")).toHaveTextContent(`./dev faucet ${fakeAddress(3)}`);
  });

  it("asks for the first address of a fresh wallet by itself, once", async () => {
    const fake = new WalletFake();
    fake.wallets = ["savings"];
    fake.selected = "savings";
    const { mock, user } = await showApp(fake);
    await user.click(await find("nav-receive"));
    expect(await find("receive-address")).toHaveTextContent(fakeAddress(0));
    expect(mock.callsOf("cmd_generate_address")).toEqual([{}]);
  });

  it("makes a labelled address and shows it", async () => {
    const { mock, user } = await showApp(WalletFake.withMoney());
    await user.click(await find("nav-receive"));
    await user.type(await find("receive-label"), "Anna");
    await user.click(await find("receive-new"));
    await waitFor(async () =>
      expect(await find("receive-address")).toHaveTextContent(fakeAddress(4)),
    );
    expect(mock.callsOf("cmd_generate_address")).toEqual([{ label: "Anna" }]);
  });

  it("tells about the gap limit", async () => {
    const fake = WalletFake.withMoney();
    for (let i = 0; i < 19; i++) fake.addAddress({});
    const { user } = await showApp(fake);
    await user.click(await find("nav-receive"));
    await user.click(await find("receive-new"));
    expect(await find("receive-error")).toHaveTextContent("Enough unused addresses");
  });

  it("never shows a change address as one to be paid at", async () => {
    const fake = WalletFake.withMoney();
    fake.addresses.push({
      address: fakeAddress(77),
      path: "m/84'/1'/0'/1/0",
      index: 99,
      change: true,
      used: false,
      balance: 0,
    });
    const { user } = await showApp(fake);
    await user.click(await find("nav-receive"));
    expect(await find("receive-address")).not.toHaveTextContent(fakeAddress(77));
    const rows = screen.getAllByTestId("address-row");
    expect(rows.map((row) => row.dataset.address)).not.toContain(fakeAddress(77));
  });
});

describe("the history", () => {
  it("goes through the pages", async () => {
    const { user } = await showApp(WalletFake.withMoney(), stateWith({ screen: "history" }));
    expect(await screen.findAllByTestId("tx-row")).toHaveLength(20);
    await user.click(await find("history-next"));
    await user.click(await find("history-next"));
    await waitFor(() => expect(screen.getAllByTestId("tx-row")).toHaveLength(7));
    expect(await find("history-next")).toBeDisabled();
    await user.click(await find("history-previous"));
    await waitFor(() => expect(screen.getAllByTestId("tx-row")).toHaveLength(20));
  });

  it("finds payments by label, from the first page again", async () => {
    const { mock, user } = await showApp(
      WalletFake.withMoney(),
      stateWith({ screen: "history", history: { page: 3, filter: "" } }),
    );
    await user.type(await find("history-filter"), "anna");
    await waitFor(() =>
      expect(mock.callsOf("cmd_get_transaction_history")).toContainEqual({
        page: 1,
        limit: 20,
        filter: "anna",
      }),
    );
    await waitFor(() =>
      screen.getAllByTestId("tx-row").forEach((row) => expect(row).toHaveTextContent("Anna")),
    );
  });

  it("opens a row to show the rest of it", async () => {
    const { user } = await showApp(WalletFake.withMoney(), stateWith({ screen: "history" }));
    const toggle = (await screen.findAllByTestId("tx-toggle"))[1];
    if (toggle === undefined) throw new Error("no second row");
    await user.click(toggle);
    const details = within(await find("tx-details"));
    expect(details.getByTestId("tx-id")).toHaveTextContent(fakeTxid(1));
    expect(details.getByTestId("tx-fee")).toHaveAttribute("data-sats", "282");
  });
});

describe("the settings", () => {
  it("change how amounts are written, everywhere", async () => {
    const { user } = await showApp(WalletFake.withMoney(), stateWith({ screen: "settings" }));
    await user.click(await find("unit-sat"));
    await user.click(await find("nav-overview"));
    expect(await find("balance-confirmed")).toHaveTextContent("1,234,567,890 sat");
  });

  it("change the colours and keep the choice", async () => {
    const { mock, user } = await showApp(WalletFake.withMoney(), stateWith({ screen: "settings" }));
    await user.click(await find("theme-dark"));
    expect(document.documentElement).toHaveAttribute("data-mantine-color-scheme", "dark");
    await waitFor(() => expect(mock.savedState()).toMatchObject({ theme: "dark" }));
  });

  it("switch to another wallet and forget the payment that was typed", async () => {
    const fake = WalletFake.withMoney();
    fake.wallets = ["savings", "business"];
    const { user } = await showApp(
      fake,
      stateWith({
        screen: "settings",
        send: {
          form: {
            to: fakeAddress(9),
            amount: "1",
            unit: "btc",
            fee: "normal",
            customRate: "",
            subtractFee: false,
            label: "",
          },
          phase: { at: "form" },
        },
      }),
    );
    await user.click(await find("wallet-select-business"));
    await waitFor(() => expect(fake.selected).toBe("business"));
    await user.click(await find("nav-send"));
    expect(await find("send-to")).toHaveValue("");
  });

  it("change the passphrase in the prompt", async () => {
    const { mock, user } = await showApp(WalletFake.withMoney(), stateWith({ screen: "settings" }));
    await user.click(await find("settings-passphrase"));
    expect(await find("passphrase-changed")).toBeVisible();
    expect(mock.callsOf("cmd_set_passphrase")).toEqual([{}]);
  });
});
