import { afterEach, describe, expect, it, vi } from "vitest";

import { type Bridge, type CallBytes, getBridge } from "./bridge";
import { type Handler, type MockOptions, mockSallyport, type MockSallyport } from "./testing";
import { borrowBridge, lendBridge, type WorkerScopeLike } from "./worker";

let mock: MockSallyport | undefined;
let stop: (() => void) | undefined;
const realBridge = globalThis.__SALLYPORT__;
afterEach(() => {
  stop?.();
  stop = undefined;
  mock?.restore();
  mock = undefined;
  globalThis.__SALLYPORT__ = realBridge;
});

// A page with a mocked broker and its worker, in one thread; the ports between them are real.
async function pageAndWorker(
  handlers: Record<string, Handler>,
  options: MockOptions = {},
): Promise<{ page: MockSallyport; bridge: Bridge }> {
  const page = mockSallyport(handlers, { window: "side", pageState: { tab: 2 }, ...options });
  mock = page;
  let listener: ((event: MessageEvent<unknown>) => void) | undefined;
  const scope: WorkerScopeLike = {
    addEventListener: (_type, added) => (listener = added),
    removeEventListener: () => (listener = undefined),
  };
  const ofPage = globalThis.__SALLYPORT__;
  const borrowed = borrowBridge(scope); // as in a worker, where it is the global one
  globalThis.__SALLYPORT__ = ofPage;
  listener?.({ data: "something else", ports: [] } as unknown as MessageEvent<unknown>);
  stop = await lendBridge({
    postMessage: (data, ports) =>
      listener?.({ data, ports: ports as MessagePort[] } as unknown as MessageEvent<unknown>),
  });
  return { page, bridge: await borrowed };
}

async function rejection(promise: Promise<unknown>): Promise<{ code: string; command: string }> {
  return (await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )) as { code: string; command: string };
}

