// The page's end of the bridge: defines globalThis.__SALLYPORT__, a promise of the object that @sallyport/api uses.
// Injected at document creation into the main frame only, inside a function that also holds QWebChannel. It runs in
// the page's own world and guards nothing: every decision is the broker's.
/* global QWebChannel */
const transport = globalThis.qt && globalThis.qt.webChannelTransport;
if (!transport) {
  return;
}

const waiting = new Map(); // id -> {resolve, reject, signal, onAbort, command, bytes, requests, urls, isOver}
const channels = new Map(); // id -> {command, signal, onAbort, reject, reason}; reject: of whoever waits
const listeners = new Map(); // event name -> Set of {handler, onDropped}
const MAX_EARLY = 256;
const CHANNEL_BYTES = 1024 * 1024; // PageUploads: a larger slice goes as a download of the page's own
const PARTS_AT_ONCE = 6; // requests for one download: the engine works on one while the page takes another
const PIECE = 0x8000; // as many arguments as a function surely takes
let early = []; // [name, payload] that came before this document listened to them; the oldest go
let isReady = false; // the page has its first listeners: nothing is kept for later ones
let asking = []; // {name, resolve, reject} of this microtask, name null for ready()
let isListening = false; // a microtask that tells the broker is queued
let remote = null;
let windowLabel = "";
let queue = []; // calls of this microtask, [id, command, arguments] or [id, command, arguments, sizes]
let aborted = []; // ids
let isGone = false;
// A fresh range for every document, so that a late answer to an earlier one finds nobody.
let lastId = Math.floor(Math.random() * 2 ** 20) * 2 ** 32;

function failure(code, message, command, id) {
  return { code, message, command, window: windowLabel, id, incident: "" };
}

// Takes the call out: whoever gets it settles it, so it is settled once.
function take(id) {
  const call = waiting.get(id);
  if (call !== undefined) {
    waiting.delete(id);
    call.isOver = true;
    call.requests.forEach((request) => request.abort());
    call.urls.forEach((url) => URL.revokeObjectURL(url));
    if (call.signal) {
      call.signal.removeEventListener("abort", call.onAbort);
    }
  }
  return call;
}

function succeed(id, json) {
  const call = take(id);
  if (call !== undefined) {
    call.resolve(json);
  }
}

function fail(id, reason) {
  const call = take(id);
  if (call !== undefined) {
    reason.command = reason.command || call.command;
    call.reject(reason);
  }
}

// One part. By XMLHttpRequest: fetch() of the app's scheme is refused before Qt 6.6. To
// the engine of Qt 6.4 a body that broke off is a whole one, so its size is looked at.
function fetchPart(call, path, part, size) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const refuse = () =>
      remote.failureOf(path, ([reason]) =>
        reject(
          reason ||
            failure(
              "unavailable",
              "The page's policy needs connect-src 'self'.",
              "",
              0,
            ),
        ),
      );
    request.open(
      "GET",
      `${location.protocol}//${location.host}${path}/${part}`,
    );
    request.responseType = "arraybuffer";
    request.onload = () => {
      call.requests.delete(request);
      if (request.response.byteLength === size) {
        resolve(new Uint8Array(request.response));
      } else {
        refuse();
      }
    };
    request.onerror = refuse;
    call.requests.add(request);
    request.send();
  });
}

// A few parts at a time, into the whole.
function fetchParts(call, path, bytes, partSize) {
  let next = 0;
  const fetchOn = () => {
    const part = next++;
    const start = part * partSize;
    if (call.isOver || start >= bytes.length) {
      return bytes;
    }
    const size = Math.min(partSize, bytes.length - start);
    return fetchPart(call, path, part, size).then((come) => {
      bytes.set(come, start);
      return fetchOn();
    });
  };
  return Promise.all(Array.from({ length: PARTS_AT_ONCE }, fetchOn)).then(
    () => bytes,
  );
}

// Large bytes of an answer, once.
function fetchBytes(call, [path, size, partSize]) {
  if (size <= partSize) {
    return fetchPart(call, path, 0, size);
  }
  let whole = null;
  try {
    whole = new Uint8Array(size);
  } catch (_tooLarge) {
    remote.failureOf(path, () => undefined); // nobody fetches them
    return Promise.reject(
      failure("unavailable", "The page has no memory for the bytes.", "", 0),
    );
  }
  return fetchParts(call, path, whole, partSize);
}

// The answer is there once its bytes are.
function receive(id, json, downloads) {
  const call = waiting.get(id);
  if (call === undefined || location.protocol !== "app:") {
    downloads.forEach(([path]) => remote.failureOf(path, () => undefined)); // nobody fetches them
    fail(
      id,
      failure(
        "not-supported",
        "Only the app's own pages get large bytes.",
        "",
        id,
      ),
    );
    return;
  }
  Promise.all(downloads.map((download) => fetchBytes(call, download))).then(
    (bytes) => {
      call.bytes.down = bytes;
      call.requests.clear();
      succeed(id, json);
    },
    (reason) => fail(id, Object.assign(reason, { id })),
  );
}

