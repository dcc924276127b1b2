import { ERROR_CODES, SallyportError } from "@sallyport/api";
import { describe, expect, it } from "vitest";

import { type Action, describeError } from "./errors";

const ACTIONS: Action[] = [
  "read",
  "create",
  "select",
  "unlock",
  "passphrase",
  "address",
  "draft",
  "commit",
];

describe("describeError", () => {
  it.each(ERROR_CODES)("has words for %s in every situation", (code) => {
    for (const action of ACTIONS) {
      const { title, text } = describeError(new SallyportError({ code }), action);
      expect(title).not.toBe("");
      expect(text).toMatch(/\.$/);
    }
  });

  it("says after an unclear commit that the history comes first", () => {
    for (const code of ["deadline", "unavailable", "disconnected", "internal"] as const) {
      expect(describeError(new SallyportError({ code }), "commit").text).toContain("history");
    }
  });
});
