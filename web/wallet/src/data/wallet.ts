// The wallet's commands as the screens use them. Reading commands are asked again when the broker says that
// something changed; a changing one refreshes all of them when it is done.
import type { CallOptions, SallyportError } from "@sallyport/api";
import { useCommand } from "@sallyport/api/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";

import {
  type Balance,
  type GetBalance,
  getAddresses,
  getBalance,
  getTransactionHistory,
  getWalletInfo,
  listWallets,
  onWalletChanged,
} from "../generated/commands";

/**
 * How often each answer is asked for again without an event, in milliseconds: the vault locks itself without a word,
 * and names and backups are changed from the command line.
 */
export const POLL_MS = { wallets: 5000, info: 2000, others: 30_000 };

const CHANGED = [onWalletChanged];

/** How many transactions a page of the history has. */
export const PAGE_SIZE = 20;

export function useWallets() {
  return useCommand(
    "cmd_list_wallets",
    listWallets,
    {},
    { pollMs: POLL_MS.wallets, invalidatedBy: CHANGED },
  );
}

export function useWalletInfo(enabled = true) {
  return useCommand(
    "cmd_get_wallet_info",
    getWalletInfo,
    {},
    { pollMs: POLL_MS.info, invalidatedBy: CHANGED, enabled },
  );
}

// Without an address the answer is always the parts.
const getWholeBalance = (args: GetBalance, options?: CallOptions) =>
  getBalance(args, options) as Promise<Balance>;

export function useBalance() {
  return useCommand(
    "cmd_get_balance",
    getWholeBalance,
    {},
    { pollMs: POLL_MS.others, invalidatedBy: CHANGED },
  );
}

export function useAddresses() {
  return useCommand(
    "cmd_get_addresses",
    getAddresses,
    {},
    { pollMs: POLL_MS.others, invalidatedBy: CHANGED },
  );
}

export function useHistory(page: number, filter = "", limit = PAGE_SIZE) {
  return useCommand(
    "cmd_get_transaction_history",
    getTransactionHistory,
    { page, limit, ...(filter !== "" && { filter }) },
    { pollMs: POLL_MS.others, invalidatedBy: CHANGED, keepPrevious: true },
  );
}

/** A changing command: run, cancel, and how the last run ended. */
export interface WalletAction<A> {
  run: (args: A) => void;
  cancel: () => void;
  reset: () => void;
  pending: boolean;
  /** Why the last run failed; undefined when the user cancelled it here. */
  error: SallyportError | undefined;
}

/** How a changing command behaves. */
export interface ActionOptions<R> {
  onDone?: (result: R) => void;
  onFailed?: (error: SallyportError) => void;
  /** True: leaving the screen does not cancel it. */
  outlivesScreen?: boolean;
}

/** Makes a changing command usable by a screen. */
export function useAction<A, R>(
  command: (args: A, options: CallOptions) => Promise<R>,
  { onDone, onFailed, outlivesScreen = false }: ActionOptions<R> = {},
): WalletAction<A> {
  const client = useQueryClient();
  const stop = useRef<AbortController>(undefined);
  const [cancelledHere, setCancelledHere] = useState(false);
  const { mutate, reset, isPending, error } = useMutation<R, SallyportError, A>({
    mutationFn: (args) => {
      stop.current = new AbortController();
      return command(args, { signal: stop.current.signal });
    },
    onSuccess: (result) => onDone?.(result),
    onError: (reason) => onFailed?.(reason),
    // Not awaited: the action is over, also when a query hangs.
    onSettled: () => void client.invalidateQueries(),
  });
  useEffect(() => {
    if (!outlivesScreen) return () => stop.current?.abort();
    return undefined;
  }, [outlivesScreen]);
  const run = useCallback(
    (args: A) => {
      setCancelledHere(false);
      mutate(args);
    },
    [mutate],
  );
  const cancel = useCallback(() => {
    setCancelledHere(true);
    stop.current?.abort();
  }, []);
  return {
    run,
    cancel,
    reset,
    pending: isPending,
    error: error === null || cancelledHere ? undefined : error,
  };
}
