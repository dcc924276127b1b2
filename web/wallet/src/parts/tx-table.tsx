// Transactions as a table; on a narrow window each row becomes a card. A row opens to show the rest.
import {
  IconArrowDownLeft,
  IconArrowUpRight,
  IconChevronDown,
  IconRefresh,
} from "@tabler/icons-react";
import { useId, useRef, useState } from "react";

import type { Tx } from "../generated/commands";
import type { Unit } from "../money/amount";
import { shortId } from "../payment/address";
import { AddressText } from "./address-text";
import { Amount } from "./amount";
import { CopyButton } from "./copy-button";
import { Fact, Facts } from "./screen";
import { stateText } from "./tx-state";
import classes from "./tx-table.module.css";

const ICONS = { incoming: IconArrowDownLeft, outgoing: IconArrowUpRight, self: IconRefresh };

// Money that is not in a block is not received yet, and the words say so.
function what({ direction, state, counterparties }: Tx): string {
  if (direction === "self") return "To yourself";
  if (direction === "incoming") return state === "confirmed" ? "Received" : "Incoming";
  const to = counterparties[0];
  const verb = state === "confirmed" ? "Sent" : "Sending";
  return to === undefined ? verb : `${verb} to ${shortId(to)}`;
}

function when(time: number | undefined): string {
  if (time === undefined) return "Not in a block yet";
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(time * 1000),
  );
}

function Details({ tx, unit }: { tx: Tx; unit: Unit }) {
  const txid = useRef<HTMLSpanElement>(null);
  return (
    <Facts>
      <Fact name="Transaction">
        <span className={classes.txid}>
          <span ref={txid} className="mono" data-testid="tx-id">
            {tx.txid}
          </span>
          <CopyButton text={tx.txid} what="transaction" shownBy={txid} testId="tx-copy" compact />
        </span>
      </Fact>
      {tx.counterparties.map((address) => (
        <Fact key={address} name={tx.direction === "outgoing" ? "To" : "With"}>
          <AddressText address={address} />
        </Fact>
      ))}
      {typeof tx.fee === "number" && (
        <Fact name="Fee">
          <Amount sats={tx.fee} unit={unit} testId="tx-fee" />
        </Fact>
      )}
      <Fact name="Confirmations">
        <span className="tabular">{tx.confirmations}</span>
      </Fact>
      {typeof tx.height === "number" && (
        <Fact name="Block">
          <span className="tabular">{tx.height}</span>
        </Fact>
      )}
    </Facts>
  );
}

function Row({ tx, unit }: { tx: Tx; unit: Unit }) {
  const [open, setOpen] = useState(false);
  const detailsId = useId();
  const Icon = ICONS[tx.direction];
  const label = tx.label ?? "";
  const dead = tx.state === "replaced" || tx.state === "conflicted";
  return (
    <>
      <tr
        className={classes.row}
        data-dead={dead || undefined}
        data-testid="tx-row"
        data-txid={tx.txid}
        data-state={tx.state}
        data-direction={tx.direction}
        data-confirmations={tx.confirmations}
      >
        <td className={classes.kind}>
          <span className={classes.icon} data-direction={tx.direction}>
            <Icon size={18} stroke={1.8} aria-hidden />
          </span>
          <span className={classes.words}>
            <span className={classes.label}>{label === "" ? what(tx) : label}</span>
            <span className={classes.sub}>
              {label === "" ? when(tx.time ?? undefined) : what(tx)}
            </span>
          </span>
        </td>
        <td className={classes.date}>{when(tx.time ?? undefined)}</td>
        <td className={classes.state}>
          <span className={classes.pill} data-state={dead ? "dead" : tx.state}>
            {stateText(tx)}
          </span>
        </td>
        <td className={classes.amount}>
          <Amount
            sats={tx.amount}
            unit={unit}
            signed
            testId="tx-amount"
            {...(tx.direction === "incoming" &&
              tx.state === "confirmed" && { tone: "good" as const })}
            {...(dead && { tone: "dimmed" as const })}
          />
        </td>
        <td className={classes.more}>
          <button
            type="button"
            className={classes.toggle}
            aria-expanded={open}
            aria-controls={detailsId}
            aria-label={`Details of ${shortId(tx.txid)}`}
            data-testid="tx-toggle"
            onClick={() => setOpen(!open)}
          >
            <IconChevronDown size={18} stroke={1.7} aria-hidden />
          </button>
        </td>
      </tr>
      {open && (
        <tr id={detailsId} data-testid="tx-details">
          <td colSpan={5} className={classes.details}>
            <Details tx={tx} unit={unit} />
          </td>
        </tr>
      )}
    </>
  );
}

export function TxTable({ txs, unit, caption }: { txs: Tx[]; unit: Unit; caption: string }) {
  return (
    <table className={classes.table}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Payment</th>
          <th scope="col" className={classes.date}>
            Date
          </th>
          <th scope="col">State</th>
          <th scope="col" className={classes.amount}>
            Amount
          </th>
          <th scope="col">
            <span className="visually-hidden">Details</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {txs.map((tx) => (
          <Row key={tx.txid} tx={tx} unit={unit} />
        ))}
      </tbody>
    </table>
  );
}
