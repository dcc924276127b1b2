// The frame of a screen: its heading takes the focus when the screen changes, so that keyboard and screen
// reader start at its top.
import { type ReactNode, useEffect, useRef } from "react";

import classes from "./screen.module.css";

let firstScreen = true;

interface ScreenProps {
  title: string;
  lead?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}

export function Screen({ title, lead, aside, children }: ScreenProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Sallyport Wallet`;
    if (!firstScreen) heading.current?.focus();
    firstScreen = false;
  }, [title]);
  return (
    <div className={classes.screen}>
      <div className={classes.head}>
        <div>
          <h1 ref={heading} tabIndex={-1} className={classes.title}>
            {title}
          </h1>
          {lead !== undefined && <p className={classes.lead}>{lead}</p>}
        </div>
        {aside}
      </div>
      {children}
    </div>
  );
}

/** A card with a heading. */
export function Section({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <section className={classes.section}>
      {title !== undefined && <h2 className={classes.sectionTitle}>{title}</h2>}
      {children}
    </section>
  );
}

/** A line of a list of facts. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A list of facts. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className={classes.facts}>{children}</dl>;
}
