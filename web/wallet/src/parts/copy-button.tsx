// Copies a text through the broker: the page's engine has no clipboard of its own. Where that is refused or away, the
// text is marked instead.
import { Button } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";

import { writeText } from "../generated/commands";

interface CopyButtonProps {
  text: string;
  /** What is copied, for people who do not see the button's place. */
  what: string;
  /** The element that shows the text. */
  shownBy?: React.RefObject<HTMLElement | null>;
  testId: string;
  compact?: boolean;
}

const WORDS = { idle: "Copy", copied: "Copied", marked: "Press Ctrl+C" };

async function copy(text: string, element: HTMLElement | null): Promise<"copied" | "marked"> {
  try {
    await writeText({ text });
    return "copied";
  } catch {
    if (element !== null) getSelection()?.selectAllChildren(element);
    return "marked";
  }
}

export function CopyButton({ text, what, shownBy, testId, compact = false }: CopyButtonProps) {
  const [state, setState] = useState<keyof typeof WORDS>("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 2500);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <Button
      variant="default"
      size={compact ? "compact-sm" : "sm"}
      leftSection={state === "copied" ? <IconCheck size={16} /> : <IconCopy size={16} />}
      aria-label={`${WORDS[state]}: ${what}`}
      data-testid={testId}
      onClick={async () => setState(await copy(text, shownBy?.current ?? null))}
    >
      {WORDS[state]}
    </Button>
  );
}
