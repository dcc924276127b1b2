import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { EMPTY_FORM, type SendForm } from "../../app/page-state";
import { checkForm, countdownText, parseRate } from "./send-model";

const ESTIMATES = { fast: 5, normal: 2, slow: 1 };
const ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
const FORM: SendForm = { ...EMPTY_FORM, to: ADDRESS, amount: "0.29" };

const check = (change: Partial<SendForm>) =>
  checkForm({ ...FORM, ...change }, "regtest", ESTIMATES);

describe("the payment form", () => {
  it("becomes the arguments of a draft", () => {
    expect(check({ label: " Rent ", fee: "fast", subtractFee: true })).toEqual({
      ok: true,
      args: {
        to: ADDRESS,
        amount: 29_000_000,
        feeRate: 5,
        subtractFee: true,
        stage: "draft",
        label: "Rent",
      },
    });
  });

  it("names every field that is wrong at once", () => {
    const checked = check({ to: "bc1qw508d6", amount: "1,5", fee: "custom", customRate: "0" });
    expect(checked.ok).toBe(false);
    if (!checked.ok) expect(Object.keys(checked.errors)).toEqual(["to", "amount", "customRate"]);
  });

  it("does not mind a bad custom rate that is not chosen", () => {
    expect(check({ customRate: "junk" }).ok).toBe(true);
  });
});

describe("a fee rate", () => {
  it.each([
    ["0.1", 0.1],
    ["1", 1],
    [" 2.125 ", 2.125],
    ["2000", 2000],
  ])("%j is read", (text, rate) => {
    expect(parseRate(text)).toBe(rate);
  });

  it.each(["", "0", "0.09", "2000.001", "2001", "1e3", "1,5", "-1", "0.0001"])(
    "%j is refused",
    (text) => {
      expect(parseRate(text)).toBeUndefined();
    },
  );

  it("is within its bounds whatever is typed", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const rate = parseRate(text);
        expect(rate === undefined || (rate >= 0.1 && rate <= 2000)).toBe(true);
      }),
    );
  });
});

describe("the countdown", () => {
  it("counts minutes and seconds, and never below nothing", () => {
    expect(countdownText(300)).toBe("5:00");
    expect(countdownText(61)).toBe("1:01");
    expect(countdownText(-5)).toBe("0:00");
  });
});
