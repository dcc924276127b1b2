// The page's end of the bridge: defines globalThis.__SALLYPORT__, a promise of the object that @sallyport/api uses.
// Injected at document creation into the main frame only, inside a function that also holds QWebChannel. It runs in
// the page's own world and guards nothing: every decision is the broker's.
/* global QWebChannel */
const transport = globalThis.qt && globalThis.qt.webChannelTransport;
if (!transport) {
  return;
}

const waiting = new Map(); // id -> {resolve, reject, signal, onAbort, command}
const handlers = new Map(); // event name -> Set of functions
const MAX_EARLY = 256;
let early = []; // [name, payload] for which nobody has asked so far; the oldest go
let remote = null;
let windowLabel = "";
let queue = []; // calls of this microtask, [id, command, arguments]
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

// outcome: [json] or [null, failure]; [] for a call that nobody waits for any more.
function settle(id, [json, reason]) {
  if (reason === undefined) {
    succeed(id, json);
  } else {
    fail(id, reason);
  }
}

function flush() {
  const batch = queue;
  queue = [];
  if (batch.length === 1) {
    const [id, command, json] = batch[0];
    remote.call(id, command, json, (outcome) => settle(id, outcome));
  } else if (batch.length > 1) {
    remote.calls(batch);
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

function invoke(command, argumentsJson, signal) {
  return new Promise((resolve, reject) => {
    const id = ++lastId;
    if (typeof command !== "string" || typeof argumentsJson !== "string") {
      reject(failure("invalid-argument", "The command and its JSON must be strings.", "", id));
      return;
    }
    if (isGone) {
      reject(failure("disconnected", "The connection to the app is gone.", command, id));
      return;
    }
    if (signal && signal.aborted) {
      reject(failure("cancelled", "The page cancelled the call.", command, id));
      return;
    }
    const call = { resolve, reject, signal, command, onAbort: null };
    if (signal) {
      call.onAbort = () => abort(id, command);
      signal.addEventListener("abort", call.onAbort);
    }
    waiting.set(id, call);
    if (queue.push([id, command, argumentsJson]) === 1) {
      queueMicrotask(flush);
    }
  });
}

function onEvent(name, handler) {
  if (!handlers.has(name)) {
    handlers.set(name, new Set());
  }
  const entry = (payload) => handler(payload); // a handler given twice is called twice
  handlers.get(name).add(entry);
  const missed = early.filter((event) => event[0] === name);
  if (missed.length > 0) {
    early = early.filter((event) => event[0] !== name);
    queueMicrotask(() => dispatch(missed));
  }
  return () => handlers.get(name).delete(entry);
}

function dispatch(events) {
  for (const [name, payload] of events) {
    if (!handlers.has(name)) {
      early.push([name, payload]);
      early = early.slice(-MAX_EARLY);
      continue;
    }
    for (const handler of [...handlers.get(name)]) {
      try {
        handler(payload);
      } catch (error) {
        console.error("event handler failed", error); // one bad handler must not starve the others
      }
    }
  }
}

function disconnect() {
  isGone = true;
  queue = [];
  for (const id of [...waiting.keys()]) {
    fail(id, failure("disconnected", "The connection to the app is gone.", "", id));
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
    remote.gone.connect(disconnect);
    remote.open((start) => {
      windowLabel = start.window;
      resolve(Object.freeze({ window: start.window, pageState: start.pageState, invoke, onEvent }));
    });
  });
});

Object.defineProperty(globalThis, "__SALLYPORT__", { value: bridge });
