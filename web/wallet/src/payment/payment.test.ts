import { describe, expect, it } from "vitest";

import { addressGroups, addressProblem, shortId } from "./address";
import { parsePaymentUri, qrText } from "./payment-uri";

const REGTEST = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

describe("an address", () => {
  it("of the wallet's network passes the first look", () => {
    expect(addressProblem(REGTEST, "regtest")).toBeUndefined();
    expect(addressProblem(REGTEST.toUpperCase(), "regtest")).toBeUndefined();
    expect(addressProblem("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "signet")).toBeUndefined();
    expect(addressProblem("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "regtest")).toBeUndefined();
  });

  it("of another network is named as such", () => {
    expect(addressProblem("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "regtest")).toBe(
      "This is an address of Mainnet; this wallet is on Regtest.",
    );
    expect(addressProblem(REGTEST, "mainnet")).toContain("Regtest");
  });

  it("that is none is refused with a reason", () => {
    expect(addressProblem("", "regtest")).toBe("Enter an address.");
    expect(addressProblem("bcrt1q w508", "regtest")).toContain("letters and digits");
    expect(addressProblem("bcrt1q", "regtest")).toContain("too short");
    expect(addressProblem("hello", "regtest")).toContain("bcrt1");
  });

  it("in groups is still the same address", () => {
    expect(addressGroups(REGTEST).join("")).toBe(REGTEST);
    expect(shortId(REGTEST)).toBe("bcrt1qw5…7kygt080");
    expect(shortId("short")).toBe("short");
  });
});

describe("a payment link", () => {
  it("gives address, amount and label", () => {
    expect(parsePaymentUri(`bitcoin:${REGTEST}?amount=0.29&label=Rent%20May`)).toEqual({
      address: REGTEST,
      sats: 29_000_000,
      label: "Rent May",
    });
  });

  it("in capitals gives the address in its usual spelling", () => {
    expect(parsePaymentUri(qrText(REGTEST))).toEqual({ address: REGTEST });
  });

  it("with an amount that cannot be, or a demand that we do not know, is not read", () => {
    expect(parsePaymentUri(`bitcoin:${REGTEST}?amount=1e9`)).toBeUndefined();
    expect(parsePaymentUri(`bitcoin:${REGTEST}?req-pj=1`)).toBeUndefined();
    expect(parsePaymentUri(REGTEST)).toBeUndefined();
    expect(parsePaymentUri("javascript:alert(1)")).toBeUndefined();
  });
});
