// No wallet is active in this window yet: the only one is taken, several are offered.
import { Button, Loader } from "@mantine/core";
import { useEffect } from "react";

import { Centre } from "../app/centre";
import classes from "../app/centre.module.css";
import { useAction } from "../data/wallet";
import { selectWallet } from "../generated/commands";
import { ErrorNotice } from "../parts/error-notice";

export function ChooseScreen({ wallets }: { wallets: string[] }) {
  const { run, pending, error } = useAction(selectWallet);
  const only = wallets.length === 1 ? wallets[0] : undefined;
  useEffect(() => {
    if (only !== undefined) run({ id: only });
  }, [only, run]);
  return (
    <Centre>
      <div>
        <h1>Choose a wallet</h1>
        <p className={classes.lead}>This window shows one wallet at a time.</p>
      </div>
      <ErrorNotice error={error} action="select" testId="choose-error" />
      {pending && <Loader type="dots" aria-label="Opening" />}
      <div className={classes.stack}>
        {wallets.map((id) => (
          <Button
            key={id}
            variant="default"
            size="md"
            justify="flex-start"
            disabled={pending}
            data-testid={`choose-${id}`}
            onClick={() => run({ id })}
          >
            {id}
          </Button>
        ))}
      </div>
    </Centre>
  );
}
