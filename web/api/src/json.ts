// The text form of what goes to the broker, and of bytes that come from it.

const PIECE = 0x8000; // as many arguments as a function surely takes

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += PIECE) {
    text += String.fromCharCode(...bytes.subarray(start, start + PIECE));
  }
  return btoa(text);
}

/** The bytes of an answer, as generated functions read them. Throws for what is no base64. */
export function fromBase64(text: string): Uint8Array {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  // A callback for each character takes many times as long.
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

/** The bytes of a field that may be large: in its text, or fetched beside it. What generated functions read. */
export function largeBytes(text: string | number, bytes: readonly Uint8Array[]): Uint8Array {
  const fetched = typeof text === "number" ? bytes[text] : fromBase64(text);
  if (fetched === undefined) throw new Error("An answer names bytes that did not come.");
  return fetched;
}

/** Arguments in which each field of bytes may also be a `Blob`, as a `File` that the user picked: it is read piece by piece. */
export type WithBlobs<T> = T extends Uint8Array
  ? T | Blob
  : T extends bigint
    ? T
    : T extends readonly (infer Item)[]
      ? WithBlobs<Item>[]
      : T extends object
        ? { [Key in keyof T]: WithBlobs<T[Key]> }
        : T;

/** JSON in which 64-bit integers past 2^53 are decimal texts and bytes are base64, as on the wire. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return item.toString();
    return item instanceof Uint8Array ? toBase64(item) : item;
  });
}

/** Bytes in the text of one call: with base64's third more, and some for the rest, what the broker takes. */
const INLINE_BYTES = 380 * 1024;
/** Of UTF-8, what the broker takes as the text of one call. */
const MAX_TEXT_BYTES = 512 * 1024;

interface Call {
  json: string;
  up: Blob[];
}

function written(value: unknown, inlineBytes: number): Call {
  const up: Blob[] = [];
  let left = inlineBytes;
  const json = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return item.toString();
    if (item instanceof Uint8Array && item.length <= left) {
      left -= item.length;
      return toBase64(item);
    }
    if (item instanceof Uint8Array || item instanceof Blob) {
      return up.push(item instanceof Blob ? item : new Blob([item as Uint8Array<ArrayBuffer>])) - 1;
    }
    return item;
  });
  return { json, up };
}

function isTooLong(text: string): boolean {
  // Each UTF-16 unit is at most three bytes, so most texts need not be looked at.
  return text.length * 3 > MAX_TEXT_BYTES && new TextEncoder().encode(text).length > MAX_TEXT_BYTES;
}

/** The same for a call: every `Blob`, and what is too large for the call's text, is named by its place in `up`. */
export function toCall(value: unknown): Call {
  const call = written(value, INLINE_BYTES);
  // The texts beside the bytes may need the room.
  return isTooLong(call.json) ? written(value, 0) : call;
}
