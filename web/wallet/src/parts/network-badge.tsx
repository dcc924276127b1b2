// Which chain the money is on, impossible to overlook where it is worth nothing.
import { IconFlask } from "@tabler/icons-react";

import type { Network } from "../generated/commands";
import { networkName } from "../payment/address";
import classes from "./network-badge.module.css";

export function NetworkBadge({ network }: { network: Network }) {
  const test = network !== "mainnet";
  return (
    <span
      className={classes.badge}
      data-network={network}
      data-testid="network-badge"
      title={test ? "Test network: these coins have no value" : "Bitcoin's main network"}
    >
      {test && <IconFlask size={13} stroke={2} aria-hidden />}
      {networkName(network)}
      {test && <span className={classes.note}>test coins</span>}
    </span>
  );
}
