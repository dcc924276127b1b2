import { screen, waitFor } from "@testing-library/react";
import { SallyportError } from "@sallyport/api";
import { describe, expect, it } from "vitest";

import { find, pollFast, query, showApp } from "../testing/render-app";
import { WalletFake } from "../testing/wallet-fake";

function never(): Promise<void> {
  return new Promise(() => undefined);
}

describe("a new user", () => {
  it("makes a wallet on regtest with 12 words by default, and lands in it", async () => {
    const fake = new WalletFake();
    const { mock, user } = await showApp(fake);
    await user.type(await find("create-name"), "  Rainy days ");
    await user.click(await find("create-submit"));
    expect(await find("wallet-name")).toHaveTextContent("Rainy days");
    expect(mock.callsOf("cmd_create_wallet")).toEqual([
      { name: "Rainy days", network: "regtest", scriptType: "p2wpkh", words: 12 },
    ]);
    expect(mock.callsOf("cmd_select_wallet")).toEqual([{ id: "Rainy days" }]);
    expect(await find("network-badge")).toHaveAttribute("data-network", "regtest");
  });

  it("chooses network and number of words", async () => {
    const { mock, user } = await showApp(new WalletFake());
    await user.type(await find("create-name"), "A");
    await user.click(await find("create-network-signet"));
    await user.click(await find("create-words-24"));
    await user.click(await find("create-submit"));
    await find("wallet-name");
    expect(mock.callsOf("cmd_create_wallet")).toMatchObject([{ network: "signet", words: 24 }]);
  });

  it("is asked for a name before the prompt opens", async () => {
    const { mock, user } = await showApp(new WalletFake());
    await user.click(await find("create-submit"));
    expect(screen.getByText("Give the wallet a name.")).toBeVisible();
    expect(mock.callsOf("cmd_create_wallet")).toEqual([]);
  });

  it("sees that the prompt is waiting, and can call it off", async () => {
    const fake = new WalletFake();
    fake.prompt = never;
    const { user } = await showApp(fake);
    await user.type(await find("create-name"), "A");
    await user.click(await find("create-submit"));
    expect(await find("create-waiting")).toBeVisible();
    await user.click(await find("prompt-cancel"));
    expect(await find("create-name")).toHaveValue("A");
    expect(query("create-error")).toBeNull();
  });

  it("who says no in the prompt is told that it is not finished", async () => {
    const fake = new WalletFake();
    fake.prompt = () => Promise.reject(new SallyportError({ code: "declined" }));
    const { user } = await showApp(fake);
    await user.type(await find("create-name"), "A");
    await user.click(await find("create-submit"));
    expect(await find("create-error")).toHaveTextContent("Not finished");
    expect(await find("error-code")).toHaveTextContent("declined");
  });
});

describe("a window without an active wallet", () => {
  it("opens the only one by itself", async () => {
    const fake = WalletFake.withMoney();
    fake.selected = "";
    await showApp(fake);
    expect(await find("balance-confirmed")).toBeVisible();
  });

  it("offers several, and opens none by itself", async () => {
    const fake = WalletFake.withMoney();
    fake.selected = "";
    fake.wallets = ["savings", "business"];
    const { mock, user } = await showApp(fake);
    const second = await find("choose-business");
    expect(mock.callsOf("cmd_select_wallet")).toEqual([]);
    await user.click(second);
    await find("balance-confirmed");
    expect(mock.callsOf("cmd_select_wallet")).toEqual([{ id: "business" }]);
  });
});

describe("a locked wallet", () => {
  it("shows nothing of itself but its name, and opens by the prompt", async () => {
    const fake = WalletFake.withMoney();
    fake.locked = true;
    const { mock, user } = await showApp(fake);
    expect(await find("locked")).toHaveTextContent("Savings is locked");
    expect(query("balance-confirmed")).toBeNull();
    expect(mock.callsOf("cmd_get_balance")).toEqual([]);
    await user.click(await find("unlock-submit"));
    expect(await find("balance-confirmed")).toHaveAttribute("data-sats", "1234567890");
    expect(mock.callsOf("cmd_unlock_wallet")).toEqual([{}]);
  });

  it("stays locked after a wrong passphrase, and says so", async () => {
    const fake = WalletFake.withMoney();
    fake.locked = true;
    fake.prompt = () =>
      Promise.reject(
        new SallyportError({ code: "declined", message: "That was not the passphrase." }),
      );
    const { user } = await showApp(fake);
    await user.click(await find("unlock-submit"));
    expect(await find("unlock-error")).toHaveTextContent("Still locked");
    expect(await find("error-message")).toHaveTextContent("That was not the passphrase.");
    expect(await find("unlock-submit")).toBeEnabled();
  });

  it("is locked by hand with ttl 0", async () => {
    const { mock, user } = await showApp(WalletFake.withMoney());
    await user.click(await find("lock-now"));
    expect(await find("locked")).toBeVisible();
    expect(mock.callsOf("cmd_unlock_wallet")).toEqual([{ ttl: 0 }]);
  });

  it("is shown as locked also when only the error says so", async () => {
    pollFast();
    const fake = WalletFake.withMoney();
    const { mock } = await showApp(fake);
    await find("balance-confirmed");
    mock.handle({
      cmd_get_wallet_info: () => {
        throw new SallyportError({ code: "locked" });
      },
    });
    await waitFor(() => expect(query("locked")).not.toBeNull());
    expect(query("balance-confirmed")).toBeNull();
  });
});

describe("trouble", () => {
  it("of our own is shown with its incident", async () => {
    const fake = WalletFake.withMoney();
    const { mock, user } = await showApp(fake);
    await find("balance-confirmed");
    mock.handle({
      cmd_get_addresses: () => {
        throw new SallyportError({ code: "internal", incident: "a1b2-7" });
      },
    });
    await user.click(await find("nav-receive"));
    expect(await find("error-code")).toHaveTextContent("internal");
    expect(await find("error-incident")).toHaveTextContent("a1b2-7");
  });

  it("at the start is shown with a way to try again", async () => {
    const fake = WalletFake.withMoney();
    const handlers = fake.handlers();
    fake.handlers = () => ({
      ...handlers,
      cmd_list_wallets: () => {
        throw new SallyportError({ code: "denied" });
      },
    });
    const { mock, user } = await showApp(fake);
    expect(await find("error-code")).toHaveTextContent("denied");
    mock.handle({ cmd_list_wallets: () => ["savings"] });
    await user.click(await find("retry"));
    expect(await find("balance-confirmed")).toBeVisible();
  });
});
