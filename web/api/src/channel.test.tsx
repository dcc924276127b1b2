import { cleanup, renderHook, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";

import { type ChannelOptions, openChannel, SallyportError } from "./index";
import { useChannel } from "./react";
import { mockSallyport, type MockSallyport } from "./testing";

let mock: MockSallyport;
let made: number[];
let isOver: boolean;
afterEach(() => {
  cleanup();
  mock.restore();
});

function mockCount() {
  made = [];
  isOver = false;
  mock = mockSallyport({
    *cmd_count({ to }: { to: number }) {
      try {
        for (let i = 1; i <= to; i++) {
          made.push(i);
          yield i;
        }
      } finally {
        isOver = true;
      }
    },
    *cmd_break() {
      yield 1;
      throw new SallyportError({ code: "locked" });
    },
    *cmd_big() {
      yield { height: "9007199254740993" };
    },
    cmd_silent: () => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    }),
  });
}

const count = (args: { to: number }, options?: ChannelOptions) =>
  openChannel<number>("cmd_count", args, options);

async function failure(channel: AsyncIterable<unknown>): Promise<[unknown[], SallyportError]> {
  const seen: unknown[] = [];
  try {
    for await (const item of channel) seen.push(item);
  } catch (reason) {
    return [seen, reason as SallyportError];
  }
  throw new Error("the channel did not fail");
}

describe("openChannel", () => {
  it("gives the items in order and ends", async () => {
    mockCount();
    const seen: number[] = [];
    for await (const item of count({ to: 3 })) seen.push(item);
    expect(seen).toEqual([1, 2, 3]);
    expect(isOver).toBe(true);
    expect(mock.callsOf("cmd_count")).toEqual([{ to: 3 }]);
  });

  it("is opened when it is read, asked only as it is read, and closed when the loop is left", async () => {
    mockCount();
    const channel = count({ to: 100 });
    expect(mock.calls).toHaveLength(0);
    for await (const item of channel) {
      expect(made).toHaveLength(item);
      if (item === 3) break;
    }
    expect(made).toEqual([1, 2, 3]);
    expect(isOver).toBe(true);
  });

  it("fails with what the command says, after what came before", async () => {
    mockCount();
    const [seen, error] = await failure(openChannel("cmd_break"));
    expect(seen).toEqual([1]);
    expect(error).toBeInstanceOf(SallyportError);
    expect(error.code).toBe("locked");
    const [, unknown] = await failure(openChannel("cmd_nothing"));
    expect(unknown.code).toBe("unknown-command");
  });

  it("makes items of their JSON form", async () => {
    mockCount();
    const read = (json: { height: string }) => ({ height: BigInt(json.height) });
    for await (const item of openChannel("cmd_big", {}, undefined, read)) {
      expect(item.height).toBe(9007199254740993n);
    }
  });

  it("is closed by its signal, also while it waits", async () => {
    mockCount();
    const stop = new AbortController();
    const waiting = failure(openChannel("cmd_silent", {}, { signal: stop.signal }));
    await waitFor(() => expect(mock.calls).toHaveLength(1));
    stop.abort();
    expect((await waiting)[1].code).toBe("cancelled");
  });
});

describe("useChannel", () => {
  it("shows the last items, opens again for other arguments, and closes when it goes away", async () => {
    mockCount();
    const { result, rerender, unmount } = renderHook(
      ({ to }) => useChannel(count, { to }, { keep: 2 }),
      { initialProps: { to: 3 } },
    );
    await waitFor(() => expect(result.current.status).toBe("ended"));
    expect(result.current.items).toEqual([2, 3]);
    rerender({ to: 1 });
    await waitFor(() => expect(result.current.items).toEqual([1]));
    expect(mock.callsOf("cmd_count")).toEqual([{ to: 3 }, { to: 1 }]);
    unmount();
  });

  it("closes an open channel when the component goes away", async () => {
    mockCount();
    const read: number[] = [];
    const { unmount } = renderHook(() =>
      useChannel(
        count,
        { to: 5 },
        {
          onItem: (item) => {
            read.push(item);
            return new Promise<void>(() => undefined);
          },
        },
      ),
    );
    await waitFor(() => expect(read).toEqual([1]));
    unmount();
    await waitFor(() => expect(isOver).toBe(true));
    expect(made).toEqual([1]);
  });

  it("tells a failure", async () => {
    mockCount();
    const { result } = renderHook(() => useChannel(() => openChannel("cmd_break"), {}));
    await waitFor(() => expect(result.current.status).toBe("failed"));
    expect(result.current.error?.code).toBe("locked");
    expect(result.current.items).toEqual([1]);
  });
});
