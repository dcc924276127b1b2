// The one way out of the page: a call by name with JSON arguments. Generated functions end here.
import { getBridge } from "./bridge";
import { SallyportError } from "./error";
import { toJson } from "./json";
import { checkAnswer, isDevelopment } from "./shapes";

/** What a caller may add to a call. */
export interface CallOptions {
  /** Cancels the call: the promise rejects with code `"cancelled"` and the broker is told. */
  signal?: AbortSignal;
  /** Gives up after so many milliseconds with code `"deadline"`; without it the broker's deadline counts. */
  timeoutMs?: number;
}

async function call(command: string, args: object, signal: AbortSignal): Promise<unknown> {
  const bridge = await getBridge();
  if (signal.aborted) throw SallyportError.from(signal.reason, command);
  const answer = JSON.parse(await bridge.invoke(command, toJson(args), signal)) as unknown;
  if (isDevelopment) checkAnswer(command, answer);
  return answer;
}

/**
 * Calls a command of the broker and resolves to its result.
 * Rejects with a {@link SallyportError}, and with nothing else; settles exactly once.
 * Prefer the generated function of a command: it knows the types.
 */
export function invoke<T>(command: string, args: object = {}, options?: CallOptions): Promise<T> {
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
    call(command, args, stop.signal)
      .finally(settle)
      .then(
        (value) => resolve(value as T),
        (reason: unknown) => reject(SallyportError.from(reason, command)),
      );
  });
}
