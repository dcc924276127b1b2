// A message beside the work: what it is about in a line, then a sentence.
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconExclamationCircle,
  IconInfoCircle,
} from "@tabler/icons-react";
import type { ReactNode } from "react";

import classes from "./notice.module.css";

const ICONS = {
  info: IconInfoCircle,
  good: IconCircleCheck,
  warn: IconAlertTriangle,
  bad: IconExclamationCircle,
};

interface NoticeProps {
  tone: keyof typeof ICONS;
  title: string;
  children?: ReactNode;
  testId?: string;
}

export function Notice({ tone, title, children, testId }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div
      className={classes.notice}
      data-tone={tone}
      data-testid={testId}
      role={tone === "bad" ? "alert" : "status"}
    >
      <Icon className={classes.icon} size={20} stroke={1.8} aria-hidden />
      <div className={classes.body}>
        <p className={classes.title}>{title}</p>
        {children !== undefined && <div className={classes.text}>{children}</div>}
      </div>
    </div>
  );
}
