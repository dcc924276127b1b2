// A channel as a component's state.
import { useEffect, useReducer, useRef } from "react";

import type { Channel, ChannelOptions } from "./channel";
import { SallyportError } from "./error";
import { toJson } from "./json";

/** How a component reads a channel. */
export interface UseChannelOptions<T> {
  /** False: do not open it now. */
  enabled?: boolean;
  /** How many of the last items are kept; 100 if absent. */
  keep?: number;
  /** Told of every item, in order; the next one is asked for when it has returned or its promise has resolved. */
  onItem?: (item: T) => void | Promise<void>;
}

/** What a component knows of its channel. */
export interface ChannelState<T> {
  /** The last items, oldest first. */
  readonly items: readonly T[];
  /** `"ended"`: the command has no more; `"failed"`: see `error`. */
  readonly status: "idle" | "open" | "ended" | "failed";
  readonly error: SallyportError | null;
}

type Change<T> =
  | { type: "start" | "stop" | "end" }
  | { type: "items"; items: readonly T[]; keep: number }
  | { type: "fail"; error: SallyportError };

function change<T>(state: ChannelState<T>, by: Change<T>): ChannelState<T> {
  switch (by.type) {
    case "start":
      return { items: [], status: "open", error: null };
    case "stop":
      return { ...state, status: "idle" };
    case "end":
      return { ...state, status: "ended" };
    case "items":
      return { ...state, items: [...state.items, ...by.items].slice(-by.keep) };
    case "fail":
      return { ...state, status: "failed", error: by.error };
  }
}

/**
 * Reads the channel of a command while the component is there: by its generated function and its arguments. Other
 * arguments open a new channel, unmounting closes it.
 */
export function useChannel<A extends object, T>(
  command: (args: A, options?: ChannelOptions) => Channel<T>,
  args: A,
  { enabled = true, keep = 100, onItem }: UseChannelOptions<T> = {},
): ChannelState<T> {
  const [state, tell] = useReducer(change<T>, { items: [], status: "idle", error: null });
  const latest = useRef({ command, args, onItem });
  useEffect(() => {
    latest.current = { command, args, onItem };
  });
  const key = toJson(args);
  useEffect(() => {
    if (!enabled) return undefined;
    const stop = new AbortController();
    const read = async () => {
      try {
        const { command: open, args: given } = latest.current;
        for await (const item of open(given, { signal: stop.signal })) {
          if (stop.signal.aborted) return;
          tell({ type: "items", items: [item], keep });
          await latest.current.onItem?.(item);
        }
        if (!stop.signal.aborted) tell({ type: "end" });
      } catch (reason) {
        if (!stop.signal.aborted) tell({ type: "fail", error: SallyportError.from(reason) });
      }
    };
    tell({ type: "start" });
    void read();
    return () => {
      stop.abort();
      tell({ type: "stop" });
    };
  }, [key, enabled, keep]);
  return state;
}
