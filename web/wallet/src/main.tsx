// Starts the wallet page: reads what was saved before a crash, then draws.
import { loadState } from "@sallyport/api";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "./app/styles";
import { App } from "./app/app";
import { INITIAL_STATE, readPageState } from "./app/page-state";

async function start(): Promise<void> {
  if (import.meta.env.DEV && globalThis.__SALLYPORT__ === undefined) {
    // In a plain browser, for the people who work on this page.
    await import("./testing/install-fake");
  }
  const saved = await loadState(readPageState).catch(() => undefined);
  const root = document.getElementById("root");
  if (root === null) throw new Error("index.html has no #root");
  createRoot(root).render(
    <StrictMode>
      <App initial={saved ?? INITIAL_STATE} />
    </StrictMode>,
  );
}

void start();
