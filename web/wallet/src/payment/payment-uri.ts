// BIP321 payment links, `bitcoin:ADDRESS?amount=0.01&label=Rent`: read when pasted, written into the QR code.
import { parseAmount } from "../money/amount";

/** What a payment link asks for. */
export interface PaymentRequest {
  address: string;
  sats?: number;
  label?: string;
}

/** Reads a payment link; undefined when the text is none, or one that demands what we do not know. */
export function parsePaymentUri(text: string): PaymentRequest | undefined {
  const match = /^bitcoin:([0-9a-z]+)(?:\?(.*))?$/i.exec(text.trim());
  if (match?.[1] === undefined) return undefined;
  const query = new URLSearchParams(match[2] ?? "");
  if ([...query.keys()].some((key) => key.toLowerCase().startsWith("req-"))) return undefined;
  const segwit = /^(bc|tb|bcrt)1/i.test(match[1]);
  const request: PaymentRequest = { address: segwit ? match[1].toLowerCase() : match[1] };
  const amount = query.get("amount");
  if (amount !== null) {
    const parsed = parseAmount(amount, "btc");
    if (!parsed.ok) return undefined;
    request.sats = parsed.sats;
  }
  const label = query.get("label") ?? query.get("message");
  if (label !== null && label !== "") request.label = label;
  return request;
}

/** The text of an address' QR code. Capitals make a segwit address' code smaller, and mean the same. */
export function qrText(address: string): string {
  return /^(bc|tb|bcrt)1/.test(address) ? `BITCOIN:${address.toUpperCase()}` : `bitcoin:${address}`;
}
