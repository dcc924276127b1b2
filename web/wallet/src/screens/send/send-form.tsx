// The payment form. What is typed lives in the page state, so it survives this process.
import { Button, Checkbox, SegmentedControl, TextInput } from "@mantine/core";
import { useState } from "react";

import { usePageState, useSendState } from "../../app/use-page-state";
import { useAction, useBalance } from "../../data/wallet";
import { sendTransaction, type WalletInfo } from "../../generated/commands";
import { amountInput, amountText, parseAmount, type Unit } from "../../money/amount";
import { ErrorNotice } from "../../parts/error-notice";
import { Section } from "../../parts/screen";
import { parsePaymentUri } from "../../payment/payment-uri";
import { FeeChoiceField } from "./fee-choice";
import { checkForm, type FormErrors } from "./send-model";
import classes from "./send.module.css";

function AmountField({ error }: { error: string | undefined }) {
  const { state } = usePageState();
  const { form, setForm } = useSendState();
  const { data: balance } = useBalance();
  const changeUnit = (unit: Unit) => {
    const parsed = parseAmount(form.amount, form.unit);
    setForm({ unit, ...(parsed.ok && { amount: amountInput(parsed.sats, unit) }) });
  };
  return (
    <div>
      <div className={classes.amountRow}>
        <TextInput
          className={classes.grow ?? ""}
          classNames={{ input: "tabular" }}
          label="Amount"
          inputMode="decimal"
          autoComplete="off"
          placeholder={form.unit === "btc" ? "0.00000000" : "0"}
          value={form.amount}
          maxLength={30}
          error={error}
          data-testid="send-amount"
          onChange={(event) => setForm({ amount: event.currentTarget.value })}
        />
        <SegmentedControl
          aria-label="Unit of the amount"
          value={form.unit}
          onChange={(value) => changeUnit(value as Unit)}
          data-testid="send-unit"
          data={[
            { value: "btc", label: <span data-testid="send-unit-btc">BTC</span> },
            { value: "sat", label: <span data-testid="send-unit-sat">sat</span> },
          ]}
        />
      </div>
      {balance !== undefined && (
        <p className={classes.available}>
          Spendable{" "}
          <span className="tabular" data-testid="send-available" data-sats={balance.confirmed}>
            {amountText(balance.confirmed, state.unit)}
          </span>
          {balance.confirmed > 0 && (
            <Button
              variant="subtle"
              size="compact-xs"
              data-testid="send-all"
              onClick={() =>
                setForm({ amount: amountInput(balance.confirmed, form.unit), subtractFee: true })
              }
            >
              Use all
            </Button>
          )}
        </p>
      )}
    </div>
  );
}

export function SendForm({ info }: { info: WalletInfo }) {
  const { form, setForm, setPhase } = useSendState();
  const [errors, setErrors] = useState<FormErrors>({});
  const draft = useAction(sendTransaction, {
    onDone: (answer) => {
      if (typeof answer !== "string") void setPhase({ at: "review", draft: answer });
    },
  });

  const setTo = (text: string) => {
    const request = parsePaymentUri(text);
    if (request === undefined) {
      setForm({ to: text });
      return;
    }
    setForm({
      to: request.address,
      ...(request.sats !== undefined && { amount: amountInput(request.sats, form.unit) }),
      ...(request.label !== undefined && { label: request.label }),
    });
  };

  const submit = (event: React.SyntheticEvent) => {
    event.preventDefault();
    const checked = checkForm(form, info.network, info.feeEstimates);
    setErrors(checked.ok ? {} : checked.errors);
    if (checked.ok) draft.run(checked.args);
  };

  return (
    <Section>
      <form className={classes.form} onSubmit={submit} noValidate>
        <TextInput
          classNames={{ input: "mono" }}
          label="To"
          placeholder="Address or payment link"
          autoComplete="off"
          spellCheck={false}
          value={form.to}
          maxLength={500}
          error={errors.to}
          data-testid="send-to"
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        <AmountField error={errors.amount} />
        <FeeChoiceField estimates={info.feeEstimates} error={errors.customRate} />
        <Checkbox
          label="Take the fee out of the amount"
          description="The recipient gets less, you pay exactly the amount"
          checked={form.subtractFee}
          data-testid="send-subtract-fee"
          onChange={(event) => setForm({ subtractFee: event.currentTarget.checked })}
        />
        <TextInput
          label="Label"
          description="Only for you; it does not leave this computer"
          value={form.label}
          maxLength={80}
          data-testid="send-label"
          onChange={(event) => setForm({ label: event.currentTarget.value })}
        />
        <ErrorNotice error={draft.error} action="draft" testId="send-error" />
        <div className={classes.buttons}>
          <Button type="submit" size="md" loading={draft.pending} data-testid="send-review">
            Review
          </Button>
          <span className={classes.nothingYet}>Nothing is sent before you confirm.</span>
        </div>
      </form>
    </Section>
  );
}
