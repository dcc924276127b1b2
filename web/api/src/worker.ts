// Calls from a web worker of the page: the bridge exists in the main frame only, so the page lends it over a
// MessagePort. A worker has the page's rights and no others: the broker sees one window.
import type { Bridge, CallBytes, ChannelStep, RawChannel, Subscription } from "./bridge";
import { getBridge } from "./bridge";
import { SallyportError } from "./error";

/** What the page tells a worker's port. */
type ToWorker =
  | { type: "settled"; id: number; json: string; down: readonly Uint8Array[] }
  | { type: "failed"; id: number; reason: Record<string, unknown> }
  | { type: "event"; subscription: number; payloadJson: string }
  | { type: "dropped"; subscription: number; count: number }
  | { type: "gone" };

/** What a worker tells the page's port. */
type ToPage =
  | { type: "invoke"; id: number; command: string; argumentsJson: string; up: readonly Blob[] }
  | { type: "abort"; id: number }
  | { type: "open"; id: number; command: string; argumentsJson: string }
  | { type: "next"; id: number; channel: number }
  | { type: "close"; channel: number }
  | { type: "subscribe"; subscription: number; id: number; name: string }
  | { type: "ready"; id: number }
  | { type: "unsubscribe"; subscription: number };

/** The first message to a worker; its port is the rest of the way. */
interface Greeting {
  readonly sallyport: "bridge";
  readonly window: string;
  readonly pageState: string;
}

function isGreeting(data: unknown): data is Greeting {
  return (
    typeof data === "object" && data !== null && "sallyport" in data && data.sallyport === "bridge"
  );
}

/** A `Worker`, or what stands for one in a test. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** A worker's `self`, or what stands for it in a test. */
export interface WorkerScopeLike {
  addEventListener(type: "message", listener: (event: MessageEvent<unknown>) => void): void;
  removeEventListener(type: "message", listener: (event: MessageEvent<unknown>) => void): void;
}

/** Serves one worker's port with the page's bridge; the answer ends that and cancels what is open. */
function servePort(bridge: Bridge, port: MessagePort): () => void {
  const open = new Map<number, AbortController>();
  const subscriptions = new Map<number, Subscription>();
  const tell = (message: ToWorker) => port.postMessage(message);

  const channels = new Map<number, RawChannel>();

  async function call(
    id: number,
    command: string,
    ask: (signal: AbortSignal) => Promise<string>,
    bytes?: CallBytes,
  ) {
    const stop = new AbortController();
    open.set(id, stop);
    try {
      const json = await ask(stop.signal);
      const down = bytes?.down ?? [];
      const settled: ToWorker = { type: "settled", id, json, down };
      if (open.delete(id))
        port.postMessage(
          settled,
          down.map(({ buffer }) => buffer as ArrayBuffer),
        );
    } catch (error) {
      const { code, message, window, incident } = SallyportError.from(error, command);
      const reason = { code, message, command, window, id: String(id), incident };
      if (open.delete(id)) tell({ type: "failed", id, reason });
    }
  }

  function settle(id: number, name: string, done: Promise<void>) {
    done.then(
      () => tell({ type: "settled", id, json: "", down: [] }),
      (error: unknown) => {
        const { code, message, window, incident } = SallyportError.from(error, name);
        const reason = { code, message, command: name, window, id: String(id), incident };
        tell({ type: "failed", id, reason });
      },
    );
  }

  port.onmessage = ({ data }: MessageEvent<ToPage>) => {
    switch (data.type) {
      case "invoke": {
        const { id, command, argumentsJson } = data;
        const bytes: CallBytes = { up: data.up, down: [] };
        const ask = (signal: AbortSignal) => bridge.invoke(command, argumentsJson, signal, bytes);
        void call(id, command, ask, bytes);
        break;
      }
      case "open": {
        const { id, command, argumentsJson } = data;
        void call(id, command, async (signal) => {
          const channel = await bridge.openChannel(command, argumentsJson, signal);
          if (signal.aborted) channel.close();
          else channels.set(id, channel);
          return "null";
        });
        break;
      }
      case "next": {
        const channel = channels.get(data.channel);
        void call(data.id, "", async () => {
          if (channel === undefined) throw new SallyportError({ code: "cancelled" });
          return JSON.stringify(await channel.next());
        });
        break;
      }
      case "close":
        channels.get(data.channel)?.close();
        channels.delete(data.channel);
        break;
      case "abort":
        // The worker has settled it already; nobody waits for what comes of it.
        open.get(data.id)?.abort();
        open.delete(data.id);
        break;
      case "subscribe": {
        const { subscription } = data;
        const started = bridge.listen(
          data.name,
          (payloadJson) => tell({ type: "event", subscription, payloadJson }),
          (count) => tell({ type: "dropped", subscription, count }),
        );
        subscriptions.set(subscription, started);
        settle(data.id, data.name, started.agreed);
        break;
      }
      case "unsubscribe":
        subscriptions.get(data.subscription)?.stop();
        subscriptions.delete(data.subscription);
        break;
      case "ready":
        settle(data.id, "", bridge.ready());
        break;
    }
  };

  return () => {
    tell({ type: "gone" });
    port.onmessage = null;
    for (const stop of open.values()) stop.abort();
    open.clear();
    for (const channel of channels.values()) channel.close();
    channels.clear();
    for (const subscription of subscriptions.values()) subscription.stop();
    subscriptions.clear();
    port.close();
  };
}

/**
 * In the page: lets a worker call with the page's rights. Call it right after `new Worker(…)`, and the answer before
 * `worker.terminate()`: it cancels what the worker left open. Rejects where the page itself has no bridge.
 */
