// How fast a payment should be, and what that costs per virtual byte.
import { TextInput } from "@mantine/core";

import { FEE_CHOICES, type FeeChoice } from "../../app/page-state";
import { useSendState } from "../../app/use-page-state";
import type { FeeEstimates } from "../../generated/commands";
import classes from "./send.module.css";

const NAMES: Record<FeeChoice, { name: string; time: string }> = {
  slow: { name: "Slow", time: "about a day" },
  normal: { name: "Normal", time: "about an hour" },
  fast: { name: "Fast", time: "next block" },
  custom: { name: "Custom", time: "in sat/vB" },
};

interface FeeChoiceProps {
  estimates: FeeEstimates;
  error: string | undefined;
}

export function FeeChoiceField({ estimates, error }: FeeChoiceProps) {
  const { form, setForm } = useSendState();
  return (
    <fieldset className={classes.fieldset}>
      <legend className={classes.legend}>Fee rate</legend>
      <div className={classes.fees}>
        {FEE_CHOICES.map((choice) => (
          <label
            key={choice}
            className={classes.fee}
            data-chosen={form.fee === choice || undefined}
          >
            <input
              type="radio"
              name="fee"
              className="visually-hidden"
              value={choice}
              checked={form.fee === choice}
              data-testid={`send-fee-${choice}`}
              onChange={() => setForm({ fee: choice })}
            />
            <span className={classes.feeName}>{NAMES[choice].name}</span>
            <span className={classes.feeRate}>
              {choice === "custom" ? "Your rate" : `${estimates[choice]} sat/vB`}
            </span>
            <span className={classes.feeTime}>{NAMES[choice].time}</span>
          </label>
        ))}
      </div>
      {form.fee === "custom" && (
        <TextInput
          className={classes.rate ?? ""}
          label="Rate in sat/vB"
          inputMode="decimal"
          autoComplete="off"
          value={form.customRate}
          maxLength={8}
          error={error}
          data-testid="send-fee-rate"
          onChange={(event) => setForm({ customRate: event.currentTarget.value })}
        />
      )}
    </fieldset>
  );
}
