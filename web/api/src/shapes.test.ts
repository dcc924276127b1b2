// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openChannel } from "./channel";
import { SallyportError } from "./error";
import { listen } from "./events";
import { invoke } from "./invoke";
import { expectShapes, isDevelopment } from "./shapes";
import { mockSallyport, type MockSallyport, neverAnswers } from "./testing";

interface Row {
  id: number;
  size: bigint;
  state: "open" | "done";
  label?: string;
  parts: string[];
}

interface Commands {
  cmd_row: { args: { id: number }; answer: Row };
  cmd_count: { args: Record<string, never>; answer: number };
}

const GOOD = { id: 1, size: "9007199254740993", state: "open", parts: ["a"] };

beforeEach(() => {
  expectShapes(
    {
      cmd_row: "Row",
      cmd_rows: { list: "Row" },
      cmd_maybe: { option: "Row" },
      cmd_either: { oneOf: ["integer", "Row"] },
      cmd_sizes: { map: "bigint" },
      cmd_figure: { oneOf: ["Circle", "Square"] },
      cmd_null: "null",
      cmd_flag: "boolean",
      cmd_ratio: "number",
      evt_row: "Row",
    },
    {
      Row: {
        id: "integer",
        size: "bigint",
        state: "State",
        "label?": "string",
        parts: { list: "string" },
      },
      State: ["open", "done"],
      Circle: { kind: ["circle"], size: "number" },
      Square: { kind: ["square"], size: "number" },
    },
  );
});

let mock: MockSallyport | undefined;
afterEach(() => {
  mock?.restore();
});

function failureOf(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (reason) {
    return reason;
  }
}

async function complaint(command: string, answer: unknown): Promise<string> {
  mock = mockSallyport({ [command]: () => answer });
  try {
    await invoke(command);
    return "";
  } catch (error) {
    expect(error).toBeInstanceOf(SallyportError);
    const { code, message, command: named } = error as SallyportError;
    expect([code, named]).toEqual(["internal", command]);
    return message;
  } finally {
    mock.restore();
  }
}

describe("in a development build, an answer that its type does not allow", () => {
  it("is what tests run in", () => {
    expect(isDevelopment).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ["cmd_row", { ...GOOD, id: "1" }, 'id: expected an integer, got "1"'],
    ["cmd_row", { ...GOOD, id: 1.5 }, "id: expected an integer, got 1.5"],
    ["cmd_row", { ...GOOD, size: 7 }, "size: expected an integer as text, got 7"],
    ["cmd_row", { ...GOOD, size: "07" }, 'size: expected an integer as text, got "07"'],
    ["cmd_row", { ...GOOD, state: "shut" }, 'state: expected "open" or "done", got "shut"'],
    ["cmd_row", { ...GOOD, parts: ["a", null] }, "parts[1]: expected a text, got null"],
    ["cmd_row", { ...GOOD, label: 3 }, "label: expected a text, got 3"],
    ["cmd_row", { ...GOOD, colour: 3 }, "colour: unknown field"],
    ["cmd_row", { id: 1, size: "1", state: "open" }, "parts: missing"],
    ["cmd_row", [GOOD], "all of it: expected an object (Row), got a list"],
    ["cmd_rows", [GOOD, { ...GOOD, id: null }], "[1].id: expected an integer, got null"],
    ["cmd_rows", GOOD, "all of it: expected a list, got an object"],
    ["cmd_maybe", 5, "all of it: expected an object (Row), got 5"],
    ["cmd_either", "a", 'expected an integer, got "a"; or all of it: expected an object (Row)'],
    ["cmd_sizes", { a: "1", b: 2 }, "b: expected an integer as text, got 2"],
    ["cmd_figure", { kind: "oval", size: 1 }, 'kind: expected "circle", got "oval"'],
    ["cmd_null", false, "all of it: expected null, got false"],
    ["cmd_flag", 0, "all of it: expected true or false, got 0"],
    ["cmd_ratio", "1", 'all of it: expected a number, got "1"'],
  ])("of %s is an error that names the field", async (command, answer, why) => {
    expect(await complaint(command, answer)).toContain(why);
  });

  it.each<[string, unknown]>([
    ["cmd_row", GOOD],
    ["cmd_row", { ...GOOD, label: "x" }],
    ["cmd_rows", []],
    ["cmd_rows", [GOOD]],
    ["cmd_maybe", null],
    ["cmd_maybe", GOOD],
    ["cmd_either", 3],
    ["cmd_either", GOOD],
    ["cmd_sizes", { a: "-1" }],
    ["cmd_figure", { kind: "square", size: 1 }],
    ["cmd_null", null],
    ["cmd_unknown_to_the_client", { whatever: 1 }],
  ])("of %s is not found where it fits", async (command, answer) => {
    expect(await complaint(command, answer)).toBe("");
  });
});

