import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, renderHook, waitFor } from "@testing-library/react";
import { type ReactNode, StrictMode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";

import { type CallOptions, invoke, listen, type ListenOptions, SallyportError } from "./index";
import { type CommandOptions, createQueryClient, useCommand, useEvent } from "./react";
import { mockSallyport, type MockSallyport } from "./testing";

const getCount = (args: { of: string }, options?: CallOptions) =>
  invoke<number>("cmd_get_count", args, options);

const onCounted = (handler: (event: number) => void, options?: ListenOptions) =>
  listen<number>("evt_counted", handler, options);
const onSecret = (handler: (event: number) => void, options?: ListenOptions) =>
  listen<number>("evt_secret", handler, options);
const COUNTED = [onCounted];

let mock: MockSallyport;
afterEach(() => {
  cleanup();
  mock.restore();
  vi.restoreAllMocks();
});

function show(of: string, options: CommandOptions = {}) {
  const client = createQueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  return renderHook(() => useCommand("cmd_get_count", getCount, { of }, options), { wrapper });
}

describe("useCommand", () => {
  it("gives the answer, and asks again as often as it was told", async () => {
    let count = 0;
    mock = mockSallyport({ cmd_get_count: () => ++count });
    const { result } = show("apples", { pollMs: 5 });
    await waitFor(() => expect(result.current.data).toBeGreaterThan(2));
    expect(mock.callsOf("cmd_get_count")[0]).toEqual({ of: "apples" });
  });

  it("gives a refusal as it is and does not try again by itself", async () => {
    mock = mockSallyport({
      cmd_get_count: () => {
        throw new SallyportError({ code: "denied" });
      },
    });
    const { result } = show("apples");
    await waitFor(() => expect(result.current.error?.code).toBe("denied"));
    expect(mock.calls).toHaveLength(1);
  });

  it("asks also when the engine believes to be offline", async () => {
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    globalThis.dispatchEvent(new Event("offline"));
    mock = mockSallyport({ cmd_get_count: () => 7 });
    const { result } = show("apples");
    await waitFor(() => expect(result.current.data).toBe(7));
    globalThis.dispatchEvent(new Event("online"));
  });

  it("cancels the call when the component goes away", async () => {
    let signal: AbortSignal | undefined;
    mock = mockSallyport({
      cmd_get_count: (_args: object, given) => {
        signal = given;
        return new Promise(() => undefined);
      },
    });
    const { unmount } = show("apples");
    await waitFor(() => expect(signal).toBeDefined());
    unmount();
    expect(signal?.aborted).toBe(true);
  });
});

describe("useCommand with events", () => {
  it("asks again when an event comes or some were dropped, and stops with the component", async () => {
    let count = 0;
    mock = mockSallyport({ cmd_get_count: () => ++count });
    const { result, unmount } = show("apples", { invalidatedBy: COUNTED });
    await waitFor(() => expect(result.current.isFetching).toBe(false));
    await waitFor(() => expect(result.current.data).toBeGreaterThan(0));
    const before = count;
    mock.emit("evt_counted", 1);
    await waitFor(() => expect(result.current.data).toBeGreaterThan(before));
    const between = count;
    mock.drop("evt_counted", 9);
    await waitFor(() => expect(result.current.data).toBeGreaterThan(between));
    unmount();
    expect(mock.listeners("evt_counted")).toBe(0);
  });

  it("goes on without an event that the window may not have", async () => {
    let count = 0;
    mock = mockSallyport({ cmd_get_count: () => ++count }, { deniedEvents: ["evt_counted"] });
    const { result } = show("apples", { invalidatedBy: COUNTED, pollMs: 5 });
    await waitFor(() => expect(result.current.data).toBeGreaterThan(2));
  });
});

describe("useEvent", () => {
  it("listens once where React mounts twice, and not at all when the component is gone", async () => {
    mock = mockSallyport({});
    const seen: number[] = [];
    const { rerender, unmount } = renderHook(
      ({ add }) => useEvent(onCounted, (event) => seen.push(event + add)),
      { initialProps: { add: 0 }, wrapper: StrictMode },
    );
    await waitFor(() => expect(mock.listeners("evt_counted")).toBe(1));
    mock.emit("evt_counted", 1);
    rerender({ add: 10 });
    mock.emit("evt_counted", 2);
    expect(seen).toEqual([1, 12]);
    expect(mock.listeners("evt_counted")).toBe(1);
    unmount();
    expect(mock.listeners("evt_counted")).toBe(0);
    mock.emit("evt_counted", 3);
    expect(seen).toEqual([1, 12]);
  });

  it("says why it may not listen, and does not while it is not enabled", async () => {
    mock = mockSallyport({}, { deniedEvents: ["evt_secret"] });
    const { result, rerender } = renderHook(
      ({ enabled }) => useEvent(onSecret, () => undefined, { enabled }),
      { initialProps: { enabled: false } },
    );
    expect(result.current).toBeNull();
    rerender({ enabled: true });
    await waitFor(() => expect(result.current?.code).toBe("denied"));
  });
});
