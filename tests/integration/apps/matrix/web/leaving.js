// B7, B8, B13: every way out of the page that a page has. The document that tries them must still be there after each.
const OUTSIDE = [
  "https://example.org/",
  "http://127.0.0.1/",
  "http://169.254.169.254/",
  "file:///etc/passwd",
  "app://other/index.html",
  "app://matrix@other/index.html",
  "data:text/html,<p>x</p>",
  "javascript:document.body.dataset.ran = 1; void 0",
  "view-source:app://matrix/index.html",
  "chrome://version/",
  "devtools://devtools/bundled/inspector.html",
  "about:srcdoc",
  "blob:app://matrix/1",
  "filesystem:app://matrix/temporary/x",
  "ftp://127.0.0.1/",
  "mailto:someone@example.org",
  "smb://host/share",
  "ssh://host",
  "vnd.sallyport:x",
];

const click = (address, change = {}) => {
  const link = Object.assign(document.createElement("a"), { href: address, ...change });
  document.body.append(link);
  link.click();
  link.remove();
};
const inFrame = (text) => {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts allow-top-navigation allow-forms allow-popups allow-modals";
  frame.srcdoc = `<body><script>${text}</script></body>`;
  document.body.append(frame);
};

globalThis.ways = {
  location: (address) => (location.href = address),
  replace: (address) => location.replace(address),
  click: (address) => click(address),
  "click-blank": (address) => click(address, { target: "_blank" }),
  "click-named": (address) => click(address, { target: "elsewhere", rel: "noopener" }),
  // What is of another origin is gone to instead; what the page has itself would be written to a file.
  download: (address) => {
    click(address, { download: "x" });
    click(URL.createObjectURL(new Blob([address])), { download: "x" });
  },
  open: (address) => window.open(address),
  "open-self": (address) => window.open(address, "_self"),
  "open-top": (address) => window.open(address, "_top"),
  refresh: (address) => {
    const meta = document.createElement("meta");
    meta.httpEquiv = "refresh";
    meta.content = `0; url=${address}`;
    document.head.append(meta);
    meta.remove();
  },
  "form-get": (address) => submit(address, "get"),
  "form-post": (address) => submit(address, "post"),
  "form-blank": (address) => submit(address, "post", "_blank"),
  "frame-top": (address) => inFrame(`try { top.location.href = ${JSON.stringify(address)} } catch {}`),
  "frame-opens": (address) => inFrame(`try { window.open(${JSON.stringify(address)}) } catch {}`),
  "frame-target": (address) =>
    inFrame(
      `const a = document.createElement("a"); a.target = "_top"; a.href = ${JSON.stringify(address)}; document.body.append(a); a.click()`,
    ),
  history: (address) => history.pushState({}, "", address),
  drop: (address) => {
    const data = new DataTransfer();
    data.setData("text/uri-list", address);
    data.setData("text/plain", address);
    for (const type of ["dragenter", "dragover", "drop"])
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  },
};
function submit(action, method, target = "_self") {
  const form = Object.assign(document.createElement("form"), { action, method, target });
  document.body.append(form);
  form.submit();
  form.remove();
}

// Names of what left or replaced the document; a document that is gone reports nothing at all.
globalThis.leave = async (way, addresses = OUTSIDE) => {
  const before = [location.pathname, document.URL.split("#")[0], performance.timeOrigin, history.length];
  const wrong = [];
  for (const address of addresses) {
    try {
      const opened = globalThis.ways[way](address);
      if (opened instanceof Object && opened.window === opened && opened !== globalThis)
        wrong.push("opened " + address);
    } catch {
      // refused at once
    }
    await pause(30);
    const after = [location.pathname, document.URL.split("#")[0], performance.timeOrigin, history.length];
    if (after.slice(0, 3).join() !== before.slice(0, 3).join()) wrong.push(address);
    // A script that a page runs in itself by a javascript: address is the page's own.
    delete document.body.dataset.ran;
  }
  document.querySelectorAll("iframe").forEach((frame) => frame.remove());
  return wrong;
};
