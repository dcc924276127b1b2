// What jsdom lacks and the component library asks for, and a clean page after each test.
import "@testing-library/jest-dom/vitest";

import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

import { POLL_MS } from "../data/wallet";

class NoResizing {
  observe() {
    /* nothing has a size here */
  }
  unobserve() {
    /* nothing was observed */
  }
  disconnect() {
    /* nothing was observed */
  }
}

vi.stubGlobal("ResizeObserver", NoResizing);
Object.defineProperty(window, "matchMedia", {
  value: (query: string) => ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }),
});

const EVERY_SECOND = { ...POLL_MS };
configure({ asyncUtilTimeout: 15_000 });
afterEach(() => {
  cleanup();
  Object.assign(POLL_MS, EVERY_SECOND);
});
