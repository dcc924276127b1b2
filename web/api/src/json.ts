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

/** JSON in which 64-bit integers past 2^53 are decimal texts and bytes are base64, as on the wire. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return item.toString();
    return item instanceof Uint8Array ? toBase64(item) : item;
  });
}
