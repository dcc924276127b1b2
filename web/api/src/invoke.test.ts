import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import {
  type Bridge,
  type CallBytes,
  ERROR_CODES,
  invoke,
  largeBytes,
  loadState,
  MAX_STATE_BYTES,
  SallyportError,
  saveState,
} from "./index";
import { mockSallyport, type MockSallyport } from "./testing";

let mock: MockSallyport | undefined;
afterEach(() => {
  mock?.restore();
  mock = undefined;
  vi.useRealTimers();
});

async function failureOf(promise: Promise<unknown>): Promise<SallyportError> {
  const reason: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(reason).toBeInstanceOf(SallyportError);
  return reason as SallyportError;
}

describe("invoke", () => {
  it("sends the arguments as JSON and resolves to the parsed result", async () => {
    mock = mockSallyport({ cmd_sum: ({ a, b }: { a: number; b: number }) => ({ sum: a + b }) });
    expect(await invoke("cmd_sum", { a: 2, b: 3 })).toEqual({ sum: 5 });
    expect(mock.calls).toEqual([{ command: "cmd_sum", args: { a: 2, b: 3 } }]);
  });

  it("writes a bigint as a string and leaves an undefined member out", async () => {
    mock = mockSallyport({ cmd_echo: (args) => args });
    expect(await invoke("cmd_echo", { big: 2n ** 60n, none: undefined })).toEqual({
      big: "1152921504606846976",
    });
  });

  it.each(ERROR_CODES)("rejects with a SallyportError of code %s", async (code) => {
    mock = mockSallyport({
      cmd_fail: () => {
        throw new SallyportError({ code, message: "As told.", incident: "17-2" });
      },
    });
    const error = await failureOf(invoke("cmd_fail"));
    expect(error.message).toBe("As told.");
    expect(error).toMatchObject({
      name: "SallyportError",
      code,
      command: "cmd_fail",
      window: "main",
      id: "1",
      incident: "17-2",
    });
  });

  it("gives a rejection without a known code the code internal", async () => {
    globalThis.__SALLYPORT__ = Promise.resolve({
      window: "main",
      pageState: "",
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      invoke: () => Promise.reject({ code: "made-up", message: 3 }),
      openChannel: () => Promise.reject(new Error("not here")),
      listen: () => ({ agreed: Promise.resolve(), stop: () => undefined }),
      ready: () => Promise.resolve(),
    });
    expect((await failureOf(invoke("cmd_x"))).code).toBe("internal");
    globalThis.__SALLYPORT__ = undefined;
  });

  it("rejects with disconnected where there is no bridge", async () => {
    expect((await failureOf(invoke("cmd_x"))).code).toBe("disconnected");
  });

  it("rejects with internal when the answer is not JSON", async () => {
    globalThis.__SALLYPORT__ = Promise.resolve({
      window: "main",
      pageState: "",
      invoke: () => Promise.resolve("{"),
      openChannel: () => Promise.reject(new Error("not here")),
      listen: () => ({ agreed: Promise.resolve(), stop: () => undefined }),
      ready: () => Promise.resolve(),
    });
    expect((await failureOf(invoke("cmd_x"))).code).toBe("internal");
    globalThis.__SALLYPORT__ = undefined;
  });
});

describe("cancelling and deadlines", () => {
  let seen: AbortSignal | undefined;
  beforeEach(() => {
    seen = undefined;
    mock = mockSallyport({
      cmd_never: (_args: object, signal) => {
        seen = signal;
        return new Promise(() => undefined);
      },
    });
  });

  it("tells the broker and rejects at once when the signal aborts", async () => {
    const controller = new AbortController();
    const call = invoke("cmd_never", {}, { signal: controller.signal });
    await vi.waitFor(() => expect(seen).toBeDefined());
    controller.abort();
    expect((await failureOf(call)).code).toBe("cancelled");
    expect(seen?.aborted).toBe(true);
  });

  it("does not call at all with a signal that is aborted already", async () => {
    const error = await failureOf(invoke("cmd_never", {}, { signal: AbortSignal.abort() }));
    expect(error.code).toBe("cancelled");
    expect(mock?.calls).toEqual([]);
  });

  it("rejects with deadline after timeoutMs, and tells the broker", async () => {
    vi.useFakeTimers();
    const failure = failureOf(invoke("cmd_never", {}, { timeoutMs: 50 }));
    await vi.advanceTimersByTimeAsync(50);
    expect((await failure).code).toBe("deadline");
    expect(seen?.aborted).toBe(true);
  });

  it("leaves no timer behind when the answer came in time", async () => {
    vi.useFakeTimers();
    mock?.handle({ cmd_quick: () => 1 });
    expect(await invoke("cmd_quick", {}, { timeoutMs: 50 })).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("page state", () => {
  it("comes back as it was saved", async () => {
    mock = mockSallyport({});
    await saveState({ screen: "send", amount: "0.1" });
    const state = mock.savedState();
    mock.restore();
    mock = mockSallyport({}, { pageState: state });
    expect(await loadState((value) => value)).toEqual({ screen: "send", amount: "0.1" });
  });

  it("is undefined when nothing was saved, and when it is not JSON", async () => {
    mock = mockSallyport({});
    expect(await loadState((value) => value)).toBeUndefined();
    globalThis.__SALLYPORT__ = Promise.resolve({
      window: "main",
      pageState: "{broken",
      invoke: () => Promise.resolve("null"),
      openChannel: () => Promise.reject(new Error("not here")),
      listen: () => ({ agreed: Promise.resolve(), stop: () => undefined }),
      ready: () => Promise.resolve(),
    });
    expect(await loadState((value) => value)).toBeUndefined();
  });

  it("is refused beyond 64 KiB, counted in bytes, without asking the broker", async () => {
    mock = mockSallyport({});
    await saveState("x".repeat(MAX_STATE_BYTES - 2));
    expect((await failureOf(saveState("é".repeat(MAX_STATE_BYTES / 2)))).code).toBe("too-large");
    expect(mock.calls).toHaveLength(1);
  });
});

describe("invoke with large bytes", () => {
  const before = globalThis.__SALLYPORT__;
  afterEach(() => {
    globalThis.__SALLYPORT__ = before;
  });

  it("gives Blobs beside the text, and reads the answer with the bytes that came beside it", async () => {
    const asked: { json: string; sizes: number[] }[] = [];
    const bridge = {
      invoke: (_command: string, json: string, _signal?: AbortSignal, bytes?: CallBytes) => {
        asked.push({ json, sizes: (bytes?.up ?? []).map(({ size }) => size) });
        if (bytes !== undefined) bytes.down = [Uint8Array.of(7, 8)];
        return Promise.resolve('{"name":"film","data":0}');
      },
    };
    globalThis.__SALLYPORT__ = Promise.resolve(bridge as unknown as Bridge);
    const film = await invoke(
      "cmd_turn_film",
      { data: new Blob([new Uint8Array(1000)]) },
      undefined,
      (json: { name: string; data: string }, bytes) => ({
        ...json,
        data: largeBytes(json.data, bytes),
      }),
    );
    expect(film).toEqual({ name: "film", data: Uint8Array.of(7, 8) });
    expect(asked).toEqual([{ json: '{"data":0}', sizes: [1000] }]);
  });
});
