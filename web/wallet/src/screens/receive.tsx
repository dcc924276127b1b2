// An address to be paid at: large, in groups, as a code to photograph, and the list of all.
import { Button, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";

import { usePageState } from "../app/use-page-state";
import { useAction, useAddresses } from "../data/wallet";
import { type Address, generateAddress, type WalletInfo } from "../generated/commands";
import { AddressText } from "../parts/address-text";
import { CopyButton } from "../parts/copy-button";
import { ErrorNotice } from "../parts/error-notice";
import { Notice } from "../parts/notice";
import { QrCode } from "../parts/qr-code";
import { Screen, Section } from "../parts/screen";
import { qrText } from "../payment/payment-uri";
import { AddressList } from "./address-list";
import classes from "./receive.module.css";

function Current({ address }: { address: Address }) {
  const shown = useRef<HTMLSpanElement>(null);
  return (
    <div className={classes.current}>
      <QrCode text={qrText(address.address)} label="QR code of the address" />
      <div className={classes.text}>
        <p className={classes.caption}>
          {(address.label ?? "") === "" ? "Your address" : address.label}
        </p>
        <p className={classes.address}>
          <AddressText ref={shown} address={address.address} large testId="receive-address" />
        </p>
        <CopyButton text={address.address} what="address" shownBy={shown} testId="receive-copy" />
        <p className={classes.hint}>
          {address.used
            ? "This address has been paid before. A new one for each payment keeps them apart."
            : "Give each payer a new address: then nobody can link your payments."}
        </p>
      </div>
    </div>
  );
}

function NewAddress({ onMade }: { onMade: (address: Address) => void }) {
  const [label, setLabel] = useState("");
  const make = useAction(generateAddress, {
    onDone: (address) => {
      setLabel("");
      onMade(address);
    },
  });
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        const trimmed = label.trim();
        make.run(trimmed === "" ? {} : { label: trimmed });
      }}
    >
      <TextInput
        className={classes.label ?? ""}
        label="Label"
        description="Only for you: who will pay here, or what for"
        value={label}
        maxLength={80}
        data-testid="receive-label"
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      <Button
        type="submit"
        variant="default"
        leftSection={<IconPlus size={16} />}
        loading={make.pending}
        data-testid="receive-new"
      >
        New address
      </Button>
      <div className={classes.wide}>
        <ErrorNotice error={make.error} action="address" testId="receive-error" />
      </div>
    </form>
  );
}

export function ReceiveScreen({ info }: { info: WalletInfo }) {
  const { state } = usePageState();
  const [chosen, setChosen] = useState<string>();
  const { data, error } = useAddresses();
  const first = useAction(generateAddress);
  const own = data?.filter(({ change }) => !change).sort((a, b) => b.index - a.index) ?? [];
  const current =
    own.find(({ address }) => address === chosen) ?? own.find(({ used }) => !used) ?? own[0];

  // A fresh wallet, or one whose addresses are all used, gets its next one without being asked.
  const asked = useRef(false);
  const needed = data !== undefined && !own.some(({ used }) => !used);
  const { run } = first;
  useEffect(() => {
    if (!needed || asked.current) return;
    asked.current = true;
    run({});
  }, [needed, run]);

  return (
    <Screen title="Receive">
      <ErrorNotice error={error} />
      <ErrorNotice error={first.error} action="address" />
      {current !== undefined && (
        <Section>
          <Current address={current} />
        </Section>
      )}
      {info.network === "regtest" && current !== undefined && (
        <Notice tone="info" title="Get coins to try it out" testId="faucet-hint">
          On regtest coins are free: run{" "}
          <code className="mono" data-testid="faucet-command">
            ./dev faucet {current.address}
          </code>
        </Notice>
      )}
      <Section title="Another address">
        <NewAddress onMade={({ address }) => setChosen(address)} />
      </Section>
      {own.length > 0 && (
        <Section title="Your addresses">
          <AddressList
            addresses={own}
            current={current?.address}
            unit={state.unit}
            onChoose={setChosen}
          />
        </Section>
      )}
    </Screen>
  );
}
