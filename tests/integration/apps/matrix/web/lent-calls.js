// What a worker does with a borrowed bridge: told to the page once, then on each message.
globalThis.useLent = async ({ borrowBridge, invoke }) => {
  const borrowed = borrowBridge();
  addEventListener("message", async ({ data }) => {
    if (data === "call") postMessage(await invoke("cmd_save_state", { state: "z" }).catch((error) => error.code));
    // Opened and taken back at once: which of the two is first is not for this test to say.
    if (data === "stay open") postMessage(await untilRefused(invoke));
  });
  const refusal = (call) => call.catch((error) => [error.name, error.code, error.command, error.window]);
  const { window } = await borrowed;
  const seen = { window, settled: 0 };
  seen.granted = await invoke("cmd_save_state", { state: "by a worker" });
  seen.denied = await refusal(invoke("cmd_get_balance"));
  seen.unknown = await refusal(invoke("cmd_get_seed"));
  const many = await Promise.all(Array.from({ length: 600 }, () => invoke("cmd_get_window")));
  seen.titles = many.filter(({ label }) => label === window).length;
  const stop = new AbortController();
  const cancelled = invoke("cmd_list_windows", {}, { signal: stop.signal }).finally(() => seen.settled++);
  stop.abort();
  stop.abort();
  seen.cancelled = await cancelled.catch((error) => error.code);
  const unsent = invoke("cmd_list_windows", {}, { signal: stop.signal }).finally(() => seen.settled++);
  seen.unsent = await unsent.catch((error) => error.code);
  postMessage(seen);
};

async function untilRefused(invoke) {
  for (;;) {
    const code = await invoke("cmd_get_window").then(
      () => "",
      (error) => error.code,
    );
    if (code !== "") return code;
  }
}
