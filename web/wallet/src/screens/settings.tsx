// Locking, the passphrase, the wallets on this computer, and how things look.
import { Button, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { IconKey, IconLock, IconPlus } from "@tabler/icons-react";

import { EMPTY_FORM, type Theme } from "../app/page-state";
import { usePageState } from "../app/use-page-state";
import { useAction, useWallets } from "../data/wallet";
import { selectWallet, setPassphrase, unlockWallet, type WalletInfo } from "../generated/commands";
import type { Unit } from "../money/amount";
import { ErrorNotice } from "../parts/error-notice";
import { NetworkBadge } from "../parts/network-badge";
import { Notice } from "../parts/notice";
import { PromptWait } from "../parts/prompt-wait";
import { Fact, Facts, Screen, Section } from "../parts/screen";
import { useState } from "react";
import classes from "./settings.module.css";

const SCRIPTS = { p2wpkh: "Native segwit (P2WPKH)", p2tr: "Taproot (P2TR)" };

function Security() {
  const [changed, setChanged] = useState(false);
  const lock = useAction(unlockWallet);
  const passphrase = useAction(setPassphrase, { onDone: () => setChanged(true) });
  return (
    <Section title="Security">
      <div className={classes.stack}>
        <div className={classes.buttons}>
          <Button
            variant="default"
            leftSection={<IconLock size={16} />}
            loading={lock.pending}
            data-testid="settings-lock"
            onClick={() => lock.run({ ttl: 0 })}
          >
            Lock now
          </Button>
          <Button
            variant="default"
            leftSection={<IconKey size={16} />}
            disabled={passphrase.pending}
            data-testid="settings-passphrase"
            onClick={() => {
              setChanged(false);
              passphrase.run({});
            }}
          >
            Change passphrase
          </Button>
        </div>
        {passphrase.pending && (
          <PromptWait
            title="Go on in the trusted window"
            onCancel={passphrase.cancel}
            testId="passphrase-waiting"
          >
            Type the old passphrase and the new one there.
          </PromptWait>
        )}
        {changed && (
          <Notice tone="good" title="The passphrase is changed" testId="passphrase-changed" />
        )}
        <ErrorNotice error={lock.error} action="unlock" />
        <ErrorNotice error={passphrase.error} action="passphrase" testId="passphrase-error" />
      </div>
    </Section>
  );
}

function Wallets({ info }: { info: WalletInfo }) {
  const { update } = usePageState();
  const { data = [], error } = useWallets();
  const select = useAction(selectWallet, {
    // What was typed for one wallet is not meant for another.
    onDone: () =>
      void update({
        send: { form: EMPTY_FORM, phase: { at: "form" } },
        history: { page: 1, filter: "" },
      }),
  });
  return (
    <Section title="Wallets">
      <div className={classes.stack}>
        <ul className={classes.wallets}>
          {data.map((id) => (
            <li key={id} data-testid="wallet-row" data-wallet={id} data-active={id === info.id}>
              <span className={classes.id}>{id === info.id ? info.name : id}</span>
              {id === info.id ? (
                <span className={classes.open}>Active</span>
              ) : (
                <Button
                  variant="default"
                  size="compact-sm"
                  disabled={select.pending}
                  data-testid={`wallet-select-${id}`}
                  onClick={() => select.run({ id })}
                >
                  Open
                </Button>
              )}
            </li>
          ))}
        </ul>
        <ErrorNotice error={select.error ?? error} action="select" />
        <div>
          <Button
            variant="default"
            leftSection={<IconPlus size={16} />}
            data-testid="settings-create"
            onClick={() => void update({ screen: "create" })}
          >
            New wallet
          </Button>
        </div>
      </div>
    </Section>
  );
}

function Display() {
  const { state, update } = usePageState();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const option = (name: string, value: string, words: string) => ({
    value,
    label: <span data-testid={`${name}-${value}`}>{words}</span>,
  });
  return (
    <Section title="Display">
      <div className={classes.controls}>
        <span id="theme-label">Appearance</span>
        <SegmentedControl
          aria-labelledby="theme-label"
          value={colorScheme}
          onChange={(value) => setColorScheme(value as Theme)}
          data-testid="settings-theme"
          data={[
            option("theme", "auto", "As the system"),
            option("theme", "light", "Light"),
            option("theme", "dark", "Dark"),
          ]}
        />
        <span id="unit-label">Amounts in</span>
        <SegmentedControl
          aria-labelledby="unit-label"
          value={state.unit}
          onChange={(value) => void update({ unit: value as Unit })}
          data-testid="settings-unit"
          data={[option("unit", "btc", "BTC"), option("unit", "sat", "sat")]}
        />
      </div>
    </Section>
  );
}

export function SettingsScreen({ info }: { info: WalletInfo }) {
  return (
    <Screen title="Settings">
      <Security />
      <Wallets info={info} />
      <Display />
      <Section title="This wallet">
        <Facts>
          <Fact name="Name">{info.name}</Fact>
          <Fact name="Network">
            <NetworkBadge network={info.network} />
          </Fact>
          <Fact name="Addresses">{SCRIPTS[info.scriptType]}</Fact>
          <Fact name="Fingerprint">
            <span className="mono" data-testid="wallet-fingerprint">
              {info.fingerprint}
            </span>
          </Fact>
          <Fact name="Backup">
            <span data-testid="wallet-backup" data-backed-up={info.backedUp}>
              {info.backedUp ? "Recovery words confirmed" : "Not backed up"}
            </span>
          </Fact>
        </Facts>
      </Section>
    </Screen>
  );
}
