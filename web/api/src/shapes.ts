// The check of what comes from the broker in development builds: the generated client says what each command answers,
// what each item of a channel is and what each event carries; something else becomes an error that names the field, at
// the place where it came in and not far from it.
import { SallyportError } from "./error";

/** What comes looks like this as JSON: a kind, the name of a type of the table, one of some texts, or one made of others. */
export type Shape =
  | string
  | readonly string[]
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly option: Shape }
  | { readonly oneOf: readonly Shape[] };

/** A type by its name: the texts of an enumeration, or the fields of an object, `"label?"` if optional. */
export type NamedShape = readonly string[] | Readonly<Record<string, Shape>>;

declare const process: { env: { NODE_ENV?: string } };

/** False in a production build: bundlers write the mode in the place of this text, and leave the checks out. */
export const isDevelopment = process.env.NODE_ENV !== "production";

const expected = new Map<string, { shape: Shape; types: Readonly<Record<string, NamedShape>> }>();

/**
 * What the generated client calls once: the shape of what comes by the name of each command (an item, where it
 * streams) and of each event, and the types that they name.
 */
export function expectShapes(
  shapes: Readonly<Record<string, Shape>>,
  types: Readonly<Record<string, NamedShape>>,
): void {
  for (const [name, shape] of Object.entries(shapes)) expected.set(name, { shape, types });
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  const text = typeof value === "object" ? "an object" : JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}

const isBase64 = (value: unknown) =>
  typeof value === "string" &&
  /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(value);

const KINDS: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  null: ["null", (value) => value === null],
  boolean: ["true or false", (value) => typeof value === "boolean"],
  integer: ["an integer", (value) => Number.isSafeInteger(value)],
  number: ["a number", (value) => typeof value === "number"],
  string: ["a text", (value) => typeof value === "string"],
  bigint: [
    "an integer as text",
    (value) => typeof value === "string" && /^(0|-?[1-9]\d*)$/.test(value),
  ],
  bytes: ["bytes as base64", isBase64],
  "large-bytes": [
    "bytes as base64 or by index",
    (value) => isBase64(value) || Number.isSafeInteger(value),
  ],
};

function isList(shape: Shape | NamedShape): shape is readonly string[] {
  return Array.isArray(shape);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Why a value has not this shape, or undefined. */
function problem(
  value: unknown,
  shape: Shape,
  types: Readonly<Record<string, NamedShape>>,
  path: string,
): string | undefined {
  const wrong = (what: string) => `${path || "all of it"}: expected ${what}, got ${kindOf(value)}`;
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const first = <T>(items: Iterable<T>, check: (item: T) => string | undefined) => {
    for (const item of items) {
      const found = check(item);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  const oneOfTexts = (texts: readonly string[]) =>
    texts.some((text) => text === value)
      ? undefined
      : wrong(texts.map((text) => `"${text}"`).join(" or "));

  if (isList(shape)) return oneOfTexts(shape);
  if (typeof shape !== "string") {
    if ("option" in shape) {
      return value === null ? undefined : problem(value, shape.option, types, path);
    }
    if ("list" in shape) {
      if (!Array.isArray(value)) return wrong("a list");
      return first(value.entries(), ([index, item]) =>
        problem(item, shape.list, types, `${path}[${index}]`),
      );
    }
    if ("map" in shape) {
      if (!isObject(value)) return wrong("an object");
      return first(Object.entries(value), ([key, item]) =>
        problem(item, shape.map, types, at(key)),
      );
    }
    const problems = shape.oneOf.map((one) => problem(value, one, types, path));
    return problems.includes(undefined) ? undefined : problems.join("; or ");
  }

  const named = types[shape];
  if (named === undefined) {
    const [kind, fits] = KINDS[shape] ?? ["nothing that is known", () => false];
    return fits(value) ? undefined : wrong(kind);
  }
  if (isList(named)) return oneOfTexts(named);
  if (!isObject(value)) return wrong(`an object (${shape})`);
  const known = new Set<string>();
  const found = first(Object.entries(named), ([written, field]) => {
    const optional = written.endsWith("?");
    const name = optional ? written.slice(0, -1) : written;
    known.add(name);
    if (value[name] === undefined) {
      return optional ? undefined : `${at(name)}: missing`;
    }
    return problem(value[name], field, types, at(name));
  });
  return (
    found ??
    first(Object.keys(value), (name) =>
      known.has(name) ? undefined : `${at(name)}: unknown field`,
    )
  );
}

function check(name: string, value: unknown, does: string): void {
  const known = expected.get(name);
  if (known === undefined) return;
  const found = problem(value, known.shape, known.types, "");
  if (found === undefined) return;
  throw new SallyportError({
    code: "internal",
    message: `${name} ${does} what its generated type does not allow: ${found}. Fix: write the bindings again (--emit-bindings).`,
    command: name,
  });
}

/** Throws `"internal"` with the field's name when an answer, or an item, is not what the generated client says it is. */
export function checkAnswer(command: string, value: unknown): void {
  check(command, value, "answered");
}

/** The same for what an event carries. */
export function checkEvent(name: string, value: unknown): void {
  check(name, value, "carried");
}
