import { defineProject } from "vitest/config";

export default defineProject({
  test: { name: "wallet", environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
