// Tries each attack of the table in tests/integration/page-matrix.md and says for each what was wrong. Lines go by a
// command: the console's are budgeted, and the engine writes there too.
const row = async (name, attack) => {
  let said;
  try {
    said = JSON.stringify(await attack());
  } catch (error) {
    said = "FAILED " + (error.stack || JSON.stringify(error));
  }
  await call("cmd_write_log", {
    level: "info",
    message: `@${name} ${said}`.slice(0, 1000),
  });
};
const failed = (start) =>
  new Promise((resolve) =>
    start(
      () => resolve(true),
      () => resolve(false),
    ),
  );

// Where nothing is there to be given, the engine says so and not that it may not be had.
const refused = ({ name }) => (name === "NotAllowedError" ? "denied" : name);

// True for each way of asking that fails.
const askFor = async (address) => ({
  fetch: await failed((bad, good) => fetch(address).then(good, bad)),
  "no-cors": await failed((bad, good) =>
    fetch(address, { mode: "no-cors" }).then(good, bad),
  ),
  xhr: await failed((bad, good) => {
    const request = new XMLHttpRequest();
    request.onload = good;
    request.onerror = bad;
    request.open("GET", address);
    request.send();
  }),
  image: await failed((bad, good) =>
    Object.assign(new Image(), { onload: good, onerror: bad, src: address }),
  ),
  script: await failed((bad, good) => {
    const script = Object.assign(document.createElement("script"), {
      onload: good,
      onerror: bad,
      src: address,
    });
    document.head.append(script);
  }),
});
const ask = async (at) => ({
  ...(await askFor(`http://${at}/`)),
  socket: await failed((bad, good) => {
    const socket = new WebSocket(`ws://${at}/`);
    socket.onopen = good;
    socket.onerror = bad;
  }),
  rtc: await failed((bad, good) => {
    if (typeof RTCPeerConnection === "undefined") return bad();
    const peer = new RTCPeerConnection({
      iceServers: [{ urls: `stun:${at}` }],
    });
    peer.createDataChannel("x");
    let found = 0;
    peer.onicecandidate = ({ candidate }) => {
      if (
        candidate &&
        candidate.candidate &&
        !candidate.candidate.includes(".local")
      )
        found++;
      if (!candidate) (found ? good : bad)();
    };
    peer.createOffer().then((offer) => peer.setLocalDescription(offer), bad);
    setTimeout(() => (found ? good : bad)(), 2000);
  }),
});

(async () => {
  await row("B1", () => strangeLabels(LABELS));
  await row("B2-labels", () => strangeLabels(PATTERNS));
  await row("B2-paths", patternPaths);
  await row("B3", strangeAddresses);
  await row("B4", strangeOrigins);
  await row("B5-frames", lookInFrames);
  await row("B5-workers", lookInWorkers);
  await row("lent-classic", () => lent("/lent.js"));
  await row("lent-module", () => lent("/lent-module.js", { type: "module" }));
  await row("taken-back", takenBack);
  await row("B10", strangePaths);
  await row("B11", async () => (await call("cmd_get_balance")).error.code);
  await row("B8", async () => {
    const reached = {};
    // What there is, is seen to be reached.
    for (const address of ["/lent-calls.js", "/dot.svg"])
      for (const [way, bad] of Object.entries(await askFor(address)))
        if (!bad) reached[way] = true;
    for (const at of [
      "127.0.0.1:80",
      "localhost:9222",
      "169.254.169.254",
      "[::1]:80",
    ]) {
      for (const [way, bad] of Object.entries(await ask(at)))
        if (!bad) reached[`${way} ${at}`] = true;
    }
    return reached;
  });
  await row("F2", async () => {
    const reached = [];
    for (const at of ["f2.example.org:3478", "192.0.2.7:80"]) {
      for (const rel of [
        "dns-prefetch",
        "preconnect",
        "prefetch",
        "preload",
        "modulepreload",
        "stylesheet",
        "icon",
      ])
        document.head.append(
          Object.assign(document.createElement("link"), {
            rel,
            href: `http://${at}/`,
            as: "script",
          }),
        );
      navigator.sendBeacon(`http://${at}/`, "x");
      fetch(`http://${at}/`, { keepalive: true, mode: "no-cors" }).catch(
        () => null,
      );
      new EventSource(`http://${at}/`).onopen = () =>
        reached.push(`events ${at}`);
      for (const [way, bad] of Object.entries(await ask(at)))
        if (!bad) reached.push(`${way} ${at}`);
    }
    return reached;
  });
  await row("B14", () => strangeAddressesOfDebugger());
  await row("asking", async () => ({
    opened: [
      window.open("/index.html"),
      window.open("https://example.org/"),
    ].filter(Boolean).length,
    dialogs: [confirm("x"), prompt("x")],
    geolocation: await new Promise((done) =>
      navigator.geolocation.getCurrentPosition(
        () => done("granted"),
        ({ code, PERMISSION_DENIED }) =>
          done(code === PERMISSION_DENIED ? "denied" : "not asked"),
      ),
    ),
    camera: await navigator.mediaDevices
      .getUserMedia({ video: true })
      .then(() => "granted", refused),
    screen: await navigator.mediaDevices
      .getDisplayMedia({ video: true })
      .then(() => "granted", refused),
    clipboard: await navigator.clipboard
      .readText()
      .then(() => "granted", refused),
    fullscreen: await document.documentElement.requestFullscreen().then(
      () => "granted",
      () => "denied",
    ),
    handler: (() => {
      try {
        navigator.registerProtocolHandler("web+x", "/?%s");
      } catch (error) {
        return error.name;
      }
      return "asked";
    })(),
  }));
  for (const way of Object.keys(ways))
    await row(`leave-${way}`, () => leave(way));
  // What these rows would show: the engine itself refuses another origin to history.
  await row("history-inside", () => leave("history", ["/index.html?seen"]));
  // What stays inside is allowed, and the bridge is still the same.
  await row("inside", async () => {
    location.hash = "#part";
    history.pushState({}, "", "/index.html?page=2");
    history.replaceState({}, "", "/index.html");
    return [
      location.href,
      (await call("cmd_save_state", { state: "x" })).value,
    ];
  });
  await row("end", () => 1);
})();

const nextMessage = (worker) =>
  new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) =>
      reject(new Error(event.message || "the worker does not start"));
  });

async function lent(script, options) {
  const { lendBridge } = await import("/api.js");
  const worker = new Worker(script, options);
  const stop = await lendBridge(worker);
  const seen = await nextMessage(worker);
  stop();
  worker.terminate();
  return seen;
}

// What a call that was open becomes, what a later one in the worker does, and what the page's own does.
async function takenBack() {
  const { lendBridge } = await import("/api.js");
  const worker = new Worker("/lent.js");
  const stop = await lendBridge(worker);
  await nextMessage(worker);
  const open = nextMessage(worker);
  worker.postMessage("stay open");
  await pause(0);
  stop();
  const first = await open;
  const later = nextMessage(worker);
  worker.postMessage("call");
  return [
    first,
    await later,
    (await call("cmd_save_state", { state: "y" })).value,
  ];
}

function strangeAddressesOfDebugger() {
  return Promise.all(
    [
      "http://127.0.0.1:9222/json/version",
      "http://localhost:9222/json",
      "http://[::1]:9222/json",
    ].map((address) =>
      fetch(address).then(
        () => address,
        () => null,
      ),
    ),
  ).then((answers) => answers.filter(Boolean));
}
