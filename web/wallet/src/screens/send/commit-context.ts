// The payment under way, as the screens see it.
import type { SallyportError } from "@sallyport/api";
import { createContext, useContext } from "react";

import type { Draft } from "../../generated/commands";

export interface Commit {
  /** Asks for the signature of this draft; the prompt asks the user. */
  confirm: (draft: Draft) => void;
  pending: boolean;
  error: SallyportError | undefined;
  /** Forgets the last error. */
  reset: () => void;
}

export const CommitContext = createContext<Commit | undefined>(undefined);

export function useCommit(): Commit {
  const commit = useContext(CommitContext);
  if (commit === undefined) throw new Error("outside of CommitProvider");
  return commit;
}
