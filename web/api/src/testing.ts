// A broker for tests: answers calls by command name inside the page.
import type { Bridge } from "./bridge";
import { SallyportError } from "./error";

/** Answers one command. Throw or reject with a {@link SallyportError} for a failure. */
export type Handler = (args: never, signal: AbortSignal | undefined) => unknown;

/** One call that the page made, in order. */
export interface RecordedCall {
  /** The command's name. */
  readonly command: string;
  /** Its arguments after their way through JSON. */
  readonly args: unknown;
}

/** What {@link mockSallyport} gives to a test. */
export interface MockSallyport {
  /** Every call so far. */
  readonly calls: readonly RecordedCall[];
  /** The arguments of every call of one command. */
  callsOf(command: string): unknown[];
  /** What the page saved last, parsed; undefined when it saved nothing. */
  savedState(): unknown;
  /** Adds or replaces handlers. */
  handle(handlers: Record<string, Handler>): void;
  /** Delivers an event to the page's subscribers. */
  emit(name: string, payload: unknown): void;
  /** Takes the fake away again. */
  restore(): void;
}

/** What a mocked window starts with. */
export interface MockOptions {
  /** The window's label; "main" if absent. */
  window?: string;
  /** What the page is to find as its saved state. */
  pageState?: unknown;
}

/**
 * Puts a fake broker into the page. A command without a handler fails with `"unknown-command"`;
 * `cmd_save_state` is always there. Arguments and results go through JSON, as they do for real.
 */
export function mockSallyport(
  handlers: Record<string, Handler>,
  { window = "main", pageState }: MockOptions = {},
): MockSallyport {
  const before = globalThis.__SALLYPORT__;
  const calls: RecordedCall[] = [];
  const listeners = new Map<string, Set<(payloadJson: string) => void>>();
  let saved: string | undefined;
  const table: Record<string, Handler> = {
    cmd_save_state: ({ state }: { state: string }) => {
      saved = state;
      return null;
    },
    ...handlers,
  };

  const bridge: Bridge = {
    window,
    pageState: pageState === undefined ? "" : JSON.stringify(pageState),
    async invoke(command, argumentsJson, signal) {
      const args: unknown = JSON.parse(argumentsJson);
      const id = String(calls.push({ command, args }));
      try {
        const handler = table[command];
        if (handler === undefined) {
          throw new SallyportError({ code: "unknown-command", message: "No such command." });
        }
        return JSON.stringify((await handler(args as never, signal)) ?? null);
      } catch (reason) {
        const { code, message, incident } = SallyportError.from(reason);
        // Like the real bridge: a plain object, not an Error.
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw { code, message, command, window, id, incident };
      }
    },
    onEvent(name, handler) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(handler));
      return () => void set.delete(handler);
    },
  };
  globalThis.__SALLYPORT__ = Promise.resolve(bridge);

  return {
    calls,
    callsOf: (command) => calls.filter((call) => call.command === command).map(({ args }) => args),
    savedState: () => (saved === undefined ? undefined : (JSON.parse(saved) as unknown)),
    handle: (more) => void Object.assign(table, more),
    emit: (name, payload) =>
      listeners.get(name)?.forEach((handler) => handler(JSON.stringify(payload))),
    restore: () => {
      globalThis.__SALLYPORT__ = before;
    },
  };
}
