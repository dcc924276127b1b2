// The page of the benchmark: waits for the events evt_serial and evt_flood and makes that many
// calls of cmd_echo, then cmd_done; for evt_stream it reads a channel of cmd_stream, for evt_pieces
// one of bytes; for evt_down it takes bytes from cmd_down, for evt_up it gives bytes to cmd_up.
#pragma once

namespace sallyport::bench {

constexpr const char* HTML =
    "<!doctype html><meta charset=utf-8><title>bench</title><script src=/bench.js></script>";

constexpr const char* SCRIPT = R"js((async () => {
  const bridge = await globalThis.__SALLYPORT__;
  const call = (command, text) => bridge.invoke(command, JSON.stringify({ text }));
  bridge.listen("evt_serial", async (count) => {
    for (let i = 0; i < Number(count); i++) await call("cmd_echo", "0123456789");
    await call("cmd_done", "");
  });
  bridge.listen("evt_flood", async (count) => {
    const start = performance.now();
    const all = [];
    for (let i = 0; i < Number(count); i++) all.push(call("cmd_echo", "0123456789"));
    await Promise.all(all);
    await call("cmd_done", String(performance.now() - start));
  });
  // "items size pauseMs": a channel of so many texts of so many bytes, read with a pause after each answer.
  bridge.listen("evt_stream", async (spec) => {
    const [items, size, pauseMs] = JSON.parse(spec);
    const start = performance.now();
    const channel = await bridge.openChannel("cmd_stream", JSON.stringify({ items, size }));
    let bytes = 0;
    for (let step = { done: false }; !step.done; ) {
      step = await channel.next();
      for (const item of step.items) bytes += JSON.parse(item).length;
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    await call("cmd_done", bytes === items * size ? String(performance.now() - start) : "0");
  });
  // The base64 of @sallyport/api, by the same function (web/api/src/json.ts).
  const fromBase64 = (text) => {
    const characters = atob(text);
    const bytes = new Uint8Array(characters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
    return bytes;
  };
  // "items size": so many pieces of so many bytes, as the items of a channel.
  bridge.listen("evt_pieces", async (spec) => {
    const [items, size] = JSON.parse(spec);
    const start = performance.now();
    const channel = await bridge.openChannel("cmd_pieces", JSON.stringify({ items, size }));
    let bytes = 0;
    for (let step = { done: false }; !step.done; ) {
      step = await channel.next();
      for (const item of step.items) bytes += fromBase64(JSON.parse(item)).length;
    }
    await call("cmd_done", bytes === items * size ? String(performance.now() - start) : "0");
  });
  // One field of an answer, of so many bytes.
  bridge.listen("evt_down", async (spec) => {
    const [size] = JSON.parse(spec);
    const start = performance.now();
    const bytes = { up: [], down: [] };
    await bridge.invoke("cmd_down", JSON.stringify({ size }), undefined, bytes);
    const took = performance.now() - start;
    const whole = bytes.down[0].length === size && bytes.down[0][size - 1] === 7;
    await call("cmd_done", whole ? String(took) : "0");
  });
  // One field of a call's arguments, likewise.
  bridge.listen("evt_up", async (spec) => {
    const [size] = JSON.parse(spec);
    const data = new Uint8Array(size).fill(7);
    const start = performance.now();
    const taken = await bridge.invoke("cmd_up", '{"data":0}', undefined, { up: [new Blob([data])], down: [] });
    await call("cmd_done", Number(taken) === size ? String(performance.now() - start) : "0");
  });
  await call("cmd_done", "ready");
})();)js";

}  // namespace sallyport::bench
