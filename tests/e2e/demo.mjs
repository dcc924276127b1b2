// ./dev demo: the main job of the wallet with real processes, without a display and without a person. Starts devnet and
// the broker, lets demo-page.js work the page and a script answer the prompts, kills the renderer half-way, and has
// the payment judged by the devnet and, where it was built, by Bitcoin Core's interpreter.
// usage: node demo.mjs --bin DIR --out DIR [--oracle PROGRAM]; writes demo.json and screenshots (README, "Demo").
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
};
const bin = path.resolve(option("--bin", "build/dev/bin"));
const out = path.resolve(option("--out", "build/demo"));
const oracle = option("--oracle", "");
const DEADLINE_MS = 180_000;

fs.mkdirSync(out, { recursive: true });
const work = fs.mkdtempSync(path.join(os.tmpdir(), "sallyport-demo-"));
const result = { ok: false, steps: [], txid: "", confirmations: 0, pids: {}, screenshots: [] };
const children = [];
const passphrase = "canary " + randomBytes(9).toString("hex");

// --- processes -------------------------------------------------------------------------------------------------------

class Child {
  constructor(name, args) {
    this.lines = [];
    this.waiting = [];
    this.process = spawn(path.join(bin, name), args, { stdio: ["ignore", "pipe", "pipe"] });
    this.exited = new Promise((resolve) => this.process.on("exit", (code, signal) => resolve({ code, signal })));
    this.log = fs.createWriteStream(path.join(out, `${name}.log`));
    for (const stream of [this.process.stdout, this.process.stderr]) this.read(stream);
    children.push(this);
  }

  read(stream) {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      this.log.write(text);
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        this.lines.push(line);
        this.waiting = this.waiting.filter((waiter) => !waiter(line));
      }
    });
  }

  // What `accept` makes of the first line, seen already or still to come, that it takes; it may throw.
  line(what, accept) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`never saw: ${what}`)), DEADLINE_MS);
      const waiter = (line) => {
        try {
          const value = accept(line);
          if (value) resolve(value);
          else return false;
        } catch (error) {
          reject(error);
        }
        clearTimeout(timer);
        return true;
      };
      if (this.lines.some(waiter)) return;
      this.waiting.push(waiter);
      this.exited.then(() => {
        clearTimeout(timer);
        reject(new Error(`ended before: ${what}`));
      });
    });
  }

  async end() {
    this.process.kill("SIGTERM");
    return this.exited;
  }
}

const pageStep = (broker, name) =>
  broker.line(`page step ${name}`, (line) => {
    const at = line.indexOf("DEMO {");
    if (at < 0) return undefined;
    const said = JSON.parse(line.slice(at + 5).slice(0, line.lastIndexOf("}") - at - 4));
    if (said.step === "failed") throw new Error(`${said.message} | ${said.screen}`);
    return said.step === name ? said : undefined;
  });

async function step(name, action) {
  const started = Date.now();
  const row = { name, ok: false, ms: 0, detail: {} };
  result.steps.push(row);
  try {
    row.detail = (await action()) ?? {};
    row.ok = true;
  } catch (error) {
    row.detail = { error: error.message };
    throw error;
  } finally {
    row.ms = Date.now() - started;
    console.log(`${row.ok ? "ok  " : "FAIL"} ${String(row.ms).padStart(6)} ms  ${name}  ${JSON.stringify(row.detail)}`);
  }
}

function check(condition, message) {
  if (!condition) throw new Error(message);
}

// --- what the demo asks ----------------------------------------------------------------------------------------------

const status = () =>
  JSON.parse(execFileSync(path.join(bin, "sallyport"), ["--runtime", `${work}/run`, "status", "--json"]).toString());

function pids() {
  const byName = Object.fromEntries(status().processes.map((row) => [row.name, row.pid]));
  return { broker: byName.broker, vault: byName.vault, renderer: byName["renderer main"] };
}

async function devnet(base, route, body) {
  const options = body && { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(base + route, options);
  check(answer.ok, `${route}: ${answer.status} ${await answer.clone().text()}`);
  return answer;
}

function screenshot(display, name) {
  const file = path.join(out, name);
  execFileSync("import", ["-window", "root", file], {
    env: { ...process.env, DISPLAY: display, XAUTHORITY: `${work}/run/xauthority` },
  });
  check(fs.statSync(file).size > 2000, `${name} is empty`);
  result.screenshots.push(name);
}

// Everything that the run left readable, and what the processes show of themselves.
function canaryHits(words) {
  const texts = [];
  const walk = (folder) => {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name);
      if (entry.isDirectory()) walk(file);
      else if (entry.isFile() && entry.name !== "prompt-script") texts.push([file, fs.readFileSync(file)]);
    }
  };
  walk(work);
  for (const child of children) texts.push(["log", Buffer.from(child.lines.join("\n"))]);
  for (const row of status().processes)
    for (const name of ["cmdline", "environ"])
      try {
        texts.push([`${row.name} ${name}`, fs.readFileSync(`/proc/${row.pid}/${name}`)]);
      } catch {
        // not dumpable, so not readable: nothing leaks there
      }
  return texts.filter(([, bytes]) => words.some((word) => bytes.includes(word))).map(([name]) => name);
}

