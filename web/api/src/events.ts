// Events of the broker: typed listeners that end, and the page's word that it has its first ones.
import { getBridge } from "./bridge";
import { SallyportError } from "./error";
import { checkEvent, isDevelopment } from "./shapes";

/** What a listener may add. */
export interface ListenOptions {
  /** Ends the listener when it aborts. */
  signal?: AbortSignal;
  /**
   * So many events of this name did not fit into the window's queue: whoever keeps a copy of some state asks for it
   * anew. Called before the events that came later.
   */
  onDropped?: (count: number) => void;
}

/** A listener at work. */
export interface Listener {
  /** Resolves when the broker lets the window listen; rejects with a {@link SallyportError} when it does not. */
  readonly agreed: Promise<void>;
  /** Ends it; no call of the handler follows. Any number of times. */
  dispose(): void;
}

/** A generated `onXxx` function. */
export type EventSource<E> = (handler: (event: E) => void, options?: ListenOptions) => Listener;

/**
 * Listens to an event by name. The window gets only what it is granted; what was sent before the page was ready, and
 * the last value of a sticky event, come at once. Prefer the generated `onXxx` of an event: it knows the type. In a
 * development build a payload that its type does not allow does not reach the handler: a {@link SallyportError} is
 * thrown in its place, which the bridge writes to the console and a mock throws out of `emit`.
 */
// The type is the caller's word, as with invoke: the generated function knows it.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function listen<E>(
  name: string,
  handler: (event: E) => void,
  { signal, onDropped }: ListenOptions = {},
): Listener {
  let over = signal?.aborted ?? false;
  let stop: (() => void) | undefined;
  const dispose = () => {
    over = true;
    signal?.removeEventListener("abort", dispose);
    stop?.();
    stop = undefined;
  };
  signal?.addEventListener("abort", dispose);
  const start = async () => {
    if (over) return;
    const bridge = await getBridge();
    // Disposed meanwhile: a component that React mounts twice leaves one listener, not two.
    if (over as boolean) return;
    const subscription = bridge.listen(
      name,
      (payloadJson) => {
        if (over) return;
        const payload: unknown = JSON.parse(payloadJson);
        if (isDevelopment) checkEvent(name, payload);
        handler(payload as E);
      },
      (count) => {
        if (!over) onDropped?.(count);
      },
    );
    stop = () => subscription.stop();
    await subscription.agreed;
  };
  const agreed = start().catch((reason: unknown) => {
    throw SallyportError.from(reason, name);
  });
  return { agreed, dispose };
}

/**
 * Tells the broker that the page has its first listeners. Until then events wait for listeners to come; from then on
 * what nobody listens to is not sent.
 */
export async function ready(): Promise<void> {
  try {
    await (await getBridge()).ready();
  } catch (reason) {
    throw SallyportError.from(reason);
  }
}
