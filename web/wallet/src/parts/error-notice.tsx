// An error as the user sees it: words, the code with what the broker said, and for our own bugs the incident to look up.
import type { SallyportError } from "@sallyport/api";

import { type Action, describeError } from "../data/errors";
import classes from "./error-notice.module.css";
import { Notice } from "./notice";

interface ErrorNoticeProps {
  error: SallyportError | null | undefined;
  action?: Action;
  testId?: string;
}

export function ErrorNotice({ error, action = "read", testId = "error" }: ErrorNoticeProps) {
  if (error === null || error === undefined) return null;
  const { title, text } = describeError(error, action);
  return (
    <Notice tone={error.code === "declined" ? "warn" : "bad"} title={title} testId={testId}>
      {text}
      <p className={classes.code}>
        <span data-testid="error-code">{error.code}</span>
        {error.message !== "" && (
          <>
            {": "}
            <span data-testid="error-message">{error.message}</span>
          </>
        )}
        {error.incident !== "" && (
          <>
            {" · incident "}
            <span data-testid="error-incident">{error.incident}</span>
          </>
        )}
      </p>
    </Notice>
  );
}
