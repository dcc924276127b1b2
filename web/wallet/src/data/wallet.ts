// The wallet's commands as the screens use them. Reading commands are asked again every few seconds
// while the page is visible; a changing one refreshes all of them when it is done.
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
} from "../generated/commands";

/** How often each answer is asked for again, in milliseconds. */
export const POLL_MS = { wallets: 5000, info: 2000, balance: 3000, history: 3000, addresses: 4000 };

/** How many transactions a page of the history has. */
export const PAGE_SIZE = 20;

export function useWallets() {
  return useCommand("cmd_list_wallets", listWallets, {}, { pollMs: POLL_MS.wallets });
}

export function useWalletInfo(enabled = true) {
  return useCommand("cmd_get_wallet_info", getWalletInfo, {}, { pollMs: POLL_MS.info, enabled });
}

// Without an address the answer is always the parts.
const getWholeBalance = (args: GetBalance, options?: CallOptions) =>
  getBalance(args, options) as Promise<Balance>;

export function useBalance() {
  return useCommand("cmd_get_balance", getWholeBalance, {}, { pollMs: POLL_MS.balance });
}

export function useAddresses() {
  return useCommand("cmd_get_addresses", getAddresses, {}, { pollMs: POLL_MS.addresses });
}

export function useHistory(page: number, filter = "", limit = PAGE_SIZE) {
  return useCommand(
    "cmd_get_transaction_history",
    getTransactionHistory,
    { page, limit, ...(filter !== "" && { filter }) },
    { pollMs: POLL_MS.history, keepPrevious: true },
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
