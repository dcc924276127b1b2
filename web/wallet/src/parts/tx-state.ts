// The state of a transaction in a word or two.
import type { Tx } from "../generated/commands";

/** From here on a payment is as good as final. */
const DEEP = 6;

/** What the user reads beside an amount. */
export function stateText({ state, confirmations }: Pick<Tx, "state" | "confirmations">): string {
  if (state === "replaced") return "Replaced";
  if (state === "conflicted") return "Conflicted";
  if (confirmations <= 0) return "Unconfirmed";
  if (confirmations >= DEEP) return "Confirmed";
  return confirmations === 1 ? "1 confirmation" : `${confirmations} confirmations`;
}
