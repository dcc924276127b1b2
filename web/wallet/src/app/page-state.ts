// What the page keeps across the death of its process: where the user was, and an unsent payment.
// Read back with care: an older version may have written it.
import type { Draft, Payment } from "../generated/commands";
import type { Unit } from "../money/amount";

export const SCREENS = ["overview", "receive", "send", "history", "settings", "create"] as const;
export type Screen = (typeof SCREENS)[number];

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const FEE_CHOICES = ["slow", "normal", "fast", "custom"] as const;
export type FeeChoice = (typeof FEE_CHOICES)[number];

/** The payment form as typed. */
export interface SendForm {
  to: string;
  amount: string;
  unit: Unit;
  fee: FeeChoice;
  customRate: string;
  subtractFee: boolean;
  label: string;
}

/** How far a payment has come. `interrupted`: the page died while the prompt was asking. */
export type SendPhase =
  | { at: "form" }
  | { at: "review"; draft: Draft }
  | { at: "committing"; draft: Draft }
  | { at: "interrupted"; draft: Draft }
  | { at: "sent"; draft: Draft; txid: string };

/** Everything that is saved. */
export interface PageState {
  version: 1;
  screen: Screen;
  theme: Theme;
  unit: Unit;
  send: { form: SendForm; phase: SendPhase };
  history: { page: number; filter: string };
}

export const EMPTY_FORM: SendForm = {
  to: "",
  amount: "",
  unit: "btc",
  fee: "normal",
  customRate: "",
  subtractFee: false,
  label: "",
};

/** What a new window starts with. */
export const INITIAL_STATE: PageState = {
  version: 1,
  screen: "overview",
  theme: "auto",
  unit: "btc",
  send: { form: EMPTY_FORM, phase: { at: "form" } },
  history: { page: 1, filter: "" },
};

type Members = Record<string, unknown>;

function members(value: unknown): Members {
  return typeof value === "object" && value !== null ? (value as Members) : {};
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown, otherwise: T): T {
  return allowed.find((one) => one === value) ?? otherwise;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

const isAmount = (value: unknown): value is number => Number.isSafeInteger(value);

function isPayment(value: unknown): value is Payment {
  const { address, amount } = members(value);
  return typeof address === "string" && isAmount(amount);
}

function isDraft(value: unknown): value is Draft {
  const draft = members(value);
  return (
    typeof draft.draftId === "string" &&
    typeof draft.feeRate === "number" &&
    Array.isArray(draft.outputs) &&
    draft.outputs.every(isPayment) &&
    ["fee", "change", "total", "inputs", "expiresAt"].every((name) => isAmount(draft[name]))
  );
}

function readPhase(value: unknown): SendPhase {
  const { at, draft, txid } = members(value);
  if (!isDraft(draft)) return { at: "form" };
  switch (at) {
    case "review":
      return { at, draft };
    case "committing":
    case "interrupted":
      return { at: "interrupted", draft };
    case "sent":
      return typeof txid === "string" ? { at, draft, txid } : { at: "form" };
    default:
      return { at: "form" };
  }
}

/** The saved state as far as it can be used; undefined when it is of another version. */
export function readPageState(value: unknown): PageState | undefined {
  const saved = members(value);
  if (saved.version !== 1) return undefined;
  const send = members(saved.send);
  const form = members(send.form);
  const history = members(saved.history);
  const units = ["btc", "sat"] as const;
  return {
    version: 1,
    screen: oneOf(SCREENS, saved.screen, "overview"),
    theme: oneOf(THEMES, saved.theme, "auto"),
    unit: oneOf(units, saved.unit, "btc"),
    send: {
      form: {
        to: text(form.to),
        amount: text(form.amount),
        unit: oneOf(units, form.unit, "btc"),
        fee: oneOf(FEE_CHOICES, form.fee, "normal"),
        customRate: text(form.customRate),
        subtractFee: form.subtractFee === true,
        label: text(form.label),
      },
      phase: readPhase(send.phase),
    },
    history: {
      page: isAmount(history.page) && history.page > 0 ? history.page : 1,
      filter: text(history.filter),
    },
  };
}
