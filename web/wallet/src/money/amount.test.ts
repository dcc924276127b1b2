import fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  amountInput,
  exceedsPercent,
  formatAmount,
  MAX_SATS,
  parseAmount,
  percentText,
  type Unit,
} from "./amount";

const sats = fc.integer({ min: 1, max: MAX_SATS });
const unit = fc.constantFrom<Unit>("btc", "sat");

describe("amounts", () => {
  it("are written with all eight decimals and grouped thousands", () => {
    expect(formatAmount(0, "btc")).toBe("0.00000000");
    expect(formatAmount(1, "btc")).toBe("0.00000001");
    expect(formatAmount(123_456_789_012, "btc")).toBe("1,234.56789012");
    expect(formatAmount(-150_000_000, "btc")).toBe("−1.50000000");
    expect(formatAmount(1_234_567, "sat")).toBe("1,234,567");
    expect(formatAmount(MAX_SATS, "btc")).toBe("21,000,000.00000000");
  });

  it("are refused when they are not whole satoshis", () => {
    expect(() => formatAmount(0.5, "sat")).toThrow(RangeError);
    expect(() => formatAmount(2 ** 53, "btc")).toThrow(RangeError);
  });

  it("that floating point gets wrong are read exactly", () => {
    // 0.29 * 1e8 is 28999999.999999996, 8.2 * 1e8 is 819999999.9999999
    expect(parseAmount("0.29", "btc")).toEqual({ ok: true, sats: 29_000_000 });
    expect(parseAmount("8.2", "btc")).toEqual({ ok: true, sats: 820_000_000 });
    expect(parseAmount("20999999.99999999", "btc")).toEqual({ ok: true, sats: MAX_SATS - 1 });
  });

  it("come back from the text of a field as they went in", () => {
    fc.assert(
      fc.property(sats, unit, (amount, u) => {
        expect(parseAmount(amountInput(amount, u), u)).toEqual({ ok: true, sats: amount });
      }),
    );
  });

  it("are the same digits in both units", () => {
    fc.assert(
      fc.property(sats, (amount) => {
        const digits = (text: string) => text.replace(/\D/g, "").replace(/^0+/, "");
        expect(digits(formatAmount(amount, "btc"))).toBe(digits(formatAmount(amount, "sat")));
      }),
    );
  });

  it("keep their order when they are padded and compared as text", () => {
    fc.assert(
      fc.property(sats, sats, (a, b) => {
        const key = (n: number) => formatAmount(n, "btc").replaceAll(",", "").padStart(20, "0");
        expect(key(a) < key(b)).toBe(a < b);
      }),
    );
  });

  it.each([
    ["", "btc"],
    [".", "btc"],
    ["1,5", "btc"],
    ["1e3", "btc"],
    ["-1", "btc"],
    ["+1", "btc"],
    ["0x10", "sat"],
    ["NaN", "btc"],
    ["٣", "sat"],
    ["1.2.3", "btc"],
    ["0.000000001", "btc"],
    ["1.5", "sat"],
    ["1.", "sat"],
    ["0", "btc"],
    ["0.00000000", "btc"],
    ["21000000.00000001", "btc"],
    ["99999999999999999999999", "sat"],
  ] as const)("are refused when typed as %j in %s", (text, u) => {
    expect(parseAmount(text, u).ok).toBe(false);
  });

  it("never read arbitrary text as anything but what its digits say", () => {
    fc.assert(
      fc.property(fc.string(), unit, (text, u) => {
        const parsed = parseAmount(text, u);
        if (parsed.ok) {
          expect(Number.isSafeInteger(parsed.sats)).toBe(true);
          expect(parsed.sats).toBeGreaterThan(0);
          expect(text.replace(/\s/g, "")).toMatch(/^\d*\.?\d*$/);
        }
      }),
    );
  });

  it("accept spaces between groups, as people paste them", () => {
    expect(parseAmount(" 1 000 000 ", "sat")).toEqual({ ok: true, sats: 1_000_000 });
    expect(parseAmount(".5", "btc")).toEqual({ ok: true, sats: 50_000_000 });
  });
});

describe("shares", () => {
  it("are compared without rounding", () => {
    expect(exceedsPercent(25, 100, 25)).toBe(false);
    expect(exceedsPercent(26, 100, 25)).toBe(true);
    expect(exceedsPercent(MAX_SATS, MAX_SATS, 99)).toBe(true);
  });

  it("are rounded up, so that a fee never looks smaller than it is", () => {
    expect(percentText(141, 1_000_000)).toBe("0.02 %");
    expect(percentText(1, MAX_SATS)).toBe("0.01 %");
    expect(percentText(25, 100)).toBe("25.00 %");
    expect(percentText(5, 0)).toBe("");
  });
});
