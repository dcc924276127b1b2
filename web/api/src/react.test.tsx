import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";

import { type CallOptions, invoke, SallyportError } from "./index";
import { createQueryClient, useCommand } from "./react";
import { mockSallyport, type MockSallyport } from "./testing";

const getCount = (args: { of: string }, options?: CallOptions) =>
  invoke<number>("cmd_get_count", args, options);

let mock: MockSallyport;
afterEach(() => {
  cleanup();
  mock.restore();
  vi.restoreAllMocks();
});

function show(of: string, pollMs?: number) {
  const client = createQueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const options = pollMs === undefined ? {} : { pollMs };
  return renderHook(() => useCommand("cmd_get_count", getCount, { of }, options), { wrapper });
}

describe("useCommand", () => {
  it("gives the answer, and asks again as often as it was told", async () => {
    let count = 0;
    mock = mockSallyport({ cmd_get_count: () => ++count });
    const { result } = show("apples", 5);
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
