// Amounts of money: integer satoshis in, text out, and back. Digits only, no floating point anywhere.

/** How amounts are shown and typed. */
export type Unit = "btc" | "sat";

/** There will never be more: 21 million bitcoin. */
export const MAX_SATS = 2_100_000_000_000_000;

const DECIMALS = 8;
// Fixed spelling in every locale: a number that may be read two ways is not for money.
const GROUP = ",";

/** The name of a unit as shown beside an amount. */
export function unitName(unit: Unit): string {
  return unit === "btc" ? "BTC" : "sat";
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, GROUP);
}

/** An amount without its unit: `1,234.50000000` or `123,450,000,000`; a minus sign when negative. */
export function formatAmount(sats: number, unit: Unit): string {
  if (!Number.isSafeInteger(sats)) throw new RangeError("an amount is a whole number of satoshis");
  const digits = String(Math.abs(sats));
  const sign = sats < 0 ? "\u2212" : "";
  if (unit === "sat") return sign + grouped(digits);
  const padded = digits.padStart(DECIMALS + 1, "0");
  return `${sign}${grouped(padded.slice(0, -DECIMALS))}.${padded.slice(-DECIMALS)}`;
}

/** An amount with its unit, for sentences. */
export function amountText(sats: number, unit: Unit): string {
  return `${formatAmount(sats, unit)} ${unitName(unit)}`;
}

/** What stands in an amount field for a known amount: no grouping, no needless zeros. */
export function amountInput(sats: number, unit: Unit): string {
  const text = formatAmount(sats, unit).replaceAll(GROUP, "");
  return unit === "sat" ? text : text.replace(/\.?0+$/, "");
}

/** What a typed amount is: satoshis, or why it is none. */
export type ParsedAmount = { ok: true; sats: number } | { ok: false; reason: string };

const REASONS = {
  empty: "Enter an amount.",
  notANumber: "Enter digits only, with a point before the decimals.",
  decimals: "A bitcoin has 8 decimals; this has more.",
  wholeSats: "Satoshis are whole numbers.",
  zero: "The amount must be more than zero.",
  tooMuch: "There are only 21 million bitcoin.",
};

/** Reads a typed amount. A comma is refused: it means thousands to some and decimals to others. */
export function parseAmount(text: string, unit: Unit): ParsedAmount {
  const refuse = (reason: string): ParsedAmount => ({ ok: false, reason });
  const typed = text.replace(/[\s\u2009\u202f]/g, "");
  if (typed === "") return refuse(REASONS.empty);
  const match = /^(\d*)(?:\.(\d*))?$/.exec(typed);
  const whole = match?.[1] ?? "";
  const fraction = match?.[2] ?? "";
  if (match === null || whole + fraction === "") return refuse(REASONS.notANumber);
  if (unit === "sat" && typed.includes(".")) return refuse(REASONS.wholeSats);
  if (fraction.length > DECIMALS) return refuse(REASONS.decimals);
  const sats = BigInt(unit === "sat" ? whole : whole + fraction.padEnd(DECIMALS, "0"));
  if (sats === 0n) return refuse(REASONS.zero);
  if (sats > BigInt(MAX_SATS)) return refuse(REASONS.tooMuch);
  return { ok: true, sats: Number(sats) };
}

/** Whether `part` is more than so many percent of `whole`. */
export function exceedsPercent(part: number, whole: number, percent: number): boolean {
  return BigInt(part) * 100n > BigInt(whole) * BigInt(percent);
}

/** `part` of `whole` in percent with two decimals, rounded up. */
export function percentText(part: number, whole: number): string {
  if (whole <= 0) return "";
  const hundredths = (BigInt(part) * 10000n + BigInt(whole) - 1n) / BigInt(whole);
  const padded = String(hundredths).padStart(3, "0");
  return `${padded.slice(0, -2)}.${padded.slice(-2)} %`;
}
