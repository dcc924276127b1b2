// Generated from the broker's commands (--emit-bindings); do not edit.
import {
  type CallOptions,
  type Channel,
  type ChannelOptions,
  expectShapes,
  fromBase64,
  invoke,
  isDevelopment,
  listen,
  type Listener,
  type ListenOptions,
  openChannel,
} from "@sallyport/api";

export interface Address {
  address: string;
  path: string;
  index: number;
  change: boolean;
  used: boolean;
  label?: string;
  balance: number;
}

export interface AppInfo {
  identifier: string;
  title: string;
  version?: string;
  sallyport: string;
}

export interface Balance {
  confirmed: number;
  incoming: number;
  change: number;
  immature: number;
  frozen: number;
}

export type BodyAs = "text" | "bytes";

export type ChangeKind = "made" | "changed" | "removed" | "overflown";

export interface CopyFile {
  from: string;
  to: string;
  replace?: boolean;
}

export interface CreateWallet {
  name: string;
  network: Network;
  scriptType: ScriptType;
  words: number;
}

export interface CreateWindow {
  label: string;
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

export type ExitApp = Record<string, never>;

export interface FeeEstimates {
  fast: number;
  normal: number;
  slow: number;
}

export interface FetchUrl {
  url: string;
  method?: HttpMethod;
  headers?: HttpHeader[];
  body?: string;
  bytes?: Uint8Array;
  answerAs?: BodyAs;
  redirects?: Redirects;
  timeoutSeconds?: number;
  maxAnswerBytes?: number;
}

export interface FileChange {
  kind: ChangeKind;
  path: string;
}

export interface FileFilter {
  name: string;
  extensions: string[];
}

export interface FileInfo {
  kind: FileKind;
  bytes: number;
  modifiedAt: number;
}

export type FileKind = "file" | "folder" | "link" | "other";

export interface FilePiece {
  bytes: Uint8Array;
  end: boolean;
}

export interface Folder {
  entries: FolderEntry[];
  complete: boolean;
}

export interface FolderEntry {
  name: string;
  kind: FileKind;
}

export interface GenerateAddress {
  label?: string;
}

export type GetAppInfo = Record<string, never>;

export interface GetBalance {
  addr?: string;
}

export interface GetStored {
  key: string;
}

export type GetSystemInfo = Record<string, never>;

export interface GetTransactionHistory {
  page?: number;
  limit?: number;
  filter?: string;
}

export interface HttpAnswer {
  status: number;
  url: string;
  headers: HttpHeader[];
  body: string;
  bytes?: Uint8Array;
}

export interface HttpHeader {
  name: string;
  value: string;
}

export type HttpMethod = "get" | "post" | "put" | "patch" | "delete" | "head";

export type KeepWindowOpen = Record<string, never>;

export type ListFolders = Record<string, never>;

export interface ListStored {
  prefix?: string;
}

export type ListWindows = Record<string, never>;

export type LogLevel = "debug" | "info" | "warning" | "error";

export interface MakeFolder {
  path: string;
  parents?: boolean;
}

export type Network = "mainnet" | "testnet4" | "signet" | "regtest";

export type NoArguments = Record<string, never>;

export interface OpenUrl {
  url: string;
}

export interface Payment {
  address: string;
  amount: number;
}

export interface PickFiles {
  mode?: PickMode;
  filters?: FileFilter[];
}

export type PickMode = "one" | "many" | "edit";

export interface PickSaveFile {
  name?: string;
  filters?: FileFilter[];
}

export interface PickedFile {
  handle: string;
  name: string;
}

export interface PickedFiles {
  files: PickedFile[];
}

export interface ReadFile {
  path: string;
  offset?: number;
}

export interface ReadFolder {
  path: string;
}

export interface ReadPickedFile {
  handle: string;
  offset?: number;
}

export interface ReadPickedText {
  handle: string;
}

export type ReadText = Record<string, never>;

export interface ReadTextFile {
  path: string;
}

export type Redirects = "follow" | "give";

export type RelaunchApp = Record<string, never>;

export interface ReleasePickedFile {
  handle: string;
}

export interface RemoveFile {
  path: string;
  recursive?: boolean;
}

export interface RenameFile {
  from: string;
  to: string;
  replace?: boolean;
}

export interface ResolvePath {
  path: string;
}

export interface SaveState {
  state: string;
}

export type ScriptType = "p2wpkh" | "p2tr";

export interface SeenWindow {
  label: string;
}

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

export interface SetStored {
  key: string;
  value?: string;
}

export interface SetTitle {
  title: string;
}

export interface SetWindowBounds {
  width?: number;
  height?: number;
  x?: number;
  y?: number;
}

export interface SetWindowState {
  state: WindowState;
}

export type Stage = "draft" | "commit";

export interface StatFile {
  path: string;
}

export interface StoredKeys {
  keys: string[];
}

export interface StoredValue {
  value?: string;
}

export interface SystemInfo {
  platform: string;
  arch: string;
  locale: string;
}

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

export type UnlockStore = Record<string, never>;

export interface UnlockWallet {
  ttl?: number;
}

export type WalletChanged = Record<string, never>;

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

export interface WatchFolder {
  path: string;
  recursive?: boolean;
}

export interface WhichWindow {
  label?: string;
}

export type WindowCloseRequested = Record<string, never>;

export interface WindowFocused {
  focused: boolean;
}

export interface WindowInfo {
  label: string;
  title: string;
  parent?: string;
  open: boolean;
  ready: boolean;
  focused: boolean;
  state?: WindowState;
  width?: number;
  height?: number;
  x?: number;
  y?: number;
}

export interface WindowMoved {
  x: number;
  y: number;
}

export interface WindowResized {
  width: number;
  height: number;
}

export type WindowState = "normal" | "minimized" | "maximized" | "fullscreen";

export interface WindowStateChanged {
  state: WindowState;
}

export interface WriteFile {
  path: string;
  bytes: Uint8Array;
  mode?: WriteMode;
}

export interface WriteLog {
  level: LogLevel;
  message: string;
}

export type WriteMode = "replace" | "create" | "append";

export interface WritePickedFile {
  handle: string;
  bytes: Uint8Array;
  append?: boolean;
}

export interface WritePickedText {
  handle: string;
  text: string;
}

export interface WriteText {
  text: string;
  clearAfterSeconds?: number;
}

export interface WriteTextFile {
  path: string;
  text: string;
  mode?: WriteMode;
}

type Json<T> = T extends bigint | Uint8Array
  ? string
  : T extends (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;

function filePieceFromJson(json: Json<FilePiece>): FilePiece {
  return {
    ...json,
    bytes: fromBase64(json.bytes),
  };
}

function httpAnswerFromJson(json: Json<HttpAnswer>): HttpAnswer {
  return {
    ...(json as Omit<Json<HttpAnswer>, "bytes">),
    ...(json.bytes === undefined ? {} : { bytes: fromBase64(json.bytes) }),
  };
}

/** Keeps the page's state, so that a replaced page can go on where this one was. */
export function saveState(args: SaveState, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_save_state", args, options);
}

/** Tells the app's identifier, title and version, and the framework's version. */
export function getAppInfo(args: GetAppInfo = {}, options?: CallOptions): Promise<AppInfo> {
  return invoke<AppInfo>("cmd_get_app_info", args, options);
}

/** Closes all windows of the app and ends it. */
export function exitApp(args: ExitApp = {}, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_exit_app", args, options);
}

/** Tells platform, architecture and language, and nothing that identifies the machine. */
export function getSystemInfo(
  args: GetSystemInfo = {},
  options?: CallOptions,
): Promise<SystemInfo> {
  return invoke<SystemInfo>("cmd_get_system_info", args, options);
}

/** Writes a line to the broker's journal, marked with the window. */
export function writeLog(args: WriteLog, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_write_log", args, options);
}

/**
 * Puts a text on the clipboard; with clearAfterSeconds it is taken off again, if it is still there.
 */
export function writeText(args: WriteText, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_write_text", args, options);
}

/** Reads the text on the clipboard, at most 64 KiB; empty when it holds none. */
export function readText(args: ReadText = {}, options?: CallOptions): Promise<string> {
  return invoke<string>("cmd_read_text", args, options);
}

/** Lists the caller's window, its parent, and the windows whose parent it is. */
export function listWindows(args: ListWindows = {}, options?: CallOptions): Promise<WindowInfo[]> {
  return invoke<WindowInfo[]>("cmd_list_windows", args, options);
}

/** Opens a window that the app declares as a child of the caller's. */
export function createWindow(args: CreateWindow, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_create_window", args, options);
}

/** Tells title, size, place and state of the caller's window, or of one that it sees. */
export function getWindow(args: WhichWindow = {}, options?: CallOptions): Promise<WindowInfo> {
  return invoke<WindowInfo>("cmd_get_window", args, options);
}

/** Asks the desktop to bring the caller's window, or one that it sees, to the front. */
export function focusWindow(args: WhichWindow = {}, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_focus_window", args, options);
}

/** Closes the caller's window, or one that it sees; the answer comes first. */
export function closeWindow(args: WhichWindow = {}, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_close_window", args, options);
}

/** Answers a request to close the caller's window: it stays. */
export function keepWindowOpen(args: KeepWindowOpen = {}, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_keep_window_open", args, options);
}

/** Sets the title of the caller's window; its label stays visible behind it. */
export function setTitle(args: SetTitle, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_set_title", args, options);
}

/** Resizes and moves the caller's window, as far as the desktop lets it. */
export function setWindowBounds(args: SetWindowBounds = {}, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_set_window_bounds", args, options);
}

/**
 * Minimizes, maximizes or restores the caller's window, or fills the screen with it right after a click or a key.
 */
export function setWindowState(args: SetWindowState, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_set_window_state", args, options);
}

/** Lists the names that a path may begin with, such as $APPDATA, and no paths. */
export function listFolders(args: ListFolders = {}, options?: CallOptions): Promise<string[]> {
  return invoke<string[]>("cmd_list_folders", args, options);
}

/** Tells the absolute path of one that begins with a name such as $APPDATA. */
export function resolvePath(args: ResolvePath, options?: CallOptions): Promise<string> {
  return invoke<string>("cmd_resolve_path", args, options);
}

/** Reads a file of UTF-8 text, at most 256 KiB. */
export function readTextFile(args: ReadTextFile, options?: CallOptions): Promise<string> {
  return invoke<string>("cmd_read_text_file", args, options);
}

/** Lists a folder, as far as the grant's scope reaches. */
export function readFolder(args: ReadFolder, options?: CallOptions): Promise<Folder> {
  return invoke<Folder>("cmd_read_folder", args, options);
}

/** Tells kind, size and time of a file or folder. */
export function statFile(args: StatFile, options?: CallOptions): Promise<FileInfo> {
  return invoke<FileInfo>("cmd_stat_file", args, options);
}

/** Writes a file of UTF-8 text, at most 256 KiB; all of it or nothing. */
export function writeTextFile(args: WriteTextFile, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_write_text_file", args, options);
}

/** Reads at most 256 KiB of a file, from an offset on. */
export async function readFile(args: ReadFile, options?: CallOptions): Promise<FilePiece> {
  const json = await invoke<Json<FilePiece>>("cmd_read_file", args, options);
  return filePieceFromJson(json);
}

/** Writes a file of at most 256 KiB, all of it or nothing; longer ones by appending. */
export function writeFile(args: WriteFile, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_write_file", args, options);
}

/** Makes a folder. */
export function makeFolder(args: MakeFolder, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_make_folder", args, options);
}

/** Removes a file or a folder. */
export function removeFile(args: RemoveFile, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_remove_file", args, options);
}

/** Renames or moves a file or a folder. */
export function renameFile(args: RenameFile, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_rename_file", args, options);
}

/** Copies a file, at most 256 MiB. */
export function copyFile(args: CopyFile, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_copy_file", args, options);
}

/** Tells what changes in a folder, as far as the grant's scope reaches. */
export function watchFolder(args: WatchFolder, options?: ChannelOptions): Channel<FileChange> {
  return openChannel<FileChange>("cmd_watch_folder", args, options);
}

/** Lets the user pick files in a dialog, right after a click or a key; gives handles, no paths. */
export function pickFiles(args: PickFiles = {}, options?: CallOptions): Promise<PickedFiles> {
  return invoke<PickedFiles>("cmd_pick_files", args, options);
}

/** Lets the user say in a dialog where to save, right after a click or a key; gives a handle. */
export function pickSaveFile(args: PickSaveFile = {}, options?: CallOptions): Promise<PickedFiles> {
  return invoke<PickedFiles>("cmd_pick_save_file", args, options);
}

/** Reads a picked file of UTF-8 text, at most 256 KiB. */
export function readPickedText(args: ReadPickedText, options?: CallOptions): Promise<string> {
  return invoke<string>("cmd_read_picked_text", args, options);
}

/** Replaces what a file holds that was picked to be written, with at most 256 KiB of text. */
export function writePickedText(args: WritePickedText, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_write_picked_text", args, options);
}

/** Reads at most 256 KiB of a picked file, from an offset on. */
export async function readPickedFile(
  args: ReadPickedFile,
  options?: CallOptions,
): Promise<FilePiece> {
  const json = await invoke<Json<FilePiece>>("cmd_read_picked_file", args, options);
  return filePieceFromJson(json);
}

/** Replaces or lengthens a file that was picked to be written, with at most 256 KiB. */
export function writePickedFile(args: WritePickedFile, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_write_picked_file", args, options);
}

/** Gives a picked file back; its handle is worth nothing from then on. */
export function releasePickedFile(args: ReleasePickedFile, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_release_picked_file", args, options);
}

/**
 * Sends a request to a server in the grant's scope and gives its answer, at most 512 KiB of text or bytes.
 */
export async function fetchUrl(args: FetchUrl, options?: CallOptions): Promise<HttpAnswer> {
  const json = await invoke<Json<HttpAnswer>>("cmd_fetch_url", args, options);
  return httpAnswerFromJson(json);
}

/** Reads a value of the window's encrypted store. */
export function getStored(args: GetStored, options?: CallOptions): Promise<StoredValue> {
  return invoke<StoredValue>("cmd_get_stored", args, options);
}

/** Writes a value of the window's encrypted store, or removes it. */
export function setStored(args: SetStored, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_set_stored", args, options);
}

/** Lists the keys of the window's encrypted store. */
export function listStored(args: ListStored = {}, options?: CallOptions): Promise<StoredKeys> {
  return invoke<StoredKeys>("cmd_list_stored", args, options);
}

/** Reads a value of the app's encrypted store. */
export function getShared(args: GetStored, options?: CallOptions): Promise<StoredValue> {
  return invoke<StoredValue>("cmd_get_shared", args, options);
}

/** Writes a value of the app's encrypted store, or removes it. */
export function setShared(args: SetStored, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_set_shared", args, options);
}

/** Lists the keys of the app's encrypted store. */
export function listShared(args: ListStored = {}, options?: CallOptions): Promise<StoredKeys> {
  return invoke<StoredKeys>("cmd_list_shared", args, options);
}

/** Has the user asked for the passphrase, right after a click or a key. */
export function unlockStore(args: UnlockStore = {}, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_unlock_store", args, options);
}

/**
 * Opens an https or mailto link, or one of a scheme that the app names, with the user's program for it.
 */
export function openUrl(args: OpenUrl, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_open_url", args, options);
}

/** Ends the app in order and starts it again, as it was started. */
export function relaunchApp(args: RelaunchApp = {}, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_relaunch_app", args, options);
}

/** Makes a wallet. Its seed is shown once, by the prompt, and three of its words are asked back. */
export function createWallet(args: CreateWallet, options?: CallOptions): Promise<string> {
  return invoke<string>("cmd_create_wallet", args, options);
}

/** The identifiers of the wallets in the vault. */
export function listWallets(args: NoArguments = {}, options?: CallOptions): Promise<string[]> {
  return invoke<string[]>("cmd_list_wallets", args, options);
}

/** Makes a wallet the active one of this window. */
export function selectWallet(args: SelectWallet, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_select_wallet", args, options);
}

/**
 * What the active wallet holds, in satoshis; with `addr`, what this address of it holds, confirmed.
 */
export function getBalance(
  args: GetBalance = {},
  options?: CallOptions,
): Promise<number | Balance> {
  return invoke<number | Balance>("cmd_get_balance", args, options);
}

/** Hands out the next unused address. */
export function generateAddress(
  args: GenerateAddress = {},
  options?: CallOptions,
): Promise<Address> {
  return invoke<Address>("cmd_generate_address", args, options);
}

/** The addresses that were handed out or used. */
export function getAddresses(args: NoArguments = {}, options?: CallOptions): Promise<Address[]> {
  return invoke<Address[]>("cmd_get_addresses", args, options);
}

/** Payments in and out, newest first. */
export function getTransactionHistory(
  args: GetTransactionHistory = {},
  options?: CallOptions,
): Promise<Tx[]> {
  return invoke<Tx[]>("cmd_get_transaction_history", args, options);
}

/**
 * Drafts a payment, or commits one: the user confirms it in the prompt, then it is signed and sent.
 */
export function sendTransaction(
  args: SendTransaction = {},
  options?: CallOptions,
): Promise<string | Draft> {
  return invoke<string | Draft>("cmd_send_transaction", args, options);
}

/**
 * Asks for the passphrase in the prompt; with `ttl` 0, locks at once. True when the vault is unlocked.
 */
export function unlockWallet(args: UnlockWallet = {}, options?: CallOptions): Promise<boolean> {
  return invoke<boolean>("cmd_unlock_wallet", args, options);
}

/** Sets or changes the passphrase, typed into the prompt. */
export function setPassphrase(args: NoArguments = {}, options?: CallOptions): Promise<null> {
  return invoke<null>("cmd_set_passphrase", args, options);
}

/** The state of the active wallet. */
export function getWalletInfo(args: NoArguments = {}, options?: CallOptions): Promise<WalletInfo> {
  return invoke<WalletInfo>("cmd_get_wallet_info", args, options);
}

/** This window has another size. */
export function onWindowResized(
  handler: (event: WindowResized) => void,
  options?: ListenOptions,
): Listener {
  return listen<WindowResized>("evt_window_resized", handler, options);
}

/** This window is in another place. */
export function onWindowMoved(
  handler: (event: WindowMoved) => void,
  options?: ListenOptions,
): Listener {
  return listen<WindowMoved>("evt_window_moved", handler, options);
}

/** This window got or lost the keyboard. */
export function onWindowFocused(
  handler: (event: WindowFocused) => void,
  options?: ListenOptions,
): Listener {
  return listen<WindowFocused>("evt_window_focused", handler, options);
}

/** This window was minimized, maximized, restored or made to fill the screen. */
export function onWindowStateChanged(
  handler: (event: WindowStateChanged) => void,
  options?: ListenOptions,
): Listener {
  return listen<WindowStateChanged>("evt_window_state_changed", handler, options);
}

/**
 * Somebody wants to close this window: it closes in 5 seconds, unless `keepWindowOpen` says otherwise.
 */
export function onWindowCloseRequested(
  handler: (event: WindowCloseRequested) => void,
  options?: ListenOptions,
): Listener {
  return listen<WindowCloseRequested>("evt_window_close_requested", handler, options);
}

/** A window that this one sees was opened. */
export function onWindowOpened(
  handler: (event: SeenWindow) => void,
  options?: ListenOptions,
): Listener {
  return listen<SeenWindow>("evt_window_opened", handler, options);
}

/** The page of a window that this one sees has its first listeners. */
export function onWindowReady(
  handler: (event: SeenWindow) => void,
  options?: ListenOptions,
): Listener {
  return listen<SeenWindow>("evt_window_ready", handler, options);
}

/** A window that this one sees is gone. */
export function onWindowClosed(
  handler: (event: SeenWindow) => void,
  options?: ListenOptions,
): Listener {
  return listen<SeenWindow>("evt_window_closed", handler, options);
}

/** Something about the wallets is another by now: payments, balance, height, addresses, lock. */
export function onWalletChanged(
  handler: (event: WalletChanged) => void,
  options?: ListenOptions,
): Listener {
  return listen<WalletChanged>("evt_wallet_changed", handler, options);
}

/** What every event carries, by its name: `mockSallyport<Commands, Events>(…)`. */
// prettier-ignore
export interface Events {
  evt_window_resized: WindowResized;
  evt_window_moved: WindowMoved;
  evt_window_focused: WindowFocused;
  evt_window_state_changed: WindowStateChanged;
  evt_window_close_requested: WindowCloseRequested;
  evt_window_opened: SeenWindow;
  evt_window_ready: SeenWindow;
  evt_window_closed: SeenWindow;
  evt_wallet_changed: WalletChanged;
}

/** Every command's arguments and answer, by its name: `mockSallyport<Commands>(…)`. */
// prettier-ignore
export interface Commands {
  cmd_save_state: { args: SaveState; answer: null };
  cmd_get_app_info: { args: GetAppInfo; answer: AppInfo };
  cmd_exit_app: { args: ExitApp; answer: null };
  cmd_get_system_info: { args: GetSystemInfo; answer: SystemInfo };
  cmd_write_log: { args: WriteLog; answer: null };
  cmd_write_text: { args: WriteText; answer: null };
  cmd_read_text: { args: ReadText; answer: string };
  cmd_list_windows: { args: ListWindows; answer: WindowInfo[] };
  cmd_create_window: { args: CreateWindow; answer: null };
  cmd_get_window: { args: WhichWindow; answer: WindowInfo };
  cmd_focus_window: { args: WhichWindow; answer: null };
  cmd_close_window: { args: WhichWindow; answer: null };
  cmd_keep_window_open: { args: KeepWindowOpen; answer: null };
  cmd_set_title: { args: SetTitle; answer: null };
  cmd_set_window_bounds: { args: SetWindowBounds; answer: null };
  cmd_set_window_state: { args: SetWindowState; answer: null };
  cmd_list_folders: { args: ListFolders; answer: string[] };
  cmd_resolve_path: { args: ResolvePath; answer: string };
  cmd_read_text_file: { args: ReadTextFile; answer: string };
  cmd_read_folder: { args: ReadFolder; answer: Folder };
  cmd_stat_file: { args: StatFile; answer: FileInfo };
  cmd_write_text_file: { args: WriteTextFile; answer: null };
  cmd_read_file: { args: ReadFile; answer: FilePiece };
  cmd_write_file: { args: Json<WriteFile>; answer: null };
  cmd_make_folder: { args: MakeFolder; answer: null };
  cmd_remove_file: { args: RemoveFile; answer: null };
  cmd_rename_file: { args: RenameFile; answer: null };
  cmd_copy_file: { args: CopyFile; answer: null };
  cmd_watch_folder: { args: WatchFolder; answer: Iterable<FileChange> | AsyncIterable<FileChange> };
  cmd_pick_files: { args: PickFiles; answer: PickedFiles };
  cmd_pick_save_file: { args: PickSaveFile; answer: PickedFiles };
  cmd_read_picked_text: { args: ReadPickedText; answer: string };
  cmd_write_picked_text: { args: WritePickedText; answer: null };
  cmd_read_picked_file: { args: ReadPickedFile; answer: FilePiece };
  cmd_write_picked_file: { args: Json<WritePickedFile>; answer: null };
  cmd_release_picked_file: { args: ReleasePickedFile; answer: null };
  cmd_fetch_url: { args: Json<FetchUrl>; answer: HttpAnswer };
  cmd_get_stored: { args: GetStored; answer: StoredValue };
  cmd_set_stored: { args: SetStored; answer: null };
  cmd_list_stored: { args: ListStored; answer: StoredKeys };
  cmd_get_shared: { args: GetStored; answer: StoredValue };
  cmd_set_shared: { args: SetStored; answer: null };
  cmd_list_shared: { args: ListStored; answer: StoredKeys };
  cmd_unlock_store: { args: UnlockStore; answer: null };
  cmd_open_url: { args: OpenUrl; answer: null };
  cmd_relaunch_app: { args: RelaunchApp; answer: null };
  cmd_create_wallet: { args: CreateWallet; answer: string };
  cmd_list_wallets: { args: NoArguments; answer: string[] };
  cmd_select_wallet: { args: SelectWallet; answer: null };
  cmd_get_balance: { args: GetBalance; answer: number | Balance };
  cmd_generate_address: { args: GenerateAddress; answer: Address };
  cmd_get_addresses: { args: NoArguments; answer: Address[] };
  cmd_get_transaction_history: { args: GetTransactionHistory; answer: Tx[] };
  cmd_send_transaction: { args: SendTransaction; answer: string | Draft };
  cmd_unlock_wallet: { args: UnlockWallet; answer: boolean };
  cmd_set_passphrase: { args: NoArguments; answer: null };
  cmd_get_wallet_info: { args: NoArguments; answer: WalletInfo };
}

// Development builds check what comes from the broker; a production build holds none of this.
// prettier-ignore
if (isDevelopment) {
  expectShapes({
    cmd_save_state: "null",
    cmd_get_app_info: "AppInfo",
    cmd_exit_app: "null",
    cmd_get_system_info: "SystemInfo",
    cmd_write_log: "null",
    cmd_write_text: "null",
    cmd_read_text: "string",
    cmd_list_windows: { list: "WindowInfo" },
    cmd_create_window: "null",
    cmd_get_window: "WindowInfo",
    cmd_focus_window: "null",
    cmd_close_window: "null",
    cmd_keep_window_open: "null",
    cmd_set_title: "null",
    cmd_set_window_bounds: "null",
    cmd_set_window_state: "null",
    cmd_list_folders: { list: "string" },
    cmd_resolve_path: "string",
    cmd_read_text_file: "string",
    cmd_read_folder: "Folder",
    cmd_stat_file: "FileInfo",
    cmd_write_text_file: "null",
    cmd_read_file: "FilePiece",
    cmd_write_file: "null",
    cmd_make_folder: "null",
    cmd_remove_file: "null",
    cmd_rename_file: "null",
    cmd_copy_file: "null",
    cmd_watch_folder: "FileChange",
    cmd_pick_files: "PickedFiles",
    cmd_pick_save_file: "PickedFiles",
    cmd_read_picked_text: "string",
    cmd_write_picked_text: "null",
    cmd_read_picked_file: "FilePiece",
    cmd_write_picked_file: "null",
    cmd_release_picked_file: "null",
    cmd_fetch_url: "HttpAnswer",
    cmd_get_stored: "StoredValue",
    cmd_set_stored: "null",
    cmd_list_stored: "StoredKeys",
    cmd_get_shared: "StoredValue",
    cmd_set_shared: "null",
    cmd_list_shared: "StoredKeys",
    cmd_unlock_store: "null",
    cmd_open_url: "null",
    cmd_relaunch_app: "null",
    cmd_create_wallet: "string",
    cmd_list_wallets: { list: "string" },
    cmd_select_wallet: "null",
    cmd_get_balance: { oneOf: ["integer", "Balance"] },
    cmd_generate_address: "Address",
    cmd_get_addresses: { list: "Address" },
    cmd_get_transaction_history: { list: "Tx" },
    cmd_send_transaction: { oneOf: ["string", "Draft"] },
    cmd_unlock_wallet: "boolean",
    cmd_set_passphrase: "null",
    cmd_get_wallet_info: "WalletInfo",
    evt_window_resized: "WindowResized",
    evt_window_moved: "WindowMoved",
    evt_window_focused: "WindowFocused",
    evt_window_state_changed: "WindowStateChanged",
    evt_window_close_requested: "WindowCloseRequested",
    evt_window_opened: "SeenWindow",
    evt_window_ready: "SeenWindow",
    evt_window_closed: "SeenWindow",
    evt_wallet_changed: "WalletChanged",
  }, {
    Address: { address: "string", path: "string", index: "integer", change: "boolean", used: "boolean", "label?": "string", balance: "integer" },
    AppInfo: { identifier: "string", title: "string", "version?": "string", sallyport: "string" },
    Balance: { confirmed: "integer", incoming: "integer", change: "integer", immature: "integer", frozen: "integer" },
    ChangeKind: ["made", "changed", "removed", "overflown"],
    Direction: ["incoming", "outgoing", "self"],
    Draft: { draftId: "string", outputs: { list: "Payment" }, fee: "integer", feeRate: "number", change: "integer", total: "integer", inputs: "integer", expiresAt: "integer" },
    FeeEstimates: { fast: "number", normal: "number", slow: "number" },
    FileChange: { kind: "ChangeKind", path: "string" },
    FileInfo: { kind: "FileKind", bytes: "integer", modifiedAt: "integer" },
    FileKind: ["file", "folder", "link", "other"],
    FilePiece: { bytes: "bytes", end: "boolean" },
    Folder: { entries: { list: "FolderEntry" }, complete: "boolean" },
    FolderEntry: { name: "string", kind: "FileKind" },
    HttpAnswer: { status: "integer", url: "string", headers: { list: "HttpHeader" }, body: "string", "bytes?": "bytes" },
    HttpHeader: { name: "string", value: "string" },
    Network: ["mainnet", "testnet4", "signet", "regtest"],
    Payment: { address: "string", amount: "integer" },
    PickedFile: { handle: "string", name: "string" },
    PickedFiles: { files: { list: "PickedFile" } },
    ScriptType: ["p2wpkh", "p2tr"],
    SeenWindow: { label: "string" },
    StoredKeys: { keys: { list: "string" } },
    StoredValue: { "value?": "string" },
    SystemInfo: { platform: "string", arch: "string", locale: "string" },
    Tx: { txid: "string", direction: "Direction", amount: "integer", "fee?": "integer", confirmations: "integer", "height?": "integer", "time?": "integer", state: "TxState", counterparties: { list: "string" }, "label?": "string" },
    TxState: ["pending", "confirmed", "replaced", "conflicted"],
    WalletChanged: {},
    WalletInfo: { id: "string", name: "string", network: "Network", scriptType: "ScriptType", fingerprint: "string", height: "integer", synced: "boolean", locked: "boolean", backedUp: "boolean", feeEstimates: "FeeEstimates" },
    WindowCloseRequested: {},
    WindowFocused: { focused: "boolean" },
    WindowInfo: { label: "string", title: "string", "parent?": "string", open: "boolean", ready: "boolean", focused: "boolean", "state?": "WindowState", "width?": "integer", "height?": "integer", "x?": "integer", "y?": "integer" },
    WindowMoved: { x: "integer", y: "integer" },
    WindowResized: { width: "integer", height: "integer" },
    WindowState: ["normal", "minimized", "maximized", "fullscreen"],
    WindowStateChanged: { state: "WindowState" },
  });
}
