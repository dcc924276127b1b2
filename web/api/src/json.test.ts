import { describe, expect, it } from "vitest";

import { fromBase64, toJson } from "./json";

describe("what goes to the broker", () => {
  it("writes bytes as base64 in any field, and integers past 2^53 as texts", () => {
    const value = {
      empty: new Uint8Array(),
      list: [Uint8Array.of(0, 255, 16), { deep: Uint8Array.of(1) }],
      big: 9007199254740993n,
      view: Uint8Array.of(9, 0, 255, 9).subarray(1, 3),
    };
    expect(JSON.parse(toJson(value))).toEqual({
      empty: "",
      list: ["AP8Q", { deep: "AQ==" }],
      big: "9007199254740993",
      view: "AP8=",
    });
  });

  it("reads back each byte, in pieces that are longer than a function takes arguments", () => {
    const bytes = Uint8Array.from({ length: 300_001 }, (_, index) => (index * 7) % 256);
    const text = JSON.parse(toJson(bytes)) as string;
    expect(fromBase64(text)).toEqual(bytes);
  });

  it("throws for what is no base64", () => {
    expect(() => fromBase64("A")).toThrow();
  });
});
