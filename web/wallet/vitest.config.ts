import { defineProject } from "vitest/config";

export default defineProject({
  test: {
    name: "wallet",
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    // Generous, for a machine that builds everything else at the same time.
    testTimeout: 60_000,
    setupFiles: ["src/testing/setup.ts"],
  },
});
