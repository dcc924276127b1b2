// From what is typed to the arguments of a draft: a pure function, so that every rule has a test.
import type { FeeChoice, SendForm } from "../../app/page-state";
import type { FeeEstimates, Network, SendTransaction } from "../../generated/commands";
import { parseAmount } from "../../money/amount";
import { addressProblem } from "../../payment/address";

/** Fee rates that the wallet takes, in satoshis per virtual byte. */
export const MIN_RATE = 0.1;
export const MAX_RATE = 2000;

/** Beyond so many percent of the amount a fee deserves a second look. */
export const HIGH_FEE_PERCENT = 25;

/** What is wrong, by field. */
export type FormErrors = Partial<Record<"to" | "amount" | "customRate", string>>;

/** The arguments of the draft, or what is wrong. */
export type CheckedForm = { ok: true; args: SendTransaction } | { ok: false; errors: FormErrors };

/** Reads a fee rate; undefined when it is none that the wallet takes. */
export function parseRate(text: string): number | undefined {
  const typed = text.trim();
  if (!/^\d{1,4}(\.\d{1,3})?$/.test(typed)) return undefined;
  const rate = Number(typed);
  return rate >= MIN_RATE && rate <= MAX_RATE ? rate : undefined;
}

/** The fee rate of a choice. */
export function rateOf(
  choice: FeeChoice,
  customRate: string,
  estimates: FeeEstimates,
): number | undefined {
  return choice === "custom" ? parseRate(customRate) : estimates[choice];
}

/** Checks the form. What only the broker can know (checksums, coins) is left to it. */
export function checkForm(form: SendForm, network: Network, estimates: FeeEstimates): CheckedForm {
  const errors: FormErrors = {};
  const to = form.to.trim();
  const problem = addressProblem(to, network);
  if (problem !== undefined) errors.to = problem;
  const amount = parseAmount(form.amount, form.unit);
  if (!amount.ok) errors.amount = amount.reason;
  const feeRate = rateOf(form.fee, form.customRate, estimates);
  if (feeRate === undefined) {
    errors.customRate = `Enter a rate between ${MIN_RATE} and ${MAX_RATE} sat/vB.`;
  }
  if (problem !== undefined || !amount.ok || feeRate === undefined) return { ok: false, errors };
  const label = form.label.trim();
  return {
    ok: true,
    args: {
      to,
      amount: amount.sats,
      feeRate,
      subtractFee: form.subtractFee,
      stage: "draft",
      ...(label !== "" && { label }),
    },
  };
}

/** The whole minutes and seconds of a countdown, `4:07`. */
export function countdownText(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
