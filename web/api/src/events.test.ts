import { afterEach, describe, expect, it, vi } from "vitest";

import { invoke, listen, ready, SallyportError } from "./index";
import { mockSallyport, type MockSallyport } from "./testing";

let mock: MockSallyport | undefined;
afterEach(() => {
  mock?.restore();
  mock = undefined;
});

async function failureOf(promise: Promise<unknown>): Promise<SallyportError> {
  const reason: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(reason).toBeInstanceOf(SallyportError);
  return reason as SallyportError;
}

describe("listen", () => {
  it("hands parsed payloads on until it is disposed", async () => {
    mock = mockSallyport({});
    const seen: unknown[] = [];
    const listener = listen<{ n: number }>("evt_count", (event) => seen.push(event));
    await listener.agreed;
    mock.emit("evt_count", { n: 1 });
    mock.emit("evt_other", { n: 2 });
    listener.dispose();
    listener.dispose();
    mock.emit("evt_count", { n: 3 });
    expect(seen).toEqual([{ n: 1 }]);
    expect(mock.listeners("evt_count")).toBe(0);
  });

  it("ends with its signal, also one that was aborted before", async () => {
    mock = mockSallyport({});
    const stop = new AbortController();
    const handler = vi.fn();
    await listen("evt_count", handler, { signal: stop.signal }).agreed;
    expect(mock.listeners("evt_count")).toBe(1);
    stop.abort();
    expect(mock.listeners("evt_count")).toBe(0);
    await listen("evt_count", handler, { signal: stop.signal }).agreed;
    expect(mock.listeners("evt_count")).toBe(0);
    expect(handler).not.toHaveBeenCalled();
  });

  it("leaves one listener when it is disposed at once and begun again", async () => {
    mock = mockSallyport({});
    const first = listen("evt_count", () => undefined);
    first.dispose();
    const second = listen("evt_count", () => undefined);
    await Promise.all([first.agreed, second.agreed]);
    expect(mock.listeners("evt_count")).toBe(1);
  });

  it("rejects with a typed error when the window may not listen, or has no broker", async () => {
    mock = mockSallyport({}, { deniedEvents: ["evt_secret"] });
    const denied = await failureOf(listen("evt_secret", () => undefined).agreed);
    expect(denied).toMatchObject({ code: "denied", command: "evt_secret" });
    mock.restore();
    const gone = await failureOf(listen("evt_count", () => undefined).agreed);
    expect(gone.code).toBe("disconnected");
    expect((await failureOf(ready())).code).toBe("disconnected");
  });

  it("tells how many were dropped", async () => {
    mock = mockSallyport({});
    const onDropped = vi.fn();
    await listen("evt_count", () => undefined, { onDropped }).agreed;
    mock.drop("evt_count", 7);
    expect(onDropped).toHaveBeenCalledExactlyOnceWith(7);
  });

  it("gets what came before it, until the page is ready", async () => {
    mock = mockSallyport({ cmd_nothing: () => null });
    const seen: unknown[] = [];
    mock.emit("evt_early", 1);
    await listen("evt_early", (event) => seen.push(event)).agreed;
    await invoke("cmd_nothing");
    expect(seen).toEqual([1]);
    mock.emit("evt_other", 2);
    await ready();
    expect(mock.isReady()).toBe(true);
    await listen("evt_other", (event) => seen.push(event)).agreed;
    await invoke("cmd_nothing");
    expect(seen).toEqual([1]);
  });
});
