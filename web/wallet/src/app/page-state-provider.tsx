// Holds the page state and saves it through the broker: soon after a change, or at once where it matters.
import { saveState } from "@sallyport/api";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { PageState } from "./page-state";
import { PageStateContext, type PageStateUpdate } from "./use-page-state";

/** How long typing must pause before it is saved. */
const SAVE_DELAY_MS = 300;

/** What waits for a save waits no longer than this. */
const SAVE_TIMEOUT_MS = 3000;

// The page works without its state being saved, and a text in the console would help nobody.
const save = (state: PageState) =>
  saveState(state, { timeoutMs: SAVE_TIMEOUT_MS }).catch(() => undefined);

export function PageStateProvider(props: { initial: PageState; children: ReactNode }) {
  const [state, setState] = useState(props.initial);
  const current = useRef(state);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const update = useCallback<PageStateUpdate>((change, { now = false } = {}) => {
    current.current = {
      ...current.current,
      ...(typeof change === "function" ? change(current.current) : change),
    };
    setState(current.current);
    clearTimeout(timer.current);
    if (now) return save(current.current).then(() => undefined);
    timer.current = setTimeout(() => void save(current.current), SAVE_DELAY_MS);
    return Promise.resolve();
  }, []);

  useEffect(() => () => clearTimeout(timer.current), []);

  const value = useMemo(() => ({ state, update }), [state, update]);
  return <PageStateContext value={value}>{props.children}</PageStateContext>;
}
