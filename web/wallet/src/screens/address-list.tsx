// All receive addresses of the wallet, newest first.
import { useState } from "react";

import type { Address } from "../generated/commands";
import type { Unit } from "../money/amount";
import { Amount } from "../parts/amount";
import { Pager } from "../parts/pager";
import { shortId } from "../payment/address";
import classes from "./address-list.module.css";

const PAGE = 10;

interface AddressListProps {
  addresses: Address[];
  current: string | undefined;
  unit: Unit;
  onChoose: (address: string) => void;
}

export function AddressList({ addresses, current, unit, onChoose }: AddressListProps) {
  const [page, setPage] = useState(1);
  const shown = addresses.slice((page - 1) * PAGE, page * PAGE);
  return (
    <>
      <ul className="unstyled-list">
        {shown.map(({ address, index, label, used, balance }) => (
          <li key={address}>
            <button
              type="button"
              className={classes.row}
              aria-pressed={address === current}
              data-testid="address-row"
              data-address={address}
              data-used={used}
              onClick={() => onChoose(address)}
            >
              <span className={classes.index}>{index}</span>
              <span className={classes.what}>
                <span className="mono">{shortId(address, 10)}</span>
                {(label ?? "") !== "" && <span className={classes.label}>{label}</span>}
              </span>
              <span className={classes.used} data-used={used}>
                {used ? "Used" : "Unused"}
              </span>
              <span className={classes.balance}>
                <Amount
                  sats={balance}
                  unit={unit}
                  {...(balance === 0 && { tone: "dimmed" as const })}
                />
              </span>
            </button>
          </li>
        ))}
      </ul>
      {addresses.length > PAGE && (
        <Pager
          page={page}
          more={page * PAGE < addresses.length}
          onPage={setPage}
          name="addresses"
        />
      )}
    </>
  );
}