describe("a worker with a lent bridge", () => {
  it("calls with the page's rights and knows the page's window", async () => {
    const { page, bridge } = await pageAndWorker({
      cmd_sum: ({ a, b }: { a: number; b: number }) => a + b,
    });
    expect(bridge.window).toBe("side");
    expect(bridge.pageState).toBe('{"tab":2}');
    const sums = [1, 2, 3].map((a) => bridge.invoke("cmd_sum", JSON.stringify({ a, b: 10 })));
    expect(await Promise.all(sums)).toEqual(["11", "12", "13"]);
    expect(page.callsOf("cmd_sum")).toHaveLength(3);
  });

  it("gives and gets large bytes beside the text", async () => {
    const { page, bridge } = await pageAndWorker({ cmd_turn: () => "turned" });
    const ofPage = await getBridge();
    const invoke = ofPage.invoke.bind(ofPage);
    ofPage.invoke = (command, json, signal, bytes) => {
      if (bytes !== undefined) bytes.down = [Uint8Array.of(1, 2, 3)];
      return invoke(command, json, signal, bytes);
    };
    const bytes: CallBytes = { up: [new Blob(["four"])], down: [] };
    expect(await bridge.invoke("cmd_turn", '{"data":0}', undefined, bytes)).toBe('"turned"');
    expect(page.calls.at(0)?.up).toHaveLength(1);
    expect(bytes.down.map((one) => [...one])).toEqual([[1, 2, 3]]);
  });

  it("gets a failure with its code, as a plain object", async () => {
    const { bridge } = await pageAndWorker({});
    const reason = await rejection(bridge.invoke("cmd_nothing", "{}"));
    expect(reason).toMatchObject({
      code: "unknown-command",
      command: "cmd_nothing",
      window: "side",
    });
    expect(reason).not.toBeInstanceOf(Error);
  });

  it("cancels once, and the page's call is aborted", async () => {
    let signalOfPage: AbortSignal | undefined;
    const { bridge } = await pageAndWorker({
      cmd_wait: (_args, signal) => {
        signalOfPage = signal;
        return new Promise(() => undefined);
      },
    });
    const controller = new AbortController();
    const settled = vi.fn();
    const call = bridge.invoke("cmd_wait", "{}", controller.signal).finally(settled);
    await vi.waitFor(() => expect(signalOfPage).toBeDefined());
    controller.abort();
    controller.abort();
    expect((await rejection(call)).code).toBe("cancelled");
    await vi.waitFor(() => expect(signalOfPage?.aborted).toBe(true));
    expect(settled).toHaveBeenCalledTimes(1);
    const late = await rejection(bridge.invoke("cmd_wait", "{}", controller.signal));
    expect(late.code).toBe("cancelled");
  });

  it("drops an answer that comes after the cancel", async () => {
    let answer: ((value: string) => void) | undefined;
    const { bridge } = await pageAndWorker({
      cmd_wait: () => new Promise<string>((resolve) => (answer = resolve)),
      cmd_echo: (args) => args,
    });
    const controller = new AbortController();
    const call = bridge.invoke("cmd_wait", "{}", controller.signal);
    await vi.waitFor(() => expect(answer).toBeDefined());
    controller.abort();
    answer?.("late");
    expect((await rejection(call)).code).toBe("cancelled");
    expect(await bridge.invoke("cmd_echo", "7")).toBe("7");
  });

  it("gets events until it takes its handler back", async () => {
    const { page, bridge } = await pageAndWorker({ cmd_echo: (args) => args });
    const seen: string[] = [];
    const dropped: number[] = [];
    const listener = bridge.listen(
      "evt_balance",
      (payload) => seen.push(payload),
      (count) => dropped.push(count),
    );
    await listener.agreed;
    page.drop("evt_balance", 3);
    page.emit("evt_balance", 5);
    await vi.waitFor(() => expect(seen).toEqual(["5"]));
    expect(dropped).toEqual([3]);
    listener.stop();
    listener.stop();
    await bridge.invoke("cmd_echo", "1");
    expect(page.listeners("evt_balance")).toBe(0);
    page.emit("evt_balance", 6);
    await bridge.invoke("cmd_echo", "1");
    expect(seen).toEqual(["5"]);
  });

  it("reads a channel of the page, and its close reaches the source", async () => {
    let isOver = false;
    const { bridge } = await pageAndWorker({
      *cmd_count() {
        try {
          for (let i = 1; ; i++) yield i;
        } finally {
          isOver = true;
        }
      },
    });
    const channel = await bridge.openChannel("cmd_count", "{}");
    expect(await channel.next()).toEqual({ items: ["1"], done: false });
    expect(await channel.next()).toEqual({ items: ["2"], done: false });
    channel.close();
    expect((await rejection(channel.next())).code).toBe("cancelled");
    await vi.waitFor(() => expect(isOver).toBe(true));
    expect((await rejection(bridge.openChannel("cmd_nothing", "{}"))).code).toBe("unknown-command");
  });

  it("hears why it may not listen, and says for the page that it is ready", async () => {
    const { page, bridge } = await pageAndWorker({}, { deniedEvents: ["evt_secret"] });
    const { agreed } = bridge.listen("evt_secret", () => undefined);
    expect(await rejection(agreed)).toMatchObject({ code: "denied", command: "evt_secret" });
    await bridge.ready();
    expect(page.isReady()).toBe(true);
  });

  it("has every open call settled once when the page takes the bridge back", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const { bridge } = await pageAndWorker({
      cmd_wait: (_args, signal) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    });
    const calls = [bridge.invoke("cmd_wait", "{}"), bridge.invoke("cmd_wait", "{}")];
    await vi.waitFor(() => expect(signals).toHaveLength(2));
    stop?.();
    for (const call of calls) expect((await rejection(call)).code).toBe("disconnected");
    expect(signals.every((signal) => signal?.aborted)).toBe(true);
    expect((await rejection(bridge.invoke("cmd_wait", "{}"))).code).toBe("disconnected");
  });
});
