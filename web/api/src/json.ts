// The text form of what goes to the broker.

/** JSON in which 64-bit integers past 2^53 are strings, as on the wire. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "bigint" ? item.toString() : item,
  );
}
