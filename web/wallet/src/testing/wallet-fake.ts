// A wallet in memory that answers its eleven commands, and a clipboard: for tests and for `npm run dev`. Never in the build.
import { SallyportError } from "@sallyport/api";
import type { Handler } from "@sallyport/api/testing";

import type {
  Address,
  CreateWallet,
  Draft,
  GenerateAddress,
  GetBalance,
  GetTransactionHistory,
  SelectWallet,
  SendTransaction,
  Tx,
  UnlockWallet,
  WalletInfo,
  WriteText,
} from "../generated/commands";

const CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** A text that looks like a regtest address; the same for the same number. */
export function fakeAddress(n: number): string {
  let seed = n * 2654435761 + 12345;
  let data = "";
  for (let i = 0; i < 38; i++) {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    data += CHARSET.charAt(Math.floor(seed / 65536) % 32);
  }
  return `bcrt1q${data}`;
}

/** A text that looks like a transaction id. */
export function fakeTxid(n: number): string {
  return Array.from({ length: 8 }, (_, i) =>
    ((n + 1) * 2654435761 * (i + 7)).toString(16).slice(-8).padStart(8, "0"),
  ).join("");
}

const fail = (code: SallyportError["code"], message = ""): never => {
  throw new SallyportError({ code, message });
};

/** The fake's whole state, to be set and read by tests. */
export class WalletFake {
  wallets: string[] = [];
  selected = "";
  locked = false;
  info: Omit<WalletInfo, "id" | "locked"> = {
    name: "Savings",
    network: "regtest",
    scriptType: "p2wpkh",
    fingerprint: "73c5da0a",
    height: 203,
    synced: true,
    backedUp: true,
    feeEstimates: { fast: 5, normal: 2, slow: 1 },
  };
  balance = { confirmed: 0, incoming: 0, change: 0, immature: 0, frozen: 0 };
  addresses: Address[] = [];
  transactions: Tx[] = [];
  /** What was copied; null makes the clipboard refuse. */
  clipboard: string | null = "";
  drafts = new Map<string, { draft: Draft; label: string | undefined }>();
  /** What the user does in the prompt; a test replaces it to decline or to wait. */
  prompt: () => Promise<void> | void = () => undefined;
  now = () => Math.floor(Date.now() / 1000);

  /** A wallet with some money and a past. */
  static withMoney(): WalletFake {
    const fake = new WalletFake();
    fake.wallets = ["savings"];
    fake.selected = "savings";
    fake.balance = { ...fake.balance, confirmed: 1_234_567_890, incoming: 2_500_000, immature: 0 };
    for (let i = 0; i < 4; i++) fake.addAddress(i === 0 ? { label: "Salary" } : {});
    fake.addresses.slice(0, 3).forEach((address) => (address.used = true));
    const first = fake.addresses[0];
    if (first !== undefined) first.balance = 1_234_567_890;
    for (let i = 0; i < 47; i++) fake.transactions.push(fake.pastTx(i));
    return fake;
  }

  addAddress({ label }: GenerateAddress): Address {
    const index = this.addresses.length;
    const address: Address = {
      address: fakeAddress(index),
      path: `m/84'/1'/0'/0/${index}`,
      index,
      change: false,
      used: false,
      balance: 0,
      ...(label !== undefined && { label }),
    };
    this.addresses.push(address);
    return address;
  }

  private pastTx(i: number): Tx {
    const outgoing = i % 3 === 1;
    const pending = i === 0;
    return {
      txid: fakeTxid(i),
      direction: outgoing ? "outgoing" : i % 7 === 6 ? "self" : "incoming",
      amount: outgoing ? -(1_500_000 + i * 7_919) : 2_500_000 + i * 104_729,
      ...(outgoing && { fee: 282 }),
      confirmations: pending ? 0 : i * 3,
      ...(!pending && { height: this.info.height - i * 3 + 1, time: 1_790_000_000 - i * 7200 }),
      state: pending ? "pending" : i === 8 ? "replaced" : "confirmed",
      counterparties: outgoing ? [fakeAddress(100 + i)] : [],
      ...(i % 4 === 1 && { label: ["Rent", "Coffee beans", "Anna", "Server"][i % 3] ?? "" }),
    };
  }

