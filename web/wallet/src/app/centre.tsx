// A single card in the middle of the window, for the states before the wallet is open.
import type { ReactNode } from "react";

import { Mark } from "../parts/mark";
import classes from "./centre.module.css";

export function Centre({ children }: { children: ReactNode }) {
  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <div className={classes.brand}>
          <Mark />
          <span>Sallyport Wallet</span>
        </div>
        <div className={classes.card}>{children}</div>
      </div>
    </main>
  );
}
