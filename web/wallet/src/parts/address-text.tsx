// An address in groups of four with alternating weight, so that a person can compare it. Copied, it is one word.
import { forwardRef } from "react";

import { addressGroups } from "../payment/address";
import classes from "./address-text.module.css";

interface AddressTextProps {
  address: string;
  large?: boolean;
  testId?: string;
}

export const AddressText = forwardRef<HTMLSpanElement, AddressTextProps>(function AddressText(
  { address, large = false, testId },
  ref,
) {
  return (
    <span
      ref={ref}
      className={classes.address}
      data-large={large || undefined}
      data-testid={testId}
      data-address={address}
    >
      {addressGroups(address).map((group, i) => (
        <span key={i} className={classes.group}>
          {group}
        </span>
      ))}
    </span>
  );
});
