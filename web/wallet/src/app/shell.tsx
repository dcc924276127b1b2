// The open wallet: who and where on the left (or above and below on a narrow window), the screen beside it.
import { ActionIcon } from "@mantine/core";
import type { SallyportError } from "@sallyport/api";
import {
  IconArrowDownLeft,
  IconArrowUpRight,
  IconHistory,
  IconLayoutDashboard,
  IconLock,
  IconSettings,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

import { useAction } from "../data/wallet";
import { unlockWallet, type WalletInfo } from "../generated/commands";
import { ErrorNotice } from "../parts/error-notice";
import { Mark } from "../parts/mark";
import { NetworkBadge } from "../parts/network-badge";
import { HistoryScreen } from "../screens/history";
import { OverviewScreen } from "../screens/overview";
import { ReceiveScreen } from "../screens/receive";
import { CommitProvider } from "../screens/send/commit-provider";
import { SendScreen } from "../screens/send/send";
import { SettingsScreen } from "../screens/settings";
import { WelcomeScreen } from "../screens/welcome";
import type { Screen } from "./page-state";
import classes from "./shell.module.css";
import { SyncState } from "./sync-state";
import { usePageState } from "./use-page-state";

const NAVIGATION = [
  { screen: "overview", name: "Overview", Icon: IconLayoutDashboard },
  { screen: "receive", name: "Receive", Icon: IconArrowDownLeft },
  { screen: "send", name: "Send", Icon: IconArrowUpRight },
  { screen: "history", name: "History", Icon: IconHistory },
  { screen: "settings", name: "Settings", Icon: IconSettings },
] as const;

const SCREENS: Record<Exclude<Screen, "create">, ComponentType<{ info: WalletInfo }>> = {
  overview: OverviewScreen,
  receive: ReceiveScreen,
  send: SendScreen,
  history: HistoryScreen,
  settings: SettingsScreen,
};

export function Shell({ info, error }: { info: WalletInfo; error: SallyportError | null }) {
  const { state, update } = usePageState();
  const lock = useAction(unlockWallet);
  if (state.screen === "create")
    return <WelcomeScreen onLeave={() => void update({ screen: "settings" })} />;
  const Current = SCREENS[state.screen];
  return (
    // Another wallet is another set of screens: nothing of the old one may stay on display.
    <CommitProvider key={info.id}>
      <div className={classes.shell} data-network={info.network}>
        <header className={classes.brand}>
          <div className={classes.product}>
            <Mark />
            <span>Sallyport</span>
          </div>
          <div className={classes.wallet}>
            <span className={classes.name} data-testid="wallet-name">
              {info.name}
            </span>
            <NetworkBadge network={info.network} />
          </div>
        </header>
        <nav className={classes.nav} aria-label="Wallet">
          {NAVIGATION.map(({ screen, name, Icon }) => (
            <button
              key={screen}
              type="button"
              className={classes.link}
              aria-current={state.screen === screen ? "page" : undefined}
              data-testid={`nav-${screen}`}
              onClick={() => void update({ screen })}
            >
              <Icon size={20} stroke={1.7} aria-hidden />
              <span>{name}</span>
            </button>
          ))}
        </nav>
        <footer className={classes.status}>
          <SyncState info={info} error={error} />
          <ActionIcon
            variant="default"
            size="lg"
            aria-label="Lock the wallet now"
            title="Lock now"
            data-testid="lock-now"
            loading={lock.pending}
            onClick={() => lock.run({ ttl: 0 })}
          >
            <IconLock size={18} stroke={1.7} />
          </ActionIcon>
        </footer>
        <main className={classes.main} tabIndex={-1}>
          {lock.error !== undefined && (
            <div className={classes.banner}>
              <ErrorNotice error={lock.error} />
            </div>
          )}
          <Current key={state.screen} info={info} />
        </main>
      </div>
    </CommitProvider>
  );
}
