// What a draft says, line by line, as the prompt will say it again.
import { usePageState } from "../../app/use-page-state";
import type { Draft } from "../../generated/commands";
import { percentText } from "../../money/amount";
import { AddressText } from "../../parts/address-text";
import { Amount } from "../../parts/amount";
import { Fact, Facts } from "../../parts/screen";
import classes from "./send.module.css";

export function DraftFacts({ draft }: { draft: Draft }) {
  const { unit } = usePageState().state;
  const paid = draft.outputs.reduce((sum, { amount }) => sum + amount, 0);
  return (
    <>
      {draft.outputs.map(({ address, amount }, i) => (
        <div key={i} className={classes.output}>
          <p className={classes.caption}>Pay</p>
          <Amount sats={amount} unit={unit} size="hero" testId="draft-amount" />
          <p className={classes.caption}>to</p>
          <AddressText address={address} large testId="draft-to" />
        </div>
      ))}
      <Facts>
        <Fact name="Network fee">
          <span className={classes.stacked}>
            <Amount sats={draft.fee} unit={unit} testId="draft-fee" />
            <span className={classes.small}>
              <span data-testid="draft-fee-rate">{draft.feeRate}</span> sat/vB ·{" "}
              {percentText(draft.fee, paid)} of the amount
            </span>
          </span>
        </Fact>
        <Fact name="Leaves your wallet, in all">
          <strong>
            <Amount sats={draft.total} unit={unit} testId="draft-total" />
          </strong>
        </Fact>
        <Fact name="Change, back to you">
          <Amount
            sats={draft.change}
            unit={unit}
            testId="draft-change"
            {...(draft.change === 0 && { tone: "dimmed" as const })}
          />
        </Fact>
        <Fact name="Coins spent">
          <span className="tabular" data-testid="draft-inputs">
            {draft.inputs}
          </span>
        </Fact>
      </Facts>
    </>
  );
}
