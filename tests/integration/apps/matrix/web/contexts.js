// B5: every place beside the main frame where a script can run. Each says what it sees of the bridge.
const NOTHING = "undefined,undefined,undefined";
const LOOK = `const has = [typeof qt, typeof __SALLYPORT__, typeof QWebChannel].join();`;

const frames = {
  same: (frame) => (frame.src = "/frame.html?name=same"),
  srcdoc: (frame) => (frame.srcdoc = `<script>frameName = "srcdoc"</script><script src="/look.js"></script>`),
  sandboxed: (frame) => {
    frame.sandbox = "allow-scripts";
    frame.srcdoc = `<script>${LOOK} parent.postMessage({ name: "sandboxed", has }, "*")</script>`;
  },
  "sandboxed-src": (frame) => {
    frame.sandbox = "allow-scripts";
    frame.src = "/frame.html?name=sandboxed-src";
  },
  nested: (frame) =>
    (frame.srcdoc = `<iframe srcdoc="<script>${LOOK} top.postMessage({ name: 'nested', has }, '*')</script>"></iframe>`),
  javascript: (frame) =>
    (frame.src = `javascript:"<script>${LOOK} parent.postMessage({ name: 'javascript', has }, '*')</" + "script>"`),
  blob: (frame) => (frame.src = URL.createObjectURL(new Blob([page("blob")], { type: "text/html" }))),
  data: (frame) => (frame.src = "data:text/html," + encodeURIComponent(page("data"))),
  https: (frame) => (frame.src = "https://example.org/"),
  file: (frame) => (frame.src = "file:///etc/passwd"),
  foreign: (frame) => (frame.src = "app://other/frame.html?name=foreign"),
  "view-source": (frame) => (frame.src = "view-source:app://matrix/frame.html"),
};
function page(name) {
  return `<script>${LOOK} parent.postMessage({ name: "${name}", has }, "*")</script>`;
}

// {name: what it sees}, of those that ran.
globalThis.lookInFrames = async () => {
  const seen = {};
  let last;
  const lastSeen = new Promise((resolve) => (last = resolve));
  const listener = ({ data }) => {
    if (data && data.name === "last") last();
    else if (data && data.name) seen[data.name] = data.has;
  };
  addEventListener("message", listener);
  const add = (setUp) => {
    const frame = document.createElement("iframe");
    setUp(frame);
    document.body.append(frame);
    return frame;
  };
  for (const setUp of Object.values(frames)) add(setUp);
  const blank = add(() => undefined);
  seen.blank = [typeof blank.contentWindow.qt, typeof blank.contentWindow.__SALLYPORT__].join();
  // By now those that may run have, once one that was added after them has, and nothing is left to do.
  for (let round = 0; round < 3; round++) {
    const frame = add((one) => (one.srcdoc = `<script>parent.postMessage({ name: "last" }, "*")</script>`));
    await lastSeen;
    await new Promise((resolve) => requestIdleCallback(resolve));
    frame.remove();
  }
  await pause(300);
  removeEventListener("message", listener);
  document.querySelectorAll("iframe").forEach((frame) => frame.remove());
  return seen;
};

const scriptUrl = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
const blobUrl = () => scriptUrl(`${LOOK} postMessage({ has });`);
const heard = (target, start = () => undefined) =>
  new Promise((resolve) => {
    target.onmessage = ({ data }) => resolve(data.has);
    target.onerror = () => resolve("not loaded");
    start();
  });
const tried = async (make) => {
  try {
    return await make();
  } catch (error) {
    return "refused: " + error.name;
  }
};

globalThis.lookInWorkers = async () => ({
  worker: await tried(() => heard(new Worker("/look.js"))),
  module: await tried(() => heard(new Worker("/look.js", { type: "module" }))),
  blob: await tried(() => heard(new Worker(blobUrl()))),
  data: await tried(() =>
    heard(new Worker(`data:text/javascript,${encodeURIComponent(`${LOOK} postMessage({ has });`)}`)),
  ),
  foreign: await tried(() => heard(new Worker("https://example.org/look.js"))),
  // Of another origin than a worker's own, which the engine leaves to others to refuse.
  imports: await tried(() =>
    heard(new Worker(scriptUrl(`importScripts("app://other/look.js"); postMessage({ has: "IMPORTED" });`))),
  ),
  "module-imports": await tried(() =>
    heard(new Worker(scriptUrl(`import "app://other/look.js";`), { type: "module" })),
  ),
  shared: await tried(() => {
    const shared = new SharedWorker("/look.js");
    shared.port.onmessage = null;
    return new Promise((resolve) => {
      shared.port.onmessage = ({ data }) => resolve(data.has);
      shared.onerror = () => resolve("not loaded");
    });
  }),
  service: await tried(async () => {
    if (!navigator.serviceWorker) return "absent";
    await navigator.serviceWorker.register("/look.js");
    return "REGISTERED";
  }),
});
globalThis.NOTHING = NOTHING;
