// Access to the page state for every screen.
import { createContext, useContext } from "react";

import type { PageState, SendForm, SendPhase } from "./page-state";

/**
 * Changes some members. With `now` the answer waits until the broker has the new state: used before
 * something that must not be forgotten.
 */
export type PageStateUpdate = (
  change: Partial<PageState> | ((state: PageState) => Partial<PageState>),
  options?: { now?: boolean },
) => Promise<void>;

export const PageStateContext = createContext<
  { state: PageState; update: PageStateUpdate } | undefined
>(undefined);

/** The page state and the way to change it. */
export function usePageState() {
  const value = useContext(PageStateContext);
  if (value === undefined) throw new Error("outside of PageStateProvider");
  return value;
}

/** The payment in the making. */
export function useSendState() {
  const { state, update } = usePageState();
  const { form, phase } = state.send;
  return {
    form,
    phase,
    setForm: (change: Partial<SendForm>) =>
      void update((s) => ({ send: { ...s.send, form: { ...s.send.form, ...change } } })),
    setPhase: (next: SendPhase, nextForm?: SendForm) =>
      update((s) => ({ send: { form: nextForm ?? s.send.form, phase: next } }), { now: true }),
  };
}