// outcome: [json] or [null, failure] or [json, null, downloads].
function settle(id, [json, reason, downloads]) {
  if (downloads !== undefined) {
    receive(id, json, downloads);
  } else if (reason === undefined) {
    succeed(id, json);
  } else {
    fail(id, reason);
  }
}

function toBase64(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += PIECE) {
    text += String.fromCharCode(...bytes.subarray(start, start + PIECE));
  }
  return btoa(text);
}

// The broker reads on in the bytes that came with a call. Bytes that are there no more (a file that the user has
// changed) are given as none.
function provide(id, index, ticket, offset, length) {
  const call = waiting.get(id);
  const blob = call && call.bytes.up[index];
  if (!blob) {
    remote.give(ticket, "");
    return;
  }
  const slice = blob.slice(offset, offset + length);
  if (length > CHANNEL_BYTES) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(slice);
    link.download = ticket;
    call.urls.push(link.href);
    link.click();
    return;
  }
  slice.arrayBuffer().then(
    (buffer) => remote.give(ticket, toBase64(new Uint8Array(buffer))),
    () => remote.give(ticket, ""),
  );
}

function flush() {
  const batch = queue;
  queue = [];
  if (batch.length > 0) {
    remote.calls = batch;
  }
}

function flushAborted() {
  const ids = aborted;
  aborted = [];
  remote.cancel(ids);
}

function abort(id, command) {
  const unsent = queue.findIndex((call) => call[0] === id);
  if (unsent >= 0) {
    queue.splice(unsent, 1);
  } else if (aborted.push(id) === 1) {
    queueMicrotask(flushAborted);
  }
  fail(id, failure("cancelled", "The page cancelled the call.", command, id));
}

// Why a call cannot even be made, or null.
function refusal(command, argumentsJson, signal, id) {
  if (typeof command !== "string" || typeof argumentsJson !== "string") {
    return failure(
      "invalid-argument",
      "The command and its JSON must be strings.",
      "",
      id,
    );
  }
  if (isGone) {
    return failure(
      "disconnected",
      "The connection to the app is gone.",
      command,
      id,
    );
  }
  if (signal && signal.aborted) {
    return failure("cancelled", "The page cancelled the call.", command, id);
  }
  return null;
}

// bytes: {up: the Blobs that the arguments name by index, down: set to those of the answer}.
function invoke(command, argumentsJson, signal, bytes = { up: [], down: [] }) {
  return new Promise((resolve, reject) => {
    const id = ++lastId;
    const refused = refusal(command, argumentsJson, signal, id);
    if (refused !== null) {
      reject(refused);
      return;
    }
    const call = {
      resolve,
      reject,
      signal,
      command,
      bytes,
      onAbort: null,
      requests: new Set(),
      urls: [],
      isOver: false,
    };
    if (signal) {
      call.onAbort = () => abort(id, command);
      signal.addEventListener("abort", call.onAbort);
    }
    waiting.set(id, call);
    const sizes = bytes.up.map((blob) => blob.size);
    if (
      queue.push(
        sizes.length > 0
          ? [id, command, argumentsJson, sizes]
          : [id, command, argumentsJson],
      ) === 1
    ) {
      queueMicrotask(flush);
    }
  });
}

// Takes the channel out: from now on every next() fails with the reason, and so does the one that waits.
function endChannel(id, reason) {
  const channel = channels.get(id);
  if (channel === undefined) {
    return;
  }
  channels.delete(id);
  if (channel.signal) {
    channel.signal.removeEventListener("abort", channel.onAbort);
  }
  reason.command = reason.command || channel.command;
  channel.reason = reason;
  if (channel.reject !== null) {
    channel.reject(reason);
  }
}

function closeChannel(id, reason) {
  if (channels.has(id)) {
    endChannel(id, reason);
    remote.closeChannel(id);
  }
}

function nextItems(id, channel) {
  return new Promise((resolve, reject) => {
    if (channel.reason !== null || channel.reject !== null) {
      reject(
        channel.reason ||
          failure(
            "conflict",
            "The channel is read already.",
            channel.command,
            id,
          ),
      );
      return;
    }
    channel.reject = reject;
    remote.nextItems(id, ([items, more, reason]) => {
      if (channel.reason !== null) {
        return; // ended meanwhile; whoever waited knows
      }
      channel.reject = null;
      if (!more) {
        endChannel(
          id,
          reason || failure("cancelled", "The channel has ended.", "", id),
        );
      }
      resolve({ items, done: !more, reason });
    });
  });
}

