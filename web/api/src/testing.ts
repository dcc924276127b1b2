// A broker for tests: answers calls by command name inside the page.
import type { Bridge, RawChannel } from "./bridge";
import { SallyportError } from "./error";
import { toJson } from "./json";

/**
 * Answers one command. Throw or reject with a {@link SallyportError} for a failure. For a command that streams: an
 * iterable of its items, async or not, such as a generator function gives.
 */
export type Handler = (args: never, signal: AbortSignal | undefined) => unknown;

/** What the generated client exports as `Commands`. */
export type CommandTable<Table> = {
  [Name in keyof Table]: { args: object; answer: unknown };
};

/** Handlers of some of a client's commands, with its types: a wrong answer does not compile. */
export type Handlers<Table extends CommandTable<Table>> = {
  [Name in keyof Table]?: (
    args: Table[Name]["args"],
    signal: AbortSignal | undefined,
  ) => Table[Name]["answer"] | Promise<Table[Name]["answer"]>;
};

/** What commands are when a test names no table. */
type AnyCommands = Record<string, { args: never; answer: unknown }>;

/** What the generated client exports as `Events`, when a test names no table. */
type AnyEvents = Record<string, unknown>;

/** A handler that never answers, as a broker that waits for its user: only an abort or a deadline ends the call. */
export function neverAnswers(_args: unknown, signal?: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => {
      reject(new SallyportError({ code: "cancelled", message: "The page cancelled the call." }));
    });
  });
}

/** One call that the page made, in order. */
export interface RecordedCall {
  /** The command's name. */
  readonly command: string;
  /** Its arguments after their way through JSON. */
  readonly args: unknown;
  /** The large bytes that the arguments name by index; absent when there are none. */
  readonly up?: readonly Blob[];
}

/** What {@link mockSallyport} gives to a test. */
export interface MockSallyport<
  Table extends CommandTable<Table> = AnyCommands,
  Events extends object = AnyEvents,
> {
  /** Every call so far. */
  readonly calls: readonly RecordedCall[];
  /** The arguments of every call of one command. */
  callsOf(command: keyof Table & string): unknown[];
  /** What the page saved last, parsed; undefined when it saved nothing. */
  savedState(): unknown;
  /** Adds or replaces handlers. */
  handle(handlers: Handlers<Table>): void;
  /** Delivers an event to the page's listeners, or keeps it for them while the page is not ready. */
  emit<Name extends keyof Events & string>(name: Name, payload: Events[Name]): void;
  /** Tells the page's listeners that so many events of a name did not fit into its queue. */
  drop(name: keyof Events & string, count: number): void;
  /** How many listeners an event has. */
  listeners(name: keyof Events & string): number;
  /** Whether the page said `ready()`. */
  isReady(): boolean;
  /** Takes the fake away again. */
  restore(): void;
}

/** What a mocked window starts with. */
export interface MockOptions {
  /** The window's label; "main" if absent. */
  window?: string;
  /** What the page is to find as its saved state. */
  pageState?: unknown;
  /** Events that the window may not listen to: they are refused with `"denied"`. */
  deniedEvents?: readonly string[];
}

// One item a step, so that a test sees what a reader asks for.
function mockChannel(
  source: unknown,
  signal: AbortSignal | undefined,
  failureOf: (reason: unknown) => object,
): RawChannel {
  const cancelled = new SallyportError({ code: "cancelled", message: "The channel is closed." });
  const items = async function* () {
    yield* source as Iterable<unknown> | AsyncIterable<unknown>;
  };
  const iterator = items();
  let isClosed = false;
  let onClose: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (onClose = resolve));
  const close = () => {
    if (isClosed) return;
    isClosed = true;
    onClose();
    void iterator.return();
  };
  signal?.addEventListener("abort", close);
  if (signal?.aborted) close();
  return {
    close,
    async next() {
      try {
        const step = isClosed ? undefined : await Promise.race([iterator.next(), closed]);
        if (step === undefined) throw cancelled;
        return step.done ? { items: [], done: true } : { items: [toJson(step.value)], done: false };
      } catch (reason) {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw failureOf(reason);
      }
    },
  };
}

