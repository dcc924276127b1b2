// Makes a wallet: the first thing a new user sees, and reachable from the settings for the next ones.
import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { IconFileText, IconKey, IconShieldLock } from "@tabler/icons-react";
import { useState } from "react";

import { Centre } from "../app/centre";
import classes from "../app/centre.module.css";
import { useAction } from "../data/wallet";
import { type CreateWallet, createWallet, type Network, selectWallet } from "../generated/commands";
import { ErrorNotice } from "../parts/error-notice";
import { Notice } from "../parts/notice";
import { PromptWait } from "../parts/prompt-wait";
import { networkName } from "../payment/address";

const NETWORKS: Network[] = ["regtest", "signet", "testnet4", "mainnet"];
const WORDS = ["12", "24"] as const;
const MAX_NAME = 40;

function WhatWillHappen() {
  return (
    <ol className={classes.steps} aria-label="What will happen">
      <li>
        <IconShieldLock size={20} stroke={1.7} aria-hidden />
        <span>A separate, trusted window opens. This page cannot see into it.</span>
      </li>
      <li>
        <IconKey size={20} stroke={1.7} aria-hidden />
        <span>There you choose the passphrase that unlocks your wallets.</span>
      </li>
      <li>
        <IconFileText size={20} stroke={1.7} aria-hidden />
        <span>
          There you see the recovery words, once. Write them on paper: whoever has them has the
          coins.
        </span>
      </li>
    </ol>
  );
}

// The new wallet becomes the one of this window.
async function createAndSelect(args: CreateWallet, options: { signal?: AbortSignal }) {
  const id = await createWallet(args, options);
  await selectWallet({ id });
}

export function WelcomeScreen({ onLeave }: { onLeave?: () => void }) {
  const [name, setName] = useState("");
  const [network, setNetwork] = useState<Network>("regtest");
  const [words, setWords] = useState<string>("12");
  const [nameError, setNameError] = useState<string>();
  const create = useAction(createAndSelect, { onDone: () => onLeave?.() });

  const submit = (event: React.SyntheticEvent) => {
    event.preventDefault();
    const trimmed = name.trim();
    if (trimmed === "") {
      setNameError("Give the wallet a name.");
      return;
    }
    create.run({ name: trimmed, network, scriptType: "p2wpkh", words: Number(words) });
  };

  return (
    <Centre>
      <div>
        <h1>{onLeave ? "New wallet" : "Welcome"}</h1>
        <p className={classes.lead}>
          Make a Bitcoin wallet whose keys never meet a web page: not this one either.
        </p>
      </div>
      {create.pending ? (
        <PromptWait
          title="Go on in the trusted window"
          onCancel={create.cancel}
          testId="create-waiting"
        >
          Choose a passphrase, write down the {words} words in their order, and repeat the three
          that are asked. Take your time.
        </PromptWait>
      ) : (
        <form onSubmit={submit} className={classes.stack} noValidate>
          <TextInput
            label="Name"
            placeholder="Savings"
            value={name}
            maxLength={MAX_NAME}
            error={nameError}
            data-testid="create-name"
            onChange={(event) => {
              setName(event.currentTarget.value);
              setNameError(undefined);
            }}
          />
          <fieldset className={classes.fieldset}>
            <legend className={classes.fieldLabel}>Network</legend>
            <SegmentedControl
              fullWidth
              value={network}
              onChange={(value) => setNetwork(value as Network)}
              data-testid="create-network"
              data={NETWORKS.map((value) => ({
                value,
                label: <span data-testid={`create-network-${value}`}>{networkName(value)}</span>,
              }))}
            />
            <p className={classes.hint}>
              {network === "mainnet"
                ? "Real bitcoin, worth real money."
                : network === "regtest"
                  ? "A private chain for trying things out. Its coins have no value."
                  : "A public test network. Its coins have no value."}
            </p>
          </fieldset>
          <fieldset className={classes.fieldset}>
            <legend className={classes.fieldLabel}>Recovery words</legend>
            <SegmentedControl
              value={words}
              onChange={setWords}
              data-testid="create-words"
              data={WORDS.map((value) => ({
                value,
                label: <span data-testid={`create-words-${value}`}>{value} words</span>,
              }))}
            />
          </fieldset>
          {network === "mainnet" && (
            <Notice tone="warn" title="This is an early version">
              Try everything on a test network first, and keep only what you can afford to lose
              here.
            </Notice>
          )}
          <WhatWillHappen />
          <ErrorNotice error={create.error} action="create" testId="create-error" />
          <div className={classes.buttons}>
            <Button type="submit" size="md" data-testid="create-submit">
              Create wallet
            </Button>
            {onLeave !== undefined && (
              <Button variant="default" size="md" onClick={onLeave} data-testid="create-leave">
                Back
              </Button>
            )}
          </div>
        </form>
      )}
    </Centre>
  );
}