// A person at a terminal: answers what `sallyport wallet seed show` asks, and gives back the words that it showed.
function seedOnTerminal(walletId) {
  const command = `${path.join(bin, "sallyport")} --runtime ${work}/run wallet seed show ${walletId}`;
  // script(1) gives it a pseudo-terminal; what is shown stays in this process.
  const terminal = spawn("script", ["-qfec", command, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let unread = "";
    const words = [];
    const questions = [
      [/Passphrase: $/, () => passphrase],
      [/the screen is cleared then\. $/, (text) => {
        for (const [, word] of text.matchAll(/^ *\d+\. ([a-z]+)\s*$/gm)) words.push(word);
        return "";
      }],
      [/Word (\d+): $/, (text) => words[Number(/Word (\d+): $/.exec(text)[1]) - 1]],
    ];
    terminal.stdout.setEncoding("utf8");
    terminal.stdout.on("data", (text) => {
      unread += text;
      const question = questions.find(([pattern]) => pattern.test(unread));
      if (!question) return;
      const answer = question[1](unread);
      unread = "";
      terminal.stdin.write(answer + "\r");
    });
    terminal.on("exit", (code) => (code === 0 ? resolve(words) : reject(new Error(`it ended with ${code}: ${unread}`))));
  });
}

function judgedByCore(transaction, spent) {
  if (!oracle || !fs.existsSync(oracle)) return "skipped: the oracle was not built (cargo is missing)";
  const line = JSON.stringify({ tx: transaction, inputs: spent });
  const answer = JSON.parse(execFileSync(oracle, { input: line + "\n" }).toString());
  check(answer.ok === true, `Bitcoin Core's interpreter refuses the payment: ${JSON.stringify(answer)}`);
  return "accepted";
}

// --- the run ---------------------------------------------------------------------------------------------------------

