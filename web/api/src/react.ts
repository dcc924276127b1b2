// Commands as TanStack queries, events as effects.
import {
  QueryClient,
  type QueryKey,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import type { SallyportError } from "./error";
import type { EventSource, Listener, ListenOptions } from "./events";
import type { CallOptions } from "./invoke";

export { type ChannelState, useChannel, type UseChannelOptions } from "./use-channel";

/** A generated `onXxx` function, whatever it hands over. */
export type AnyEventSource = (handler: () => void, options?: ListenOptions) => Listener;

/** How a command is kept fresh. */
export interface CommandOptions {
  /** False: do not ask now. */
  enabled?: boolean;
  /** Ask again after so many milliseconds while the page is visible. */
  pollMs?: number;
  /**
   * Ask again when one of these events comes: generated `onXxx` functions, in an array that stays the same. Those that
   * the window may not listen to are passed over.
   */
  invalidatedBy?: readonly AnyEventSource[];
  /** Show the last answer while a new page of arguments is on its way. */
  keepPrevious?: boolean;
}

/**
 * A query client made for a broker instead of a network: it asks also when the engine believes to be
 * offline (a caged page always is), and leaves trying again to events, polling and the user.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { networkMode: "always", retry: false, staleTime: 500 },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

const NO_EVENTS: readonly AnyEventSource[] = [];

// An event, or a number of dropped ones, makes the answer old. So does the time before the broker agreed: what
// happened between that answer and the agreement was told to nobody.
function useInvalidation(queryKey: QueryKey, sources: readonly AnyEventSource[], enabled: boolean) {
  const client = useQueryClient();
  const key = useRef(queryKey);
  useEffect(() => {
    key.current = queryKey;
  });
  useEffect(() => {
    if (!enabled) return undefined;
    let over = false;
    const invalidate = () => {
      if (!over) void client.invalidateQueries({ queryKey: key.current, exact: true });
    };
    const listeners = sources.map((source) => source(invalidate, { onDropped: invalidate }));
    for (const { agreed } of listeners) {
      agreed.then(
        () => {
          if (client.getQueryState(key.current)?.dataUpdatedAt) invalidate();
        },
        () => undefined,
      );
    }
    return () => {
      over = true;
      for (const listener of listeners) listener.dispose();
    };
  }, [client, sources, enabled]);
}

/**
 * The latest answer of a reading command, by its name, its generated function and its arguments.
 * Unmounting cancels the call; `queryKey` is `[name, args]`.
 */
export function useCommand<A extends object, R>(
  name: string,
  command: (args: A, options?: CallOptions) => Promise<R>,
  args: A,
  { enabled = true, pollMs, invalidatedBy = NO_EVENTS, keepPrevious = false }: CommandOptions = {},
): UseQueryResult<R, SallyportError> {
  const queryKey = [name, args];
  useInvalidation(queryKey, invalidatedBy, enabled);
  return useQuery<R, SallyportError>({
    queryKey,
    queryFn: ({ signal }) => command(args, { signal }),
    enabled,
    refetchInterval: pollMs ?? false,
    ...(keepPrevious && { placeholderData: (previous: R | undefined) => previous as never }),
  });
}

/** How an event is listened to by {@link useEvent}. */
export interface EventHookOptions {
  /** False: do not listen now. */
  enabled?: boolean;
  /** So many did not fit into the window's queue. */
  onDropped?: (count: number) => void;
}

/**
 * Listens while the component is there, with the handler of its last rendering. Answers why the broker does not let
 * the window listen, or null.
 */
export function useEvent<E>(
  source: EventSource<E>,
  handler: (event: E) => void,
  { enabled = true, onDropped }: EventHookOptions = {},
): SallyportError | null {
  const [error, setError] = useState<SallyportError | null>(null);
  const latest = useRef({ handler, onDropped });
  useEffect(() => {
    latest.current = { handler, onDropped };
  });
  useEffect(() => {
    if (!enabled) return undefined;
    let over = false;
    const listener = source((event) => latest.current.handler(event), {
      onDropped: (count) => latest.current.onDropped?.(count),
    });
    listener.agreed.then(
      () => {
        if (!over) setError(null);
      },
      (reason: unknown) => {
        if (!over) setError(reason as SallyportError);
      },
    );
    return () => {
      over = true;
      listener.dispose();
    };
  }, [source, enabled]);
  return error;
}
