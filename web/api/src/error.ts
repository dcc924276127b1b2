// What a call to the broker can fail with. The codes are those of broker/commands/error.h, plus the
// one that the page's own end adds when there is no broker to ask.

/** Every code that a rejected call can carry, in the order of the broker's own list. */
export const ERROR_CODES = [
  "denied",
  "unknown-command",
  "invalid-argument",
  "too-large",
  "rate-limited",
  "deadline",
  "cancelled",
  "internal",
  "unknown-event",
  "not-found",
  "conflict",
  "locked",
  "declined",
  "unavailable",
  "insufficient-funds",
  "not-supported",
  "limit",
  "disconnected",
] as const;

/** The stable name of a failure; `"disconnected"` is made on this side, all others by the broker. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The members of a {@link SallyportError}, as the bridge hands them over. */
export interface ErrorDetail {
  /** What went wrong, for programs. */
  readonly code: ErrorCode;
  /** What went wrong, for people: a fixed sentence, or one about the caller's own arguments. */
  readonly message: string;
  /** The command that was called, `"cmd_get_balance"`, or the event that was to be listened to. */
  readonly command: string;
  /** Label of the window that called. */
  readonly window: string;
  /** The page's own number of the call. */
  readonly id: string;
  /** Name of the journal entry with the details, for code `"internal"`; otherwise empty. */
  readonly incident: string;
}

/** The one error that a call rejects with. */
export class SallyportError extends Error implements ErrorDetail {
  override readonly name = "SallyportError";
  readonly code: ErrorCode;
  readonly command: string;
  readonly window: string;
  readonly id: string;
  readonly incident: string;

  constructor(detail: Partial<ErrorDetail> & Pick<ErrorDetail, "code">) {
    super(detail.message ?? "");
    this.code = detail.code;
    this.command = detail.command ?? "";
    this.window = detail.window ?? "";
    this.id = detail.id ?? "";
    this.incident = detail.incident ?? "";
  }

  /** Reads whatever a promise was rejected with; what has no known code becomes `"internal"`. */
  static from(reason: unknown, command = ""): SallyportError {
    if (reason instanceof SallyportError) return reason;
    if (typeof reason !== "object" || reason === null) {
      return new SallyportError({ code: "internal", message: "The call failed.", command });
    }
    const member = (name: string): string => {
      const value = (reason as Record<string, unknown>)[name];
      return typeof value === "string" || typeof value === "number" ? String(value) : "";
    };
    return new SallyportError({
      code: ERROR_CODES.find((known) => known === member("code")) ?? "internal",
      message: member("message"),
      command: member("command") || command,
      window: member("window"),
      id: member("id"),
      incident: member("incident"),
    });
  }
}
