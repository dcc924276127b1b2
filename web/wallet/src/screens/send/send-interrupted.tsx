// The page, or the answer, was lost while a payment was under way: nobody may guess now.
import { Button } from "@mantine/core";

import { usePageState, useSendState } from "../../app/use-page-state";
import type { Draft } from "../../generated/commands";
import { ErrorNotice } from "../../parts/error-notice";
import { Notice } from "../../parts/notice";
import { Section } from "../../parts/screen";
import { useCommit } from "./commit-context";
import { DraftFacts } from "./draft-facts";
import classes from "./send.module.css";

export function SendInterrupted({ draft }: { draft: Draft }) {
  const { update } = usePageState();
  const { setPhase } = useSendState();
  const commit = useCommit();
  return (
    <>
      {commit.error === undefined ? (
        <Notice
          tone="warn"
          title="This payment may or may not have been sent"
          testId="send-interrupted"
        >
          The window was restarted while the trusted prompt was asking. Look at the history before
          you pay again.
        </Notice>
      ) : (
        <ErrorNotice error={commit.error} action="commit" testId="send-error" />
      )}
      <div className={classes.buttons}>
        <Button
          size="md"
          data-testid="interrupted-history"
          onClick={() => void update({ screen: "history" })}
        >
          Look at the history
        </Button>
        <Button
          variant="default"
          size="md"
          data-testid="interrupted-back"
          onClick={() => {
            commit.reset();
            void setPhase({ at: "review", draft });
          }}
        >
          Back to the payment
        </Button>
      </div>
      <Section>
        <DraftFacts draft={draft} />
      </Section>
    </>
  );
}
