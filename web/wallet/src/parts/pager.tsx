// Steps through pages whose number nobody knows in advance.
import { Button } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";

import classes from "./pager.module.css";

interface PagerProps {
  page: number;
  /** Whether there may be a page after this one. */
  more: boolean;
  onPage: (page: number) => void;
  /** What is paged; part of the test ids. */
  name: string;
}

export function Pager({ page, more, onPage, name }: PagerProps) {
  return (
    <nav className={classes.pager} aria-label={`Pages of ${name}`}>
      <Button
        variant="default"
        size="compact-md"
        leftSection={<IconChevronLeft size={16} />}
        disabled={page <= 1}
        data-testid={`${name}-previous`}
        onClick={() => onPage(page - 1)}
      >
        Newer
      </Button>
      <span className={classes.page} data-testid={`${name}-page`}>
        Page {page}
      </span>
      <Button
        variant="default"
        size="compact-md"
        rightSection={<IconChevronRight size={16} />}
        disabled={!more}
        data-testid={`${name}-next`}
        onClick={() => onPage(page + 1)}
      >
        Older
      </Button>
    </nav>
  );
}