/**
 * Puts a fake broker into the page. A command without a handler fails with `"unknown-command"`;
 * `cmd_save_state` is always there. Arguments and results go through JSON, as they do for real.
 * `mockSallyport<Commands, Events>(…)` with the generated tables types the handlers and what `emit` sends; without
 * them anything goes.
 */
export function mockSallyport<
  Table extends CommandTable<Table> = AnyCommands,
  Events extends object = AnyEvents,
>(
  handlers: Handlers<NoInfer<Table>>,
  { window = "main", pageState, deniedEvents = [] }: MockOptions = {},
): MockSallyport<Table, Events> {
  const before = globalThis.__SALLYPORT__;
  const calls: RecordedCall[] = [];
  interface Entry {
    handler: (payloadJson: string) => void;
    onDropped: ((count: number) => void) | undefined;
  }
  const listeners = new Map<string, Set<Entry>>();
  let early: { name: string; payloadJson: string }[] = [];
  let isReady = false;
  let saved: string | undefined;
  const table: Record<string, Handler> = {
    cmd_save_state: ({ state }: { state: string }) => {
      saved = state;
      return null;
    },
    ...handlers,
  };

  function failureOf(reason: unknown, command: string, id: string) {
    const { code, message, incident } = SallyportError.from(reason);
    // Like the real bridge: a plain object, not an Error.
    return { code, message, command, window, id, incident };
  }

  async function answer(
    id: string,
    command: string,
    args: unknown,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    try {
      const handler = table[command];
      if (handler === undefined) {
        throw new SallyportError({ code: "unknown-command", message: "No such command." });
      }
      return await handler(args as never, signal);
    } catch (reason) {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw failureOf(reason, command, id);
    }
  }

  const bridge: Bridge = {
    window,
    pageState: pageState === undefined ? "" : JSON.stringify(pageState),
    async invoke(command, argumentsJson, signal, bytes) {
      const args: unknown = JSON.parse(argumentsJson);
      const up = bytes?.up ?? [];
      const id = String(calls.push(up.length > 0 ? { command, args, up } : { command, args }));
      return toJson((await answer(id, command, args, signal)) ?? null);
    },
    async openChannel(command, argumentsJson, signal) {
      const args: unknown = JSON.parse(argumentsJson);
      const id = String(calls.push({ command, args }));
      const source = await answer(id, command, args, signal);
      return mockChannel(source, signal, (reason) => failureOf(reason, command, id));
    },
    listen(name, handler, onDropped) {
      if (deniedEvents.includes(name)) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        return { agreed: Promise.reject({ code: "denied", command: name }), stop: () => undefined };
      }
      const set = listeners.get(name) ?? new Set();
      const entry = { handler, onDropped };
      listeners.set(name, set.add(entry));
      const missed = early.filter((event) => event.name === name);
      early = early.filter((event) => event.name !== name);
      queueMicrotask(() => missed.forEach(({ payloadJson }) => handler(payloadJson)));
      return { agreed: Promise.resolve(), stop: () => void set.delete(entry) };
    },
    ready() {
      isReady = true;
      early = [];
      return Promise.resolve();
    },
  };
  globalThis.__SALLYPORT__ = Promise.resolve(bridge);

  return {
    calls,
    callsOf: (command) => calls.filter((call) => call.command === command).map(({ args }) => args),
    savedState: () => (saved === undefined ? undefined : (JSON.parse(saved) as unknown)),
    handle: (more) => void Object.assign(table, more),
    emit: (name, payload) => {
      const payloadJson = JSON.stringify(payload, (_key, value: unknown) =>
        typeof value === "bigint" ? value.toString() : value,
      );
      const entries = [...(listeners.get(name) ?? [])];
      if (entries.length === 0 && !isReady) early.push({ name, payloadJson });
      entries.forEach(({ handler }) => handler(payloadJson));
    },
    drop: (name, count) => listeners.get(name)?.forEach(({ onDropped }) => onDropped?.(count)),
    listeners: (name) => listeners.get(name)?.size ?? 0,
    isReady: () => isReady,
    restore: () => {
      globalThis.__SALLYPORT__ = before;
    },
  };
}
