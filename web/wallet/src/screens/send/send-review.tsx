// The draft as the broker made it, with its time running. The decision is taken in the prompt, not here.
import { Button } from "@mantine/core";
import { IconShieldLock } from "@tabler/icons-react";

import { useSendState } from "../../app/use-page-state";
import type { Draft } from "../../generated/commands";
import { exceedsPercent } from "../../money/amount";
import { ErrorNotice } from "../../parts/error-notice";
import { Notice } from "../../parts/notice";
import { PromptWait } from "../../parts/prompt-wait";
import { Section } from "../../parts/screen";
import { useCommit } from "./commit-context";
import { DraftFacts } from "./draft-facts";
import { countdownText, HIGH_FEE_PERCENT } from "./send-model";
import classes from "./send.module.css";
import { useNow } from "./use-now";

export function SendReview({ draft, committing }: { draft: Draft; committing: boolean }) {
  const { setPhase } = useSendState();
  const commit = useCommit();
  const left = draft.expiresAt - useNow();
  const expired = left <= 0 && !committing;
  const paid = draft.outputs.reduce((sum, { amount }) => sum + amount, 0);
  const back = () => {
    commit.reset();
    void setPhase({ at: "form" });
  };
  return (
    <>
      <Section>
        <DraftFacts draft={draft} />
      </Section>
      {exceedsPercent(draft.fee, paid, HIGH_FEE_PERCENT) && (
        <Notice tone="warn" title="The fee is high for this amount" testId="draft-high-fee">
          It is more than a quarter of what is paid. Make sure that this is what you want.
        </Notice>
      )}
      <ErrorNotice error={commit.error} action="commit" testId="send-error" />
      {committing ? (
        <PromptWait title="Check the trusted window" testId="commit-waiting">
          It shows amount and address as the vault has read them from the transaction. Compare them
          with the original of the address, and confirm there. This page cannot.
        </PromptWait>
      ) : expired ? (
        <Notice tone="warn" title="This draft has expired" testId="draft-expired">
          Coins and fees may have changed since. Nothing was sent.
        </Notice>
      ) : null}
      {!committing && (
        <div className={classes.buttons}>
          {expired ? (
            <Button size="md" onClick={back} data-testid="draft-renew">
              Review again
            </Button>
          ) : (
            <>
              <Button
                size="md"
                leftSection={<IconShieldLock size={18} />}
                data-testid="send-confirm"
                onClick={() => commit.confirm(draft)}
              >
                Confirm in the trusted prompt
              </Button>
              <Button variant="default" size="md" onClick={back} data-testid="send-back">
                Change
              </Button>
              <span className={classes.nothingYet}>
                Valid for{" "}
                <span className="tabular" role="timer" data-testid="draft-countdown">
                  {countdownText(left)}
                </span>
              </span>
            </>
          )}
        </div>
      )}
    </>
  );
}