function openChannel(command, argumentsJson, signal) {
  return new Promise((resolve, reject) => {
    const id = ++lastId;
    const refused = refusal(command, argumentsJson, signal, id);
    if (refused !== null) {
      reject(refused);
      return;
    }
    const channel = { command, signal, reject, reason: null, onAbort: null };
    const close = () =>
      closeChannel(
        id,
        failure("cancelled", "The page closed the channel.", "", id),
      );
    channel.onAbort = close;
    if (signal) {
      signal.addEventListener("abort", close);
    }
    channels.set(id, channel);
    remote.openChannel(id, command, argumentsJson, ([reason]) => {
      if (channel.reason !== null) {
        return;
      }
      if (reason !== undefined) {
        endChannel(id, reason);
        return;
      }
      channel.reject = null;
      resolve(Object.freeze({ next: () => nextItems(id, channel), close }));
    });
  });
}

// What the page listens to goes to the broker as a whole, once a microtask. A name that was there before is asked for
// again only by a new listener: the broker's answer may be another one by now.
function flushListening() {
  isListening = false;
  if (isGone) {
    return;
  }
  const asked = asking;
  asking = [];
  const ready = asked.some(({ name }) => name === null);
  isReady = isReady || ready;
  if (isReady) {
    early = [];
  }
  remote.listen([...listeners.keys()], ready, (refusals) => {
    const refused = new Map(
      refusals.map(([name, code, message]) => [name, { code, message }]),
    );
    for (const { name, resolve, reject } of asked) {
      const reason = refused.get(name);
      if (reason === undefined) {
        resolve();
      } else {
        reject(failure(reason.code, reason.message, name, 0));
      }
    }
  });
}

function listenSoon() {
  if (!isListening) {
    isListening = true;
    queueMicrotask(flushListening);
  }
}

function ask(name) {
  return new Promise((resolve, reject) => {
    if (isGone) {
      reject(
        failure(
          "disconnected",
          "The connection to the app is gone.",
          name || "",
          0,
        ),
      );
      return;
    }
    asking.push({ name, resolve, reject });
    listenSoon();
  });
}

function listen(name, handler, onDropped) {
  if (typeof name !== "string" || typeof handler !== "function") {
    throw new TypeError("listen: a name and a function");
  }
  const entry = { handler, onDropped }; // a handler given twice is called twice
  listeners.set(name, (listeners.get(name) || new Set()).add(entry));
  const missed = early.filter((event) => event[0] === name);
  if (missed.length > 0) {
    early = early.filter((event) => event[0] !== name);
    queueMicrotask(() => dispatch(missed));
  }
  return Object.freeze({
    agreed: ask(name),
    stop: () => {
      const entries = listeners.get(name);
      if (
        entries !== undefined &&
        entries.delete(entry) &&
        entries.size === 0
      ) {
        listeners.delete(name);
        asking = asking.filter((one) => one.name !== name || one.resolve());
        listenSoon();
      }
    },
  });
}

function ready() {
  return ask(null);
}

function tell(name, each) {
  for (const entry of [...(listeners.get(name) || [])]) {
    try {
      each(entry);
    } catch (error) {
      console.error("event handler failed", error); // one bad handler must not starve the others
    }
  }
}

function dispatch(events, dropped = []) {
  for (const [name, count] of dropped) {
    tell(name, ({ onDropped }) => onDropped && onDropped(count));
  }
  for (const [name, payload] of events) {
    if (!listeners.has(name) && !isReady) {
      early.push([name, payload]);
      early = early.slice(-MAX_EARLY);
    }
    tell(name, ({ handler }) => handler(payload));
  }
}

function disconnect() {
  isGone = true;
  queue = [];
  for (const { name, reject } of asking) {
    reject(
      failure(
        "disconnected",
        "The connection to the app is gone.",
        name || "",
        0,
      ),
    );
  }
  asking = [];
  for (const id of [...waiting.keys()]) {
    fail(
      id,
      failure("disconnected", "The connection to the app is gone.", "", id),
    );
  }
  for (const id of [...channels.keys()]) {
    endChannel(
      id,
      failure("disconnected", "The connection to the app is gone.", "", id),
    );
  }
}

const bridge = new Promise((resolve) => {
  new QWebChannel(transport, (channel) => {
    remote = channel.objects.bridge;
    remote.settled.connect((outcomes) => {
      for (const [id, ...outcome] of outcomes) {
        settle(id, outcome);
      }
    });
    remote.events.connect(dispatch);
    remote.wanted.connect(provide);
    remote.gone.connect(disconnect);
    remote.open((start) => {
      windowLabel = start.window;
      const { window, pageState } = start;
      resolve(
        Object.freeze({
          window,
          pageState,
          invoke,
          openChannel,
          listen,
          ready,
        }),
      );
    });
  });
});

Object.defineProperty(globalThis, "__SALLYPORT__", { value: bridge });
