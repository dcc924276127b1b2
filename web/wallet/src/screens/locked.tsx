// The locked wallet: nothing of it is shown but its name.
import { Button } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";

import { Centre } from "../app/centre";
import classes from "../app/centre.module.css";
import { useAction } from "../data/wallet";
import { unlockWallet, type WalletInfo } from "../generated/commands";
import { ErrorNotice } from "../parts/error-notice";
import { NetworkBadge } from "../parts/network-badge";
import { PromptWait } from "../parts/prompt-wait";

export function LockedScreen({ info }: { info: WalletInfo | undefined }) {
  const unlock = useAction(unlockWallet);
  return (
    <Centre>
      <div data-testid="locked">
        {info !== undefined && <NetworkBadge network={info.network} />}
        <h1>{info === undefined ? "Locked" : `${info.name} is locked`}</h1>
        <p className={classes.lead}>
          Your passphrase is typed into a separate, trusted window. This page never sees it; never
          type it anywhere in here.
        </p>
      </div>
      <ErrorNotice error={unlock.error} action="unlock" testId="unlock-error" />
      {unlock.pending ? (
        <PromptWait
          title="Type your passphrase in the trusted window"
          onCancel={unlock.cancel}
          testId="unlock-waiting"
        >
          Checking it takes a moment on purpose: that makes guessing slow.
        </PromptWait>
      ) : (
        <div className={classes.buttons}>
          <Button
            size="md"
            leftSection={<IconLock size={18} />}
            data-testid="unlock-submit"
            onClick={() => unlock.run({})}
          >
            Unlock
          </Button>
        </div>
      )}
    </Centre>
  );
}