  private open(): void {
    if (this.selected === "") fail("not-found", "No wallet is selected.");
    if (this.locked) fail("locked", "The wallet is locked.");
  }

  private draft(args: SendTransaction): Draft {
    const outputs = args.outputs ?? [{ address: args.to ?? "", amount: args.amount ?? 0 }];
    const sum = outputs.reduce((total, { amount }) => total + amount, 0);
    const feeRate = args.feeRate ?? this.info.feeEstimates.normal;
    const fee = Math.ceil(feeRate * 141);
    const total = args.subtractFee ? sum : sum + fee;
    if (total > this.balance.confirmed) fail("insufficient-funds");
    const draft: Draft = {
      draftId: `draft-${this.drafts.size + 1}`,
      outputs: args.subtractFee
        ? outputs.map((one, i) => (i === 0 ? { ...one, amount: one.amount - fee } : one))
        : outputs,
      fee,
      feeRate,
      change: this.balance.confirmed - total,
      total,
      inputs: 1,
      expiresAt: this.now() + 300,
    };
    this.drafts.set(draft.draftId, { draft, label: args.label });
    return draft;
  }

  private async commit(draftId: string): Promise<string> {
    const { draft, label } = this.drafts.get(draftId) ?? fail("not-found");
    if (draft.expiresAt <= this.now()) fail("not-found");
    await this.prompt();
    this.drafts.delete(draftId);
    const txid = fakeTxid(1000 + this.transactions.length);
    this.transactions.unshift({
      txid,
      direction: "outgoing",
      amount: -draft.total,
      fee: draft.fee,
      confirmations: 0,
      state: "pending",
      counterparties: draft.outputs.map(({ address }) => address),
      ...(label !== undefined && { label }),
    });
    this.balance = { ...this.balance, confirmed: 0, change: draft.change };
    return txid;
  }

  /** The table for `mockSallyport`. */
  handlers(): Record<string, Handler> {
    return {
      cmd_write_text: ({ text }: WriteText) => {
        if (this.clipboard === null) fail("denied");
        this.clipboard = text;
        return null;
      },
      cmd_list_wallets: () => this.wallets,
      cmd_create_wallet: async ({ name, network }: CreateWallet) => {
        if (this.wallets.includes(name)) fail("conflict");
        await this.prompt();
        this.wallets.push(name);
        this.info = { ...this.info, name, network };
        return name;
      },
      cmd_select_wallet: ({ id }: SelectWallet) => {
        if (!this.wallets.includes(id)) fail("not-found");
        this.selected = id;
        return null;
      },
      cmd_get_wallet_info: () => {
        if (this.selected === "") fail("not-found", "No wallet is selected.");
        return { ...this.info, id: this.selected, locked: this.locked };
      },
      cmd_unlock_wallet: async ({ ttl }: UnlockWallet) => {
        if (ttl !== 0) await this.prompt();
        this.locked = ttl === 0;
        return !this.locked;
      },
      cmd_set_passphrase: async () => {
        await this.prompt();
        return null;
      },
      cmd_get_balance: ({ addr }: GetBalance) => {
        this.open();
        if (addr === undefined) return this.balance;
        return this.addresses.find(({ address }) => address === addr)?.balance ?? 0;
      },
      cmd_get_addresses: () => {
        this.open();
        return this.addresses;
      },
      cmd_generate_address: (args: GenerateAddress) => {
        this.open();
        if (this.addresses.filter(({ used }) => !used).length >= 20) fail("limit");
        return this.addAddress(args);
      },
      cmd_get_transaction_history: ({
        page = 1,
        limit = 50,
        filter = "",
      }: GetTransactionHistory) => {
        this.open();
        const matching = this.transactions.filter(
          ({ txid, label, counterparties }) =>
            txid.startsWith(filter) ||
            (label ?? "").toLowerCase().includes(filter.toLowerCase()) ||
            counterparties.includes(filter),
        );
        return matching.slice((page - 1) * limit, page * limit);
      },
      cmd_send_transaction: (args: SendTransaction) => {
        this.open();
        return args.stage === "commit" ? this.commit(args.draftId ?? "") : this.draft(args);
      },
    };
  }
}
