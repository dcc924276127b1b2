// What a page keeps across the death of its own process and of the broker, which holds it: one text of at most 64 KiB.
import { getBridge } from "./bridge";
import { SallyportError } from "./error";
import { type CallOptions, invoke } from "./invoke";

/** The most that a saved state may take, as UTF-8 bytes of its JSON. */
export const MAX_STATE_BYTES = 65536;

/**
 * Saves what {@link loadState} gives back after a crash, replacing what was saved before. The app's own pages
 * get it back too when the whole app crashed or was started anew; it is gone when the user closes the window
 * or ends the app.
 * The value must survive JSON. Never put a secret in it; rejects with `"too-large"` beyond {@link MAX_STATE_BYTES}.
 */
export async function saveState(value: unknown, options?: CallOptions): Promise<void> {
  const command = "cmd_save_state";
  const state = JSON.stringify(value);
  if (new TextEncoder().encode(state).length > MAX_STATE_BYTES) {
    throw new SallyportError({
      code: "too-large",
      message: "The page state is too large.",
      command,
    });
  }
  await invoke<null>(command, { state }, options);
}

/**
 * Reads what the page saved before its process ended. `read` checks the value, since an older version
 * of the page may have written it: it returns undefined for what it cannot use.
 */
export async function loadState<T>(
  read: (value: unknown) => T | undefined,
): Promise<T | undefined> {
  const { pageState } = await getBridge();
  if (pageState === "") return undefined;
  try {
    return read(JSON.parse(pageState));
  } catch {
    return undefined;
  }
}