async function run() {
  const promptScript = path.join(work, "prompt-script");
  fs.writeFileSync(
    promptScript,
    [
      { expect: "choosePassphrase", answer: passphrase, screenshot: path.join(out, "prompt-passphrase.png") },
      { expect: "showSeed", answer: "accepted" },
      { expect: "askWords", answer: "remembered" },
      { expect: "confirmTransaction", answer: "accepted", delayMs: 1500, screenshot: path.join(out, "prompt-confirm.png") },
    ]
      .map((row) => JSON.stringify(row))
      .join("\n") + "\n",
    { mode: 0o600 },
  );

  let base, broker, display, txid, raw;
  await step("devnet starts", async () => {
    const node = new Child("sallyport-devnet", ["--port", "0", "--port-file", `${work}/port`]);
    while (!fs.existsSync(`${work}/port`) || fs.readFileSync(`${work}/port`, "utf8").trim() === "") {
      check(node.process.exitCode === null, "devnet ended");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    base = `http://127.0.0.1:${fs.readFileSync(`${work}/port`, "utf8").trim()}`;
    return { height: Number(await (await devnet(base, "/blocks/tip/height")).text()) };
  });
  await step("broker starts, the window's cage is verified, the page attaches", async () => {
    broker = new Child("sallyportd", [
      "--headless", "--state", `${work}/state`, "--runtime", `${work}/run`, "--esplora", base,
      "--prompt-script", promptScript, "--page-script", path.join(here, "demo-page.js"),
    ]);
    display = await broker.line("the virtual display", (line) => /virtual display (:\d+)/.exec(line)?.[1]);
    await broker.line("attach", (line) => /window main: attached/.exec(line));
    return { display, processes: status().processes.length };
  });
  await step("a wallet is created; its passphrase and seed go through the prompt", () => pageStep(broker, "created"));
  await step("the window shows a receive address", async () => {
    const { address } = await pageStep(broker, "address");
    check(/^bcrt1q[0-9a-z]{38}$/.test(address), `not a P2WPKH address: ${address}`);
    screenshot(display, "window-receive.png");
    await devnet(base, "/regtest/faucet", { address, amount: 100_000_000 });
    return { address };
  });
  await step("coins are seen, and counted only once a block has them", async () => {
    const seen = await pageStep(broker, "seen");
    check(!/[1-9]/.test(seen.confirmed), `unconfirmed coins were shown as received: ${seen.confirmed}`);
    await devnet(base, "/regtest/mine", { blocks: 1 });
    const funded = await pageStep(broker, "funded");
    screenshot(display, "window-overview.png");
    return { incoming: seen.incoming, confirmed: funded.confirmed };
  });
  await step("the payment form is filled", () => pageStep(broker, "form-filled"));
  await step("the renderer is killed with SIGKILL and comes back with its state", async () => {
    const before = pids();
    process.kill(before.renderer, "SIGKILL");
    const restored = await pageStep(broker, "restored");
    const after = pids();
    for (const name of ["broker", "vault", "renderer"]) result.pids[name] = [before[name], after[name]];
    check(before.broker === after.broker && before.vault === after.vault, "broker or vault did not survive");
    check(after.renderer > 0 && before.renderer !== after.renderer, "the renderer is not a new one");
    return { to: restored.to, amount: restored.amount };
  });
  await step("the payment is drafted and shown", async () => {
    const draft = await pageStep(broker, "draft");
    screenshot(display, "window-review.png");
    return draft;
  });
  await step("the user confirms in the prompt; the vault signs; the network takes it", async () => {
    // The prompt waits a moment before the script answers, so that it is seen over the window.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    screenshot(display, "prompt-over-window.png");
    txid = (await pageStep(broker, "sent")).txid;
    check(/^[0-9a-f]{64}$/.test(txid), `not a txid: ${txid}`);
    raw = (await (await devnet(base, `/tx/${txid}/hex`)).text()).trim();
    result.txid = txid;
    return { txid };
  });
  await step("a block confirms it, and the window says so", async () => {
    await devnet(base, "/regtest/mine", { blocks: 1 });
    const shown = await pageStep(broker, "confirmed");
    const tx = await (await devnet(base, `/tx/${txid}`)).json();
    const tip = Number(await (await devnet(base, "/blocks/tip/height")).text());
    check(tx.status.confirmed, "devnet says it is unconfirmed");
    result.confirmations = tip - tx.status.block_height + 1;
    check(tx.vout.some((output) => output.value === 25_000_000), "no output pays 0.25 BTC");
    screenshot(display, "window-history.png");
    return { confirmations: result.confirmations, fee: tx.fee, row: shown.row };
  });
  await step("Bitcoin Core's interpreter judges each input", async () => {
    const tx = await (await devnet(base, `/tx/${txid}`)).json();
    const spent = tx.vin.map((input) => ({ script: input.prevout.scriptpubkey, amount: input.prevout.value }));
    return { inputs: spent.length, verdict: judgedByCore(raw, spent) };
  });
  let seed;
  await step("the seed is shown on a terminal, and three of its words are asked back", async () => {
    const listed = execFileSync(path.join(bin, "sallyport"), ["--runtime", `${work}/run`, "wallet", "list"]).toString();
    seed = await seedOnTerminal(/^([0-9a-f]{16}) /.exec(listed)[1]);
    check(seed.length === 12, `it showed ${seed.length} words`);
    return { words: seed.length };
  });
  await step("nothing of passphrase and seed is in any log, argument, environment or file", async () => {
    const secrets = [passphrase, seed.join(" "), seed.join('","')];
    for (let i = 0; i + 3 <= seed.length; ++i) secrets.push(seed.slice(i, i + 3).join(" "));
    const encoded = [passphrase, seed.join(" ")].flatMap((text) => ["hex", "base64"].map((form) => Buffer.from(text).toString(form)));
    const hits = canaryHits([...secrets, ...encoded]);
    check(hits.length === 0, `a secret is in ${hits.join(", ")}`);
    return { searched: "state, runtime, logs, /proc of every process" };
  });
  await step("shutdown in order, nothing left behind", async () => {
    const all = status().processes.map((row) => row.pid);
    const { code } = await broker.end();
    check(code === 0, `the broker's exit code is ${code}`);
    const order = ["windows closed", "net and prompt ended", "vault ended"].map((what) =>
      broker.lines.findIndex((line) => line.includes(`shutdown: ${what}`)),
    );
    check(order[0] >= 0 && order[0] < order[1] && order[1] < order[2], "the order of the shutdown is not in the journal");
    const left = all.filter((pid) => pid > 0 && fs.existsSync(`/proc/${pid}`));
    check(left.length === 0, `still running: ${left.join(", ")}`);
    check(!fs.existsSync(`${work}/run/admin.sock`), "the admin socket is still there");
    return {};
  });
  for (const name of ["prompt-passphrase.png", "prompt-confirm.png"])
    if (fs.existsSync(path.join(out, name))) result.screenshots.push(name);
  check(result.screenshots.includes("prompt-confirm.png"), "there is no screenshot of the prompt");
}

let failure;
try {
  await run();
  result.ok = true;
} catch (error) {
  failure = error;
}
for (const child of children) if (child.process.exitCode === null && child.process.signalCode === null) await child.end();
fs.rmSync(work, { recursive: true, force: true });
fs.writeFileSync(path.join(out, "demo.json"), JSON.stringify(result, null, 2) + "\n");
if (failure) {
  console.error(`demo: ${failure.message}\ndemo: the logs are in ${out}`);
  process.exit(1);
}
console.log(`demo: ${result.steps.length} steps, all ok; ${path.join(out, "demo.json")}`);
