// Written by `sallyportd --emit-bindings` from the registered commands. Do not edit.
import { type CallOptions, invoke } from "@sallyport/api";

export interface Address {
  address: string;
  path: string;
  index: number;
  change: boolean;
  used: boolean;
  label?: string;
  balance: number;
}

export interface Balance {
  confirmed: number;
  incoming: number;
  change: number;
  immature: number;
  frozen: number;
}

export interface CreateWallet {
  name: string;
  network: Network;
  scriptType: ScriptType;
  words: number;
}

export type Direction = "incoming" | "outgoing" | "self";

export interface Draft {
  draftId: string;
  outputs: Payment[];
  fee: number;
  feeRate: number;
  change: number;
  total: number;
  inputs: number;
  expiresAt: number;
}

export interface FeeEstimates {
  fast: number;
  normal: number;
  slow: number;
}

export interface GenerateAddress {
  label?: string;
}

export interface GetBalance {
  addr?: string;
}

export interface GetTransactionHistory {
  page?: number;
  limit?: number;
  filter?: string;
}

export type Network = "mainnet" | "testnet4" | "signet" | "regtest";

export interface NoArguments {}

export interface Payment {
  address: string;
  amount: number;
}

export type ScriptType = "p2wpkh" | "p2tr";

export interface SelectWallet {
  id: string;
}

export interface SendTransaction {
  to?: string;
  amount?: number;
  outputs?: Payment[];
  feeRate?: number;
  subtractFee?: boolean;
  label?: string;
  stage?: Stage;
  draftId?: string;
}

export type Stage = "draft" | "commit";

export interface Tx {
  txid: string;
  direction: Direction;
  amount: number;
  fee?: number;
  confirmations: number;
  height?: number;
  time?: number;
  state: TxState;
  counterparties: string[];
  label?: string;
}

export type TxState = "pending" | "confirmed" | "replaced" | "conflicted";

export interface UnlockWallet {
  ttl?: number;
}

export interface WalletInfo {
  id: string;
  name: string;
  network: Network;
  scriptType: ScriptType;
  fingerprint: string;
  height: number;
  synced: boolean;
  locked: boolean;
  backedUp: boolean;
  feeEstimates: FeeEstimates;
}

/** Makes a wallet; seed and passphrase go between the user and the prompt. */
export function createWallet(args: CreateWallet, options?: CallOptions): Promise<string> {
  return invoke<string>("cmd_create_wallet", args, options);
}

/** Gives the next unused receive address. */
export function generateAddress(args: GenerateAddress = {}, options?: CallOptions): Promise<Address> {
  return invoke<Address>("cmd_generate_address", args, options);
}

/** Lists the addresses of the active wallet. */
export function getAddresses(args: NoArguments = {}, options?: CallOptions): Promise<Address[]> {
  return invoke<Address[]>("cmd_get_addresses", args, options);
}

/** Tells what the active wallet, or one address, holds. */
export function getBalance(args: GetBalance = {}, options?: CallOptions): Promise<number | Balance> {
  return invoke<number | Balance>("cmd_get_balance", args, options);
}

/** Lists the transactions of the active wallet, newest first. */
export function getTransactionHistory(args: GetTransactionHistory = {}, options?: CallOptions): Promise<Tx[]> {
  return invoke<Tx[]>("cmd_get_transaction_history", args, options);
}

/** Describes the active wallet. */
export function getWalletInfo(args: NoArguments = {}, options?: CallOptions): Promise<WalletInfo> {
  return invoke<WalletInfo>("cmd_get_wallet_info", args, options);
}

/** Lists the wallets on disk. */
export function listWallets(args: NoArguments = {}, options?: CallOptions): Promise<string[]> {
  return invoke<string[]>("cmd_list_wallets", args, options);
}

/** Makes a wallet the active one of this window. */
export function selectWallet(args: SelectWallet, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_select_wallet", args, options);
}

/** Drafts a payment, or commits a draft after the user confirmed it in the prompt. */
export function sendTransaction(args: SendTransaction = {}, options?: CallOptions): Promise<string | Draft> {
  return invoke<string | Draft>("cmd_send_transaction", args, options);
}

/** Changes the passphrase, typed into the prompt. */
export function setPassphrase(args: NoArguments = {}, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_set_passphrase", args, options);
}

/** Unlocks the vault by a passphrase typed into the prompt; ttl 0 locks it. */
export function unlockWallet(args: UnlockWallet = {}, options?: CallOptions): Promise<boolean> {
  return invoke<boolean>("cmd_unlock_wallet", args, options);
}