export async function lendBridge(worker: WorkerLike): Promise<() => void> {
  const bridge = await getBridge();
  const { port1, port2 } = new MessageChannel();
  const stop = servePort(bridge, port1);
  const greeting: Greeting = {
    sallyport: "bridge",
    window: bridge.window,
    pageState: bridge.pageState,
  };
  worker.postMessage(greeting, [port2]);
  return stop;
}

function bridgeOver(port: MessagePort, { window, pageState }: Greeting): Bridge {
  interface Waiting {
    resolve(json: string, down: readonly Uint8Array[]): void;
    reject(reason: unknown): void;
    forget(): void;
  }
  const waiting = new Map<number, Waiting>();
  interface Handlers {
    handler: (payloadJson: string) => void;
    onDropped: ((count: number) => void) | undefined;
  }
  const handlers = new Map<number, Handlers>();
  let last = 0;
  let isGone = false;
  const tell = (message: ToPage) => port.postMessage(message);
  // Whoever takes a call out settles it, so it is settled once.
  const take = (id: number) => {
    const call = waiting.get(id);
    waiting.delete(id);
    call?.forget();
    return call;
  };
  const failure = (code: string, message: string, command: string, id: number) => ({
    code,
    message,
    command,
    window,
    id: String(id),
    incident: "",
  });

  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    switch (data.type) {
      case "settled":
        take(data.id)?.resolve(data.json, data.down);
        break;
      case "failed":
        take(data.id)?.reject(data.reason);
        break;
      case "event":
        handlers.get(data.subscription)?.handler(data.payloadJson);
        break;
      case "dropped":
        handlers.get(data.subscription)?.onDropped?.(data.count);
        break;
      case "gone":
        isGone = true;
        for (const id of [...waiting.keys()]) {
          take(id)?.reject(failure("disconnected", "The page took its bridge back.", "", id));
        }
        break;
    }
  };

  // A question that the page answers with nothing.
  const askPlain = (name: string, send: (id: number) => void) =>
    new Promise<void>((resolve, reject) => {
      const id = ++last;
      if (isGone) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject(failure("disconnected", "The page took its bridge back.", name, id));
        return;
      }
      waiting.set(id, { resolve: () => resolve(), reject, forget: () => undefined });
      send(id);
    });

  const ask = (
    message: ToPage & { type: "invoke" | "open" | "next" },
    command: string,
    signal: AbortSignal | undefined,
    bytes?: CallBytes,
  ) =>
    new Promise<string>((resolve, reject) => {
      const { id } = message;
      const settled = (code: string, text: string) =>
        // Like the page's own bridge: a plain object, not an Error.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject(failure(code, text, command, id));
      if (isGone) {
        settled("disconnected", "The page took its bridge back.");
        return;
      }
      if (signal?.aborted) {
        settled("cancelled", "The page cancelled the call.");
        return;
      }
      const onAbort = () => {
        if (take(id) === undefined) return;
        tell({ type: "abort", id });
        settled("cancelled", "The page cancelled the call.");
      };
      signal?.addEventListener("abort", onAbort);
      waiting.set(id, {
        resolve: (json, down) => {
          if (bytes !== undefined) bytes.down = down;
          resolve(json);
        },
        reject,
        forget: () => signal?.removeEventListener("abort", onAbort),
      });
      tell(message);
    });

  return Object.freeze({
    window,
    pageState,
    invoke: (command: string, argumentsJson: string, signal?: AbortSignal, bytes?: CallBytes) => {
      const up = bytes?.up ?? [];
      return ask(
        { type: "invoke", id: ++last, command, argumentsJson, up },
        command,
        signal,
        bytes,
      );
    },
    openChannel: async (command: string, argumentsJson: string, signal?: AbortSignal) => {
      const channel = ++last;
      await ask({ type: "open", id: channel, command, argumentsJson }, command, signal);
      // What waits is rejected here: the page answers the rest.
      const stop = new AbortController();
      const close = () => {
        if (stop.signal.aborted) return;
        signal?.removeEventListener("abort", close);
        stop.abort();
        tell({ type: "close", channel });
      };
      signal?.addEventListener("abort", close);
      return Object.freeze({
        next: async () =>
          JSON.parse(
            await ask({ type: "next", id: ++last, channel }, command, stop.signal),
          ) as ChannelStep,
        close,
      });
    },
    listen: (
      name: string,
      handler: (payloadJson: string) => void,
      onDropped?: (count: number) => void,
    ) => {
      const subscription = ++last;
      handlers.set(subscription, { handler, onDropped });
      let end: () => void = () => undefined;
      const agreed = askPlain(name, (id) => {
        end = () => take(id)?.resolve("", []);
        tell({ type: "subscribe", subscription, id, name });
      });
      return {
        agreed,
        stop: () => {
          if (!handlers.delete(subscription)) return;
          tell({ type: "unsubscribe", subscription });
          end();
        },
      };
    },
    ready: () => askPlain("", (id) => tell({ type: "ready", id })),
  });
}

/**
 * In the worker, first thing: waits for the page's {@link lendBridge} and makes `invoke` and the generated functions
 * work here as they do in the page. Calls made before the page lends its bridge wait for it.
 */
export function borrowBridge(scope: WorkerScopeLike = globalThis): Promise<Bridge> {
  const bridge = new Promise<Bridge>((resolve) => {
    const onMessage = ({ data, ports }: MessageEvent<unknown>) => {
      const port = ports[0];
      if (!isGreeting(data) || port === undefined) return;
      scope.removeEventListener("message", onMessage);
      resolve(bridgeOver(port, data));
    };
    scope.addEventListener("message", onMessage);
  });
  globalThis.__SALLYPORT__ = bridge;
  return bridge;
}
