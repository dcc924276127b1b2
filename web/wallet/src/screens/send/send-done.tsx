// The payment is out: its id, and how deep it is by now.
import { Button } from "@mantine/core";
import { useRef } from "react";

import { usePageState, useSendState } from "../../app/use-page-state";
import { useHistory } from "../../data/wallet";
import type { Draft } from "../../generated/commands";
import { CopyButton } from "../../parts/copy-button";
import { Notice } from "../../parts/notice";
import { Section } from "../../parts/screen";
import { stateText } from "../../parts/tx-state";
import { DraftFacts } from "./draft-facts";
import classes from "./send.module.css";

export function SendDone({ draft, txid }: { draft: Draft; txid: string }) {
  const { update } = usePageState();
  const { setPhase } = useSendState();
  const { data } = useHistory(1, txid, 1);
  const shown = useRef<HTMLSpanElement>(null);
  const tx = data?.find((one) => one.txid === txid);
  return (
    <>
      <Notice tone="good" title="Signed and handed to the network" testId="send-success">
        It counts as paid once a block confirms it. So far:{" "}
        <span data-testid="send-state" data-confirmations={tx?.confirmations ?? 0}>
          {tx === undefined ? "unconfirmed" : stateText(tx).toLowerCase()}
        </span>
        .
      </Notice>
      <Section title="Transaction">
        <p className={classes.txid}>
          <span ref={shown} className="mono" data-testid="send-txid">
            {txid}
          </span>
        </p>
        <CopyButton text={txid} what="transaction" shownBy={shown} testId="send-txid-copy" />
      </Section>
      <Section>
        <DraftFacts draft={draft} />
      </Section>
      <div className={classes.buttons}>
        <Button
          size="md"
          data-testid="sent-history"
          onClick={() => void update({ screen: "history" })}
        >
          Show in history
        </Button>
        <Button
          variant="default"
          size="md"
          data-testid="send-again"
          onClick={() => void setPhase({ at: "form" })}
        >
          New payment
        </Button>
      </div>
    </>
  );
}
