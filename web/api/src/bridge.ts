// The object that the renderer puts into the page before any script of the page runs, and the wait for it.
import { SallyportError } from "./error";

/** What came through a channel: with `done` these were the last, and `reason` says what was wrong, if anything was. */
export interface ChannelStep {
  readonly items: readonly string[];
  readonly done: boolean;
  readonly reason?: unknown;
}

/** An open channel. `next` waits for at least one item or the end, and is called one at a time. */
export interface RawChannel {
  next(): Promise<ChannelStep>;
  /** Tells the broker that nobody reads any more; a `next` that waits rejects. */
  close(): void;
}

/** Large bytes beside the text of one call. */
export interface CallBytes {
  /** What the arguments name by index. They are read while the call runs. */
  readonly up: readonly Blob[];
  /** What the answer names by index; set when the call succeeds. */
  down: readonly Uint8Array[];
}

/** What the renderer defines in the main frame. Text goes in and out; types are made by this package. */
export interface Bridge {
  /** Label of this window, for display only: the broker knows the window by its socket. */
  readonly window: string;
  /** What the page saved last before its process ended, or empty. */
  readonly pageState: string;
  /** One call. Rejects with a plain object of the members of `ErrorDetail`. */
  invoke(
    command: string,
    argumentsJson: string,
    signal?: AbortSignal,
    bytes?: CallBytes,
  ): Promise<string>;
  /** Opens the channel of a command that streams. Rejects as `invoke` does; an abort closes it at any time. */
  openChannel(command: string, argumentsJson: string, signal?: AbortSignal): Promise<RawChannel>;
  /** Listens to a named event. What the page listens to is told to the broker once a microtask. */
  listen(
    name: string,
    handler: (payloadJson: string) => void,
    onDropped?: (count: number) => void,
  ): Subscription;
  /** The page has its first listeners: nothing is kept any longer for others to come. */
  ready(): Promise<void>;
}

/** One handler of one event. */
export interface Subscription {
  /** The broker's word; rejects with a plain object of the members of `ErrorDetail`. */
  readonly agreed: Promise<void>;
  /** Takes the handler back; `agreed` resolves if it is still open. */
  stop(): void;
}

declare global {
  // A property of the global object can only be declared with `var`.
  var __SALLYPORT__: Promise<Bridge> | undefined;
}

/** Resolves to the bridge; rejects with code `"disconnected"` where there is none, as in a plain browser. */
export async function getBridge(): Promise<Bridge> {
  const bridge = globalThis.__SALLYPORT__;
  if (bridge === undefined) {
    throw new SallyportError({
      code: "disconnected",
      message: "This page is not shown by a Sallyport window.",
    });
  }
  return bridge;
}
