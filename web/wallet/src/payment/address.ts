// What an address shows of itself. A first look for the user's benefit: the broker decides what is valid.
import type { Network } from "../generated/commands";

const PREFIXES: Record<Network, { segwit: string; legacy: RegExp }> = {
  mainnet: { segwit: "bc1", legacy: /^[13]/ },
  testnet4: { segwit: "tb1", legacy: /^[mn2]/ },
  signet: { segwit: "tb1", legacy: /^[mn2]/ },
  regtest: { segwit: "bcrt1", legacy: /^[mn2]/ },
};

const NETWORK_NAMES: Record<Network, string> = {
  mainnet: "Mainnet",
  testnet4: "Testnet4",
  signet: "Signet",
  regtest: "Regtest",
};

/** The name of a network as shown to people. */
export function networkName(network: Network): string {
  return NETWORK_NAMES[network];
}

/** Why a typed address cannot be one of this network, or undefined when it may be. */
export function addressProblem(address: string, network: Network): string | undefined {
  if (address === "") return "Enter an address.";
  if (/[^0-9A-Za-z]/.test(address)) return "An address has letters and digits only.";
  const lower = address.toLowerCase();
  const known = (Object.keys(PREFIXES) as Network[]).filter(
    (name) => lower.startsWith(PREFIXES[name].segwit) || PREFIXES[name].legacy.test(address),
  );
  if (known.includes(network)) {
    return address.length < 14 ? "This address is too short." : undefined;
  }
  if (known.length > 0) {
    return `This is an address of ${known.map(networkName).join(" or ")}; this wallet is on ${networkName(network)}.`;
  }
  return `An address of ${networkName(network)} starts with ${PREFIXES[network].segwit}.`;
}

/** An address in groups of four, so that eyes can compare it. */
export function addressGroups(address: string): string[] {
  return address.match(/.{1,4}/g) ?? [];
}

/** The two ends of a long identifier. */
export function shortId(id: string, ends = 8): string {
  return id.length <= ends * 2 + 1 ? id : `${id.slice(0, ends)}…${id.slice(-ends)}`;
}
