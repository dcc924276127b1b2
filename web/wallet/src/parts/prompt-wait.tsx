// Shown while the trusted prompt asks the user something that this page must not see.
import { Button, Loader } from "@mantine/core";
import { IconShieldLock } from "@tabler/icons-react";
import type { ReactNode } from "react";

import classes from "./prompt-wait.module.css";

interface PromptWaitProps {
  title: string;
  children: ReactNode;
  onCancel?: () => void;
  testId: string;
}

export function PromptWait({ title, children, onCancel, testId }: PromptWaitProps) {
  return (
    <div className={classes.wait} role="status" data-testid={testId}>
      <IconShieldLock size={28} stroke={1.6} className={classes.icon} aria-hidden />
      <div className={classes.body}>
        <p className={classes.title}>{title}</p>
        <div className={classes.text}>{children}</div>
        <div className={classes.row}>
          <Loader size={16} type="dots" aria-hidden />
          <span>Waiting for the trusted prompt</span>
          {onCancel !== undefined && (
            <Button
              variant="subtle"
              size="compact-sm"
              onClick={onCancel}
              data-testid="prompt-cancel"
            >
              Cancel
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}
