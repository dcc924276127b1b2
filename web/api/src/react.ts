// Commands as TanStack queries.
import { QueryClient, useQuery, type UseQueryResult } from "@tanstack/react-query";

import type { SallyportError } from "./error";
import type { CallOptions } from "./invoke";

export { type ChannelState, useChannel, type UseChannelOptions } from "./use-channel";

/** How a command is kept fresh. */
export interface CommandOptions {
  /** False: do not ask now. */
  enabled?: boolean;
  /** Ask again after so many milliseconds while the page is visible. */
  pollMs?: number;
  /** Show the last answer while a new page of arguments is on its way. */
  keepPrevious?: boolean;
}

/**
 * A query client made for a broker instead of a network: it asks also when the engine believes to be
 * offline (a caged page always is), and leaves trying again to polling and to the user.
 */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { networkMode: "always", retry: false, staleTime: 500 },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

/**
 * The latest answer of a reading command, by its name, its generated function and its arguments.
 * Unmounting cancels the call; `queryKey` is `[name, args]`.
 */
export function useCommand<A extends object, R>(
  name: string,
  command: (args: A, options?: CallOptions) => Promise<R>,
  args: A,
  { enabled = true, pollMs, keepPrevious = false }: CommandOptions = {},
): UseQueryResult<R, SallyportError> {
  return useQuery<R, SallyportError>({
    queryKey: [name, args],
    queryFn: ({ signal }) => command(args, { signal }),
    enabled,
    refetchInterval: pollMs ?? false,
    ...(keepPrevious && { placeholderData: (previous: R | undefined) => previous as never }),
  });
}
