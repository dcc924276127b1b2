import { describe, expect, it } from "vitest";

import { fromBase64, largeBytes, toCall, toJson } from "./json";

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

describe("large bytes beside a call", () => {
  const MEBIBYTE = 1024 * 1024;

  it("keeps in the text what fits and names the rest by index, Blobs always", () => {
    const large = new Uint8Array(MEBIBYTE).fill(7);
    const { json, up } = toCall({
      small: Uint8Array.of(1),
      large,
      blob: new Blob([Uint8Array.of(2)]),
      list: [large.subarray(0, 300 * 1024), large.subarray(0, 100 * 1024)],
    });
    const fields = JSON.parse(json) as Record<string, unknown>;
    expect(fields.small).toBe("AQ==");
    expect([fields.large, fields.blob]).toEqual([0, 1]);
    expect(fields.list).toEqual([expect.any(String), 2]);
    expect(up.map(({ size }) => size)).toEqual([MEBIBYTE, 1, 100 * 1024]);
    expect(json.length).toBeLessThan(512 * 1024);
  });

  it("leaves the room to the other fields where they need it", () => {
    const { json, up } = toCall({
      text: "\u20ac".repeat(100 * 1024),
      bytes: new Uint8Array(200 * 1024),
    });
    expect(up.map(({ size }) => size)).toEqual([200 * 1024]);
    expect(new TextEncoder().encode(json).length).toBeLessThan(512 * 1024);
  });

  it("reads a field by its text or by its index, and throws for bytes that did not come", () => {
    const bytes = [Uint8Array.of(1), Uint8Array.of(2)];
    expect(largeBytes("AP8Q", bytes)).toEqual(Uint8Array.of(0, 255, 16));
    expect(largeBytes(1, bytes)).toBe(bytes[1]);
    expect(() => largeBytes(2, bytes)).toThrow("did not come");
  });
});
