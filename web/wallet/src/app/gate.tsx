// Decides what to show: no wallet yet, none chosen, locked, or the wallet itself.
import { Button, Loader } from "@mantine/core";
import type { SallyportError } from "@sallyport/api";

import { useWalletInfo, useWallets } from "../data/wallet";
import { ErrorNotice } from "../parts/error-notice";
import { ChooseScreen } from "../screens/choose";
import { LockedScreen } from "../screens/locked";
import { WelcomeScreen } from "../screens/welcome";
import { Centre } from "./centre";
import { Shell } from "./shell";

function Trouble({ error, retry }: { error: SallyportError; retry: () => void }) {
  return (
    <Centre>
      <ErrorNotice error={error} />
      <Button variant="default" onClick={retry} data-testid="retry">
        Try again
      </Button>
    </Centre>
  );
}

function Waiting() {
  return (
    <Centre>
      <div role="status" data-testid="loading">
        <Loader type="dots" aria-label="Loading" />
      </div>
    </Centre>
  );
}

export function Gate() {
  const wallets = useWallets();
  const some = wallets.data !== undefined && wallets.data.length > 0;
  const info = useWalletInfo(some);

  if (wallets.data === undefined) {
    if (wallets.error?.code === "locked") return <LockedScreen info={undefined} />;
    if (wallets.error !== null) {
      return <Trouble error={wallets.error} retry={() => void wallets.refetch()} />;
    }
    return <Waiting />;
  }
  if (!some) return <WelcomeScreen />;
  // The last error counts, even when an older answer is still there.
  if (info.error?.code === "not-found") return <ChooseScreen wallets={wallets.data} />;
  if (info.error?.code === "locked") return <LockedScreen info={info.data} />;
  if (info.data === undefined) {
    if (info.error !== null) {
      return <Trouble error={info.error} retry={() => void info.refetch()} />;
    }
    return <Waiting />;
  }
  if (info.data.locked) return <LockedScreen info={info.data} />;
  return <Shell info={info.data} error={info.error} />;
}
