// B1 to B4 and B10: names, patterns, addresses and paths that mean something else to a careless reader.
globalThis.LABELS = [
  "",
  " ",
  ".",
  "..",
  "../main",
  "../other",
  "./main",
  "main/",
  "/main",
  "main/..",
  "other/../main",
  "x/../y",
  "main\0",
  "\0main",
  "ma\0in",
  "main\n",
  "main\r\nother",
  "main\t",
  " main",
  "main ",
  "MAIN",
  "Main",
  "m\u0430in",
  "ma\u0131n",
  "\uff4dain",
  "ma\u200bin",
  "\u202emain",
  "main\u0301",
  "strange",
  "strange/",
  "main,other",
  "main;other",
  "main|other",
  "main&other",
  "main%00",
  "main%2f",
  "%6dain",
  "main:main",
  "app://matrix",
  "renderer main",
  "broker",
  "vault",
  "prompt",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "0",
  "-1",
  "x".repeat(65),
  "x".repeat(1024 * 1024),
];
globalThis.PATTERNS = [
  "*",
  "**",
  "***",
  "m*",
  "*n",
  "ma*n",
  "?ain",
  "[m]ain",
  "[a-z]ain",
  "[a-Z]*",
  "[!x]ain",
  "{main,other}",
  "main|*",
  "o*",
  "oth[e]r",
  "s*",
  "st*e",
  "*/*",
  "*:*",
  "*-*",
  "\\main",
  "ma\\in",
  "$main",
  "~",
  "~root",
  "^main$",
  ".*",
  "main.*",
  "(main)",
  "+main",
  "@main",
];
const inOrigin = [
  "/*.js",
  "/**",
  "/*",
  "/[i]ndex.html",
  "/{index,frame}.html",
  "/index.htm?",
  "/.*",
  "/.stamp",
  "/%2a.js",
];
const paths = [
  "/../app.json",
  "/../capabilities/main.json",
  "/..%2fapp.json",
  "/..%2Fapp.json",
  "/%2e%2e/app.json",
  "/%2e%2e%2fapp.json",
  "/.%2e/app.json",
  "/%2E%2E%5capp.json",
  "/..\\app.json",
  "/..%5capp.json",
  "/..%255capp.json",
  "/..%252fapp.json",
  "/....//app.json",
  "/.../app.json",
  "/..;/app.json",
  "//app.json",
  "///etc/passwd",
  "//etc/passwd",
  "/%2fetc/passwd",
  "/%2Fetc%2Fpasswd",
  "/\\etc\\passwd",
  "/%5cetc%5cpasswd",
  "/c:/windows",
  "/index.html%00",
  "/index.html%00.js",
  "/%00",
  "/index.html%0a",
  "/index.html%20",
  "/index.html.",
  "/index.html/",
  "/index.html/..%2fframe.html",
  "/index.html;x",
  "/INDEX.HTML",
  "/Index.html",
  "/%69ndex.html%2f",
  "/ind\u0435x.html",
  "/%c0%ae%c0%ae/app.json",
  "/%e0%80%ae/app.json",
  "/%u002e%u002e/app.json",
  "/proc/self/fd/3",
  "/proc/self/environ",
  "/dev/stdin",
  "/etc/passwd",
  "/home/user",
  "/app/bin/sallyport-renderer",
  "/file:///etc/passwd",
  "/app://matrix/index.html",
  "/" + "a/".repeat(300),
  "/" + "x".repeat(5000),
];
const origins = [
  "app://matrix.evil.example/look.js",
  "app://matrixx/look.js",
  "app://xmatrix/look.js",
  "app://evil.matrix/look.js",
  "app://matrix./look.js",
  "app://matrix.example/look.js",
  "app://m\u0430trix/look.js",
  "app://xn--mtrix-6ve/look.js",
  "app://other/look.js",
  "app:///look.js",
  "app://localhost/look.js",
  "app://127.0.0.1/look.js",
  "app://[::1]/look.js",
  "apps://matrix/look.js",
  "app+x://matrix/look.js",
  "http://matrix/look.js",
  "https://matrix/look.js",
  "file://matrix/look.js",
  "filesystem:app://matrix/look.js",
  "chrome://matrix/look.js",
  "qrc:/look.js",
  "qrc://matrix/look.js",
];
// The engine drops what such a scheme has no use for, and asks for the app's own file.
const ownAddresses = [
  "app://evil@matrix/look.js",
  "app://user:pass@matrix/look.js",
  "app://matrix:80/look.js",
  "app://matrix:0/look.js",
  "app://matrix:443/look.js",
];
const tricks = [
  "app://matrix@evil.example/look.js",
  "app://matrix:@evil.example/look.js",
  "app://matrix%2eevil.example/look.js",
  "app://matrix%00.evil.example/look.js",
  "app://matrix%2f@evil.example/look.js",
  "app://evil.example#@matrix/look.js",
  "app://evil.example?@matrix/look.js",
  "app://evil.example\\@matrix/look.js",
  "app:\\\\evil.example\\look.js",
  "app://2130706433/look.js",
  "app://0x7f000001/look.js",
  "app://0177.0.0.1/look.js",
  "app://127.1/look.js",
  "app://[::ffff:127.0.0.1]/look.js",
  "app://\u2460\u2461\u2466/look.js",
  "http://127.0.0.1/",
  "http://2130706433/",
  "http://[::1]/",
  "http://169.254.169.254/latest/",
  "http://localhost./",
  "https://127.1/",
  "ftp://127.0.0.1/",
  "file:///etc/passwd",
  "file://localhost/etc/passwd",
  "file:/etc/passwd",
  "FILE:///etc/passwd",
];

const fetchText = (address) =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.onload = () => resolve(request.responseText);
    request.onerror = () => resolve("");
    try {
      request.open("GET", address);
      request.send();
    } catch {
      resolve("");
    }
  });

// A script of another origin may run without leave of that origin, where there is one to be loaded.
const runs = (address) =>
  new Promise((resolve) => {
    const script = document.createElement("script");
    script.onload = () => resolve(true);
    script.onerror = () => resolve(false);
    script.src = address;
    document.head.append(script);
    script.remove();
  });

// What could be read, by XMLHttpRequest and by fetch, or run; empty when nothing was.
const readable = async (addresses) => {
  const got = [];
  for (const address of addresses) {
    const fetched = await fetch(address)
      .then((answer) => answer.text())
      .catch(() => "");
    if (fetched !== "" || (await fetchText(address)) !== "" || (await runs(address))) got.push(address.slice(0, 80));
  }
  return got;
};
globalThis.strangePaths = () => readable(paths);
globalThis.patternPaths = () => readable(inOrigin);
globalThis.strangeOrigins = () => readable(origins);
globalThis.strangeAddresses = async () => {
  const own = await fetchText("/look.js");
  const got = await readable(tricks);
  for (const address of ownAddresses) {
    const text = await fetchText(address);
    if (text !== "" && text !== own) got.push(address);
  }
  return got;
};

// What was not refused, of the window commands with these labels.
globalThis.strangeLabels = async (labels) => {
  const taken = [];
  const fine = ["not-found", "invalid-argument", "too-large"];
  for (const label of labels) {
    for (const command of ["cmd_get_window", "cmd_focus_window", "cmd_close_window", "cmd_create_window"]) {
      const { error } = await call(command, { label });
      if (!error || !fine.includes(error.code)) taken.push([command, label.slice(0, 40), error ? error.code : "done"]);
    }
  }
  return taken;
};
