// Commands that answer with many items: a channel, read at the page's own pace.
import { getBridge } from "./bridge";
import { SallyportError } from "./error";
import { toJson } from "./json";
import { checkAnswer, isDevelopment } from "./shapes";

/** What a caller may add when it opens a channel. */
export interface ChannelOptions {
  /** Closes the channel, at once and whatever it is doing: reading it rejects with code `"cancelled"`. */
  signal?: AbortSignal;
}

/**
 * The items of a command, in order, for one reader: `for await (const item of channel)`. The broker makes more only
 * as they are read, so a slow reader costs no memory. Leaving the loop closes the channel; leaving the page does too.
 */
export type Channel<T> = AsyncGenerator<T, void, void>;

/**
 * Opens the channel of a command when it is read for the first time. Reading rejects with a {@link SallyportError},
 * and with nothing else. Prefer the generated function of a command: it knows the types.
 * @param read makes an item of its JSON form; without it the JSON form is the item.
 */
export async function* openChannel<T>(
  command: string,
  args: object = {},
  options?: ChannelOptions,
  read?: (json: never) => T,
): Channel<T> {
  try {
    const bridge = await getBridge();
    const channel = await bridge.openChannel(command, toJson(args), options?.signal);
    try {
      for (;;) {
        const { items, done, reason } = await channel.next();
        for (const item of items) {
          if (options?.signal?.aborted) break;
          const json: unknown = JSON.parse(item);
          if (isDevelopment) checkAnswer(command, json);
          yield read === undefined ? (json as T) : read(json as never);
        }
        if (reason !== undefined) throw SallyportError.from(reason, command);
        if (done) return;
      }
    } finally {
      channel.close();
    }
  } catch (reason) {
    throw SallyportError.from(reason, command);
  }
}
