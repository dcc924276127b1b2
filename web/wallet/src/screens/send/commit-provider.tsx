// Runs the commit of a payment above the screens: it goes on while the user looks elsewhere, and its end is
// written to the page state, so that also a killed page knows that something was under way.
import { type ErrorCode, SallyportError } from "@sallyport/api";
import { type ReactNode, useMemo, useRef } from "react";

import { EMPTY_FORM } from "../../app/page-state";
import { useSendState } from "../../app/use-page-state";
import { useAction } from "../../data/wallet";
import { type Draft, sendTransaction } from "../../generated/commands";
import { type Commit, CommitContext } from "./commit-context";

// After these nobody knows here whether the payment went out.
const UNCLEAR: readonly ErrorCode[] = [
  "deadline",
  "cancelled",
  "internal",
  "unavailable",
  "disconnected",
];

async function commitDraft({ draftId }: Draft, options: { signal?: AbortSignal }): Promise<string> {
  const answer = await sendTransaction({ stage: "commit", draftId }, options);
  if (typeof answer === "string") return answer;
  throw new SallyportError({ code: "internal", message: "A commit was answered by a draft." });
}

export function CommitProvider({ children }: { children: ReactNode }) {
  const { setPhase } = useSendState();
  const current = useRef<Draft>(undefined);
  // From the press of the button to the answer; `pending` begins only after the note is saved.
  const busy = useRef(false);
  const { run, pending, error, reset } = useAction(commitDraft, {
    outlivesScreen: true,
    onDone: (txid) => {
      busy.current = false;
      const draft = current.current;
      if (draft !== undefined) void setPhase({ at: "sent", draft, txid }, EMPTY_FORM);
    },
    onFailed: ({ code }) => {
      busy.current = false;
      const draft = current.current;
      const at = UNCLEAR.includes(code) ? "interrupted" : "review";
      if (draft !== undefined) void setPhase({ at, draft });
    },
  });
  const commit = useMemo<Commit>(
    () => ({
      confirm: (draft) => {
        if (busy.current) return;
        busy.current = true;
        current.current = draft;
        // First the note that it may have happened, then the deed.
        void setPhase({ at: "committing", draft }).then(() => run(draft));
      },
      pending,
      error,
      reset,
    }),
    [pending, error, reset, run, setPhase],
  );
  return <CommitContext value={commit}>{children}</CommitContext>;
}
