// The one place that turns an error code into words for the user.
import type { ErrorCode, SallyportError } from "@sallyport/api";

/** What the user was about to do; it decides the words for some codes. */
export type Action =
  "read" | "create" | "select" | "unlock" | "passphrase" | "address" | "draft" | "commit";

/** A title and a sentence or two for the user. */
export interface ErrorText {
  title: string;
  text: string;
}

const GENERAL: Record<ErrorCode, ErrorText> = {
  denied: {
    title: "Not allowed",
    text: "This window has no permission to do that. An administrator grants it in the capability files.",
  },
  "unknown-command": {
    title: "Not available",
    text: "The installed Sallyport does not know this request. The page and the service are of different versions.",
  },
  "unknown-event": {
    title: "Not available",
    text: "The installed Sallyport does not know this request. The page and the service are of different versions.",
  },
  "invalid-argument": { title: "Check what you entered", text: "Something in it cannot be used." },
  "too-large": {
    title: "Too much at once",
    text: "The request or its answer is over the size limit.",
  },
  "rate-limited": {
    title: "Too many requests",
    text: "This window asked more often than it may. Wait a minute and try again.",
  },
  deadline: {
    title: "That took too long",
    text: "No answer came in time. Look at the current state before you try again.",
  },
  cancelled: { title: "Cancelled", text: "The request was cancelled. Nothing more happens." },
  internal: {
    title: "Something went wrong inside Sallyport",
    text: "The details are in the journal under the incident number.",
  },
  "not-found": { title: "Not found", text: "What was asked for is not there, or no longer." },
  conflict: {
    title: "Already there, or changed",
    text: "It exists already, or changed meanwhile.",
  },
  locked: { title: "The wallet is locked", text: "Unlock it and try again." },
  declined: { title: "Declined", text: "You said no in the trusted prompt. Nothing was done." },
  unavailable: {
    title: "No answer from the network",
    text: "A server or process that is needed does not answer at the moment. The page keeps trying.",
  },
  "insufficient-funds": {
    title: "Not enough spendable coins",
    text: "The confirmed balance does not cover the amount and the fee.",
  },
  "not-supported": { title: "Not supported", text: "This version cannot do that yet." },
  limit: { title: "Limit reached", text: "A quota of this app is used up." },
  disconnected: {
    title: "No connection to Sallyport",
    text: "This page works only inside a Sallyport window whose service is running.",
  },
};

const SPECIFIC: Partial<Record<Action, Partial<Record<ErrorCode, ErrorText>>>> = {
  create: {
    declined: {
      title: "Not finished",
      text: "The trusted prompt was closed, or the words did not match. A wallet that was made all the same shows up as not backed up.",
    },
    conflict: {
      title: "This name is taken",
      text: "Another wallet has this name. Choose a different one.",
    },
    deadline: {
      title: "The trusted prompt was left open too long",
      text: "No wallet was made unless it shows up in the list. Start again when you have pen and paper ready.",
    },
    limit: { title: "Too many wallets", text: "This app may hold no more wallets." },
  },
  unlock: {
    declined: {
      title: "Still locked",
      text: "The passphrase was wrong, or the trusted prompt was closed.",
    },
    "rate-limited": {
      title: "Not now",
      text: "The trusted prompt is still open, or too many passphrases were wrong: each makes the next attempt wait longer.",
    },
    deadline: { title: "Still locked", text: "The trusted prompt was left open too long." },
  },
  passphrase: {
    declined: { title: "The passphrase is unchanged", text: "You closed the trusted prompt." },
    deadline: {
      title: "The passphrase is unchanged",
      text: "The trusted prompt was left open too long.",
    },
  },
  address: {
    limit: {
      title: "Enough unused addresses",
      text: "20 addresses wait for their first payment. More would be missed when the wallet is restored; use one of them.",
    },
  },
  draft: {
    locked: { title: "The wallet is locked", text: "Unlock it, then review the payment again." },
    limit: {
      title: "The fee is too high",
      text: "It is over a safety limit of the wallet. Choose a lower rate, or pay a larger amount.",
    },
    unavailable: {
      title: "The wallet is not up to date",
      text: "It has to hear from its server before it can pay. Try again in a moment.",
    },
  },
  commit: {
    declined: {
      title: "You declined this payment",
      text: "Nothing was signed and nothing was sent. The coins stay where they are.",
    },
    "not-found": {
      title: "This draft is gone",
      text: "It expired, or was used already. Look at the history, then review the payment again.",
    },
    conflict: {
      title: "This payment can no longer be made",
      text: "Its coins were spent meanwhile, or the network or the vault refuses it. Review it again.",
    },
    deadline: {
      title: "The outcome is not known yet",
      text: "No answer came in time. Look at the history before you pay again.",
    },
    unavailable: {
      title: "The payment could not be handed to the network",
      text: "The server does not answer. Look at the history before you pay again.",
    },
    disconnected: {
      title: "The outcome is not known yet",
      text: "The connection broke while the payment was under way. Look at the history before you pay again.",
    },
    internal: {
      title: "The outcome is not known",
      text: "Something went wrong inside Sallyport. Look at the history before you pay again.",
    },
  },
};

/** The words for an error. What the broker said about it stands beside the code, in its own words. */
export function describeError({ code }: SallyportError, action: Action = "read"): ErrorText {
  return SPECIFIC[action]?.[code] ?? GENERAL[code];
}
