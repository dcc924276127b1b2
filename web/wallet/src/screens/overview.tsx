// What the wallet holds, and what happened last. Only confirmed money counts as held.
import { Button } from "@mantine/core";
import { IconArrowDownLeft, IconArrowUpRight } from "@tabler/icons-react";

import { usePageState } from "../app/use-page-state";
import { useBalance, useHistory } from "../data/wallet";
import type { Balance, WalletInfo } from "../generated/commands";
import type { Unit } from "../money/amount";
import { Amount } from "../parts/amount";
import { ErrorNotice } from "../parts/error-notice";
import { Notice } from "../parts/notice";
import { Screen, Section } from "../parts/screen";
import { TxTable } from "../parts/tx-table";
import classes from "./overview.module.css";

const RECENT = 5;

function Parts({ balance, unit }: { balance: Balance; unit: Unit }) {
  const parts = [
    { key: "incoming", name: "Incoming", note: "on its way, not received yet" },
    { key: "change", name: "Own change", note: "of a payment not in a block yet" },
    { key: "immature", name: "Immature", note: "mined, spendable after 100 blocks" },
    ...(balance.frozen > 0
      ? [{ key: "frozen", name: "Frozen", note: "set aside by you" } as const]
      : []),
  ] as const;
  return (
    <dl className={classes.parts}>
      {parts.map(({ key, name, note }) => (
        <div key={key}>
          <dt>
            {name}
            <span className={classes.note}>{note}</span>
          </dt>
          <dd>
            <Amount
              sats={balance[key]}
              unit={unit}
              testId={`balance-${key}`}
              {...(balance[key] === 0 && { tone: "dimmed" as const })}
            />
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function OverviewScreen({ info }: { info: WalletInfo }) {
  const { state, update } = usePageState();
  const balance = useBalance();
  const recent = useHistory(1, "", RECENT);
  return (
    <Screen title="Overview">
      {!info.backedUp && (
        <Notice tone="warn" title="This wallet is not backed up" testId="backup-warning">
          If this computer breaks, its coins are gone. Write down the recovery words: run{" "}
          <code className="mono">sallyport wallet seed show</code> in a terminal.
        </Notice>
      )}
      <Section>
        <p className={classes.caption}>Spendable balance</p>
        {balance.data === undefined ? (
          <p className={classes.placeholder} aria-busy={balance.isPending}>
            {balance.error === null ? "…" : "Not known"}
          </p>
        ) : (
          <Amount
            sats={balance.data.confirmed}
            unit={state.unit}
            size="hero"
            testId="balance-confirmed"
          />
        )}
        <div className={classes.actions}>
          <Button
            leftSection={<IconArrowDownLeft size={18} />}
            data-testid="overview-receive"
            onClick={() => void update({ screen: "receive" })}
          >
            Receive
          </Button>
          <Button
            variant="default"
            leftSection={<IconArrowUpRight size={18} />}
            data-testid="overview-send"
            onClick={() => void update({ screen: "send" })}
          >
            Send
          </Button>
        </div>
        {balance.data !== undefined && <Parts balance={balance.data} unit={state.unit} />}
      </Section>
      <ErrorNotice error={balance.error} />
      <Section title="Recent activity">
        {recent.data === undefined ? (
          <ErrorNotice error={recent.error} />
        ) : recent.data.length === 0 ? (
          <p className={classes.empty} data-testid="recent-empty">
            Nothing yet. Payments show up here as soon as the network has seen them.
          </p>
        ) : (
          <>
            <TxTable txs={recent.data} unit={state.unit} caption="Recent activity" />
            <Button
              variant="subtle"
              size="compact-sm"
              mt="sm"
              data-testid="overview-history"
              onClick={() => void update({ screen: "history" })}
            >
              All payments
            </Button>
          </>
        )}
      </Section>
    </Screen>
  );
}
