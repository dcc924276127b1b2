// An amount on the screen: exact text, aligned digits, groups that the eye can count. Copied, it is one number.
import { formatAmount, type Unit, unitName } from "../money/amount";
import classes from "./amount.module.css";

interface AmountProps {
  sats: number;
  unit: Unit;
  /** Write a plus sign before what came in. */
  signed?: boolean;
  size?: "hero" | "large" | "normal";
  tone?: "good" | "dimmed";
  testId?: string;
}

export function Amount({ sats, unit, signed = false, size = "normal", tone, testId }: AmountProps) {
  const text = (signed && sats > 0 ? "+" : "") + formatAmount(sats, unit);
  const [whole = "", fraction] = text.split(".");
  // 0.00 123 456: the last six digits are groups of three.
  const groups =
    fraction === undefined ? [] : [fraction.slice(0, 2), fraction.slice(2, 5), fraction.slice(5)];
  return (
    <span
      className={classes.amount}
      data-size={size}
      data-tone={tone}
      data-testid={testId}
      data-sats={sats}
    >
      <span>{whole}</span>
      {fraction !== undefined && (
        <>
          .
          {groups.map((digits, i) => (
            <span key={i} className={classes.group}>
              {digits}
            </span>
          ))}
        </>
      )}{" "}
      <span className={classes.unit}>{unitName(unit)}</span>
    </span>
  );
}
