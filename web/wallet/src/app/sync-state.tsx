// How fresh the figures are: the block the wallet knows, and whether the server answers.
import type { SallyportError } from "@sallyport/api";

import type { WalletInfo } from "../generated/commands";
import classes from "./sync-state.module.css";

export function SyncState({ info, error }: { info: WalletInfo; error: SallyportError | null }) {
  const state = error !== null ? "stale" : info.synced ? "synced" : "syncing";
  const words = {
    stale: "Not up to date",
    synced: "Up to date",
    syncing: info.height === 0 ? "Connecting" : "Catching up",
  };
  return (
    <div className={classes.sync} role="status" data-testid="sync-state" data-state={state}>
      <span className={classes.dot} aria-hidden />
      <span>
        <span className={classes.words}>{words[state]}</span>
        <span className={classes.height}>
          Block{" "}
          <span className="tabular" data-testid="wallet-height">
            {info.height}
          </span>
        </span>
      </span>
    </div>
  );
}
