// The one way out of the page: a call by name with JSON arguments. Generated functions end here.
import { type CallBytes, getBridge } from "./bridge";
import { SallyportError } from "./error";
import { toCall } from "./json";
import { checkAnswer, isDevelopment } from "./shapes";

/** What a caller may add to a call. */
export interface CallOptions {
  /** Cancels the call: the promise rejects with code `"cancelled"` and the broker is told. */
  signal?: AbortSignal;
  /** Gives up after so many milliseconds with code `"deadline"`; without it the broker's deadline counts. */
  timeoutMs?: number;
}

async function call<T>(
  command: string,
  args: object,
  signal: AbortSignal,
  read: ((json: never, bytes: readonly Uint8Array[]) => T) | undefined,
): Promise<T> {
  const bridge = await getBridge();
  if (signal.aborted) throw SallyportError.from(signal.reason, command);
  const { json, up } = toCall(args);
  const bytes: CallBytes = { up, down: [] };
  const answer = JSON.parse(await bridge.invoke(command, json, signal, bytes)) as unknown;
  if (isDevelopment) checkAnswer(command, answer);
  return read === undefined ? (answer as T) : read(answer as never, bytes.down);
}

/**
 * Calls a command of the broker and resolves to its result.
 * Rejects with a {@link SallyportError}, and with nothing else; settles exactly once.
 * Prefer the generated function of a command: it knows the types.
 * @param read makes the result of its JSON form and the large bytes that this names by index; without it the JSON form
 * is the result.
 */
export function invoke<T>(
  command: string,
  args: object = {},
  options?: CallOptions,
  read?: (json: never, bytes: readonly Uint8Array[]) => T,
): Promise<T> {
  const stop = new AbortController();
  const outer = options?.signal;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () =>
      stop.abort(new SallyportError({ code: "cancelled", message: "Cancelled.", command }));
    const timer =
      options?.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            const message = "The call took too long.";
            stop.abort(new SallyportError({ code: "deadline", message, command }));
          }, options.timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      outer?.removeEventListener("abort", onAbort);
    };
    // The page does not wait for the broker to agree that a call is cancelled.
    stop.signal.addEventListener("abort", () => {
      settle();
      reject(SallyportError.from(stop.signal.reason, command));
    });
    outer?.addEventListener("abort", onAbort);
    if (outer?.aborted) {
      onAbort();
      return;
    }
    call(command, args, stop.signal, read)
      .finally(settle)
      .then(
        (value) => resolve(value),
        (reason: unknown) => reject(SallyportError.from(reason, command)),
      );
  });
}