describe("in a development build, what comes otherwise", () => {
  it("rejects at the item of a channel that does not fit; those before it were read", async () => {
    mock = mockSallyport({
      *cmd_row() {
        yield GOOD;
        yield { ...GOOD, id: "2" };
        yield GOOD;
      },
    });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const item of openChannel("cmd_row")) seen.push(item);
    })();
    await expect(reading).rejects.toMatchObject({
      name: "SallyportError",
      code: "internal",
      command: "cmd_row",
      message: expect.stringContaining('id: expected an integer, got "2"') as string,
    });
    expect(seen).toEqual([GOOD]);
  });

  it("is an error in the place of an event that does not fit, and the next one is handed on", async () => {
    mock = mockSallyport({});
    const seen: unknown[] = [];
    await listen("evt_row", (row) => seen.push(row)).agreed;
    const reason = failureOf(() => mock?.emit("evt_row", { ...GOOD, state: "shut" }));
    expect(reason).toBeInstanceOf(SallyportError);
    expect(reason).toMatchObject({ code: "internal", command: "evt_row" });
    expect((reason as SallyportError).message).toContain(
      'evt_row carried what its generated type does not allow: state: expected "open" or "done", got "shut"',
    );
    mock.emit("evt_row", GOOD);
    expect(seen).toEqual([GOOD]);
  });

  it("does not reach a listener that was disposed, also when it does not fit", async () => {
    mock = mockSallyport({});
    const listener = listen("evt_row", () => undefined);
    await listener.agreed;
    listener.dispose();
    expect(failureOf(() => mock?.emit("evt_row", null))).toBeUndefined();
  });
});

describe("in a production build", () => {
  it("neither the check nor the shapes are left", async () => {
    const { build } = await import("vite");
    const client = `
      import { expectShapes, invoke, isDevelopment, listen } from "${new URL("index.ts", import.meta.url).pathname}";
      if (isDevelopment) { expectShapes({ cmd_row: "ShapeOfARow" }, { ShapeOfARow: {} }); }
      invoke("cmd_row");
      listen("evt_row", () => {});`;
    const bundle = async (mode: string) => {
      const result = await build({
        configFile: false,
        logLevel: "silent",
        mode,
        define: { "process.env.NODE_ENV": JSON.stringify(mode) },
        build: { write: false, rollupOptions: { input: "client" } },
        plugins: [
          {
            name: "client",
            resolveId: (id) => (id === "client" ? id : null),
            load: (id) => (id === "client" ? client : null),
          },
        ],
      });
      return JSON.stringify(result);
    };
    expect(await bundle("development")).toContain("ShapeOfARow");
    const production = await bundle("production");
    expect(production).toContain("cmd_row");
    expect(production).toContain("evt_row");
    expect(production).not.toContain("ShapeOfARow");
    expect(production).not.toContain("unknown field");
  });
});

describe("a mock that knows the client's commands", () => {
  it("gives typed arguments and takes typed answers, with bigint as on the wire", async () => {
    const typed = mockSallyport<Commands>({
      cmd_row: ({ id }) => ({ id, size: 2n ** 60n, state: "done", parts: [] }),
    });
    expect(await invoke("cmd_row", { id: 4 })).toEqual({
      id: 4,
      size: "1152921504606846976",
      state: "done",
      parts: [],
    });
    expect(typed.callsOf("cmd_row")).toEqual([{ id: 4 }]);
    typed.handle({ cmd_count: () => Promise.resolve(3) });
    expect(await invoke("cmd_count")).toBe(3);
    // @ts-expect-error: there is no such command
    typed.handle({ cmd_rwo: () => 3 });
    // @ts-expect-error: not what the command answers
    typed.handle({ cmd_count: () => "three" });
    // @ts-expect-error: nor is this what it takes
    typed.handle({ cmd_row: ({ name }: { name: string }) => name });
    typed.restore();
  });

  it("can wait for ever, until the page gives up or the time is over", async () => {
    const typed = mockSallyport<Commands>({ cmd_count: neverAnswers });
    const stop = new AbortController();
    const aborted = invoke("cmd_count", {}, { signal: stop.signal });
    stop.abort();
    await expect(aborted).rejects.toMatchObject({ code: "cancelled", command: "cmd_count" });
    await expect(invoke("cmd_count", {}, { timeoutMs: 1 })).rejects.toMatchObject({
      code: "deadline",
    });
    typed.restore();
  });
});
