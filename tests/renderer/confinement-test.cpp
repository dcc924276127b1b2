// What a page may not do, tried by a page in the real renderer. No content security policy here on
// purpose: the engine's settings, the filter and the page's overrides must hold alone. A server on
// loopback counts who comes.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/renderer/fake-broker.h"

namespace sallyport::renderer {

namespace {

struct Fixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
};

bool logged(const Record& record, const std::string& text) {
  return std::any_of(record.logs.begin(), record.logs.end(), [&](const std::string& line) {
    return line.find(text) != std::string::npos;
  });
}

// A TCP listener on a port of the kernel's choice; a connection waits in its backlog until it is
// counted.
class Listener {
 public:
  Listener() : m_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(m_fd.get(), plain, size) == 0);
    REQUIRE(::listen(m_fd.get(), 16) == 0);
    REQUIRE(::getsockname(m_fd.get(), plain, &size) == 0);
    m_authority = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  const std::string& authority() const { return m_authority; }
  bool sawAnyone() {
    const int fd = ::accept4(m_fd.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      ::close(fd);
    }
    return fd >= 0;
  }

 private:
  kj::AutoCloseFd m_fd;
  std::string m_authority;
};

}  // namespace

TEST_CASE("only the main frame has the bridge") {
  Fixture f;
  auto files = pageWith(R"js(
    const seen = {};
    const looked = [];
    addEventListener("message", (event) => { seen[event.data[0]] = event.data[1]; });
    const probe = (name) => `<script>parent.postMessage(["${name}",
      [typeof qt, typeof __SALLYPORT__, typeof QWebChannel].join()], "*")<\/script>`;
    const add = (name, setUp) => looked.push(new Promise((resolve) => {
      const frame = document.createElement("iframe");
      setUp(frame);
      addEventListener("message", (event) => event.data[0] === name && resolve());
      document.body.append(frame);
    }));
    add("same", (frame) => { frame.src = "/frame.html"; });
    add("srcdoc", (frame) => { frame.srcdoc = probe("srcdoc"); });
    add("sandboxed", (frame) => { frame.sandbox = "allow-scripts"; frame.srcdoc = probe("sandboxed"); });
    await Promise.all(looked);
    const blank = document.createElement("iframe");
    document.body.append(blank);
    seen.blank = [typeof blank.contentWindow.qt, typeof blank.contentWindow.__SALLYPORT__].join();
    report([typeof QWebChannel, Object.keys(seen).sort().map((name) => [name, seen[name]])]);
  )js");
  files["/frame.html"] = {"text/html",
                          "<script>parent.postMessage(['same', [typeof qt, typeof __SALLYPORT__, "
                          "typeof QWebChannel].join()], '*')</script>"};
  RendererProcess renderer(f.io, files, {});
  CHECK(renderer.nextReport() == R"(["undefined",[["blank","undefined,undefined"],)"
                                 R"(["same","undefined,undefined,undefined"],)"
                                 R"(["sandboxed","undefined,undefined,undefined"],)"
                                 R"(["srcdoc","undefined,undefined,undefined"]]])");
}

TEST_CASE("a blob: or data: frame is not loaded") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    let got = 0;
    addEventListener("message", () => got++);
    const html = "<script>parent.postMessage(1, '*')<\/script>";
    for (const src of [URL.createObjectURL(new Blob([html], { type: "text/html" })),
                       "data:text/html," + encodeURIComponent(html)]) {
      const frame = document.createElement("iframe");
      frame.src = src;
      document.body.append(frame);
    }
    // a frame that may load, after the two, says when these had their time
    const last = document.createElement("iframe");
    last.srcdoc = "<script>parent.postMessage(1, '*')<\/script>";
    document.body.append(last);
    await new Promise((resolve) => { last.onload = () => requestIdleCallback(resolve); });
    report(got);
  )js"),
                           {});
  CHECK(renderer.nextReport() == "1");
  renderer.waitFor([&] {
    return logged(renderer.record(), "navigation refused: blob:") &&
           logged(renderer.record(), "navigation refused: data:");
  });
}

TEST_CASE("the main frame does not leave its origin") {
  Fixture f;
  for (const std::string url : {"https://example.org/",
                                "file:///etc/passwd",
                                "app://other/index.html",
                                "data:text/html,x",
                                "javascript:void(location.href='http://127.0.0.1:1/')",
                                "app://user@test/index.html",
                                "chrome://version/",
                                "view-source:app://test/index.html"}) {
    CAPTURE(url);
    RendererProcess renderer(f.io,
                             pageWith("setTimeout(() => { location.href = \"" + url +
                                      "\"; }, 0); bridge.listen('where', () => "
                                      "report(location.href));"),
                             {});
    // The refusal is logged by our override or, where the engine refuses earlier, by the engine.
    renderer.waitFor([&] { return !renderer.record().logs.empty(); });
    auto request = renderer.control().deliverRequest();
    auto events = request.initEvents(1);
    events[0].setName("where");
    events[0].setPayload("1");
    request.send().wait(f.io.waitScope);
    CHECK(renderer.nextReport() == "\"app://test/index.html\"");
  }
}

TEST_CASE("the broker's load stays inside the origin class too") {
  Fixture f;
  auto files = pageWith("report(location.pathname);");
  files["/second.html"] = files["/index.html"];
  RendererProcess renderer(f.io, files, {});
  CHECK(renderer.nextReport() == "\"/index.html\"");
  auto good = renderer.control().loadRequest();
  good.setUrl("app://test/second.html");
  good.send().wait(f.io.waitScope);
  CHECK(renderer.nextReport() == "\"/second.html\"");
  for (const char* url : {"https://example.org/", "app://other/", "file:///etc/passwd", ""}) {
    auto bad = renderer.control().loadRequest();
    bad.setUrl(url);
    CHECK_THROWS_AS(bad.send().wait(f.io.waitScope), kj::Exception);
  }
}

TEST_CASE("no way of asking the network reaches it") {
  Fixture f;
  // Once as shipped and once with the engine able to find hosts, where only the request filter is
  // left.
  for (const std::string program : {RENDERER, RESOLVING_RENDERER}) {
    CAPTURE(program);
    Listener listener;
    // A connection without a request does not pass the filter (seen with Qt 6.8): the resolver rule
    // is what stops it, so it is only tried with the rule in force.
    const std::string hints = program == RENDERER
                                  ? R"(["prefetch", "preload", "preconnect", "dns-prefetch"])"
                                  : R"(["prefetch", "preload"])";
    RendererProcess renderer(
        f.io,
        pageWith("const at = '" + listener.authority() + "'; const hints = " + hints + R"js(;
    const failed = (start) => new Promise((resolve) => start(() => resolve(true), () => resolve(false)));
    const results = await Promise.all([
      failed((bad, good) => fetch(`http://${at}/fetch`).then(good, bad)),
      failed((bad, good) => fetch(`http://${at}/no-cors`, { mode: "no-cors" }).then(good, bad)),
      failed((bad, good) => { const x = new XMLHttpRequest(); x.onload = good; x.onerror = bad;
                              x.open("GET", `http://${at}/xhr`); x.send(); }),
      failed((bad, good) => { const s = new WebSocket(`ws://${at}/socket`); s.onopen = good; s.onerror = bad; }),
      failed((bad, good) => { const i = new Image(); i.onload = good; i.onerror = bad;
                              i.src = `http://${at}/image`; }),
      failed((bad, good) => { const s = document.createElement("script"); s.onload = good; s.onerror = bad;
                              s.src = `http://${at}/script`; document.head.append(s); }),
      failed((bad, good) => { const s = document.createElement("link"); s.rel = "stylesheet"; s.onload = good;
                              s.onerror = bad; s.href = `http://${at}/style`; document.head.append(s); }),
      failed((bad, good) => { const s = new EventSource(`http://${at}/events`); s.onopen = good; s.onerror = bad; }),
      failed((bad, good) => new FontFace("f", `url(http://${at}/font)`).load().then(good, bad)),
      failed((bad, good) => { try { new Worker(`http://${at}/worker`).onerror = bad; } catch { bad(); } }),
    ]);
    navigator.sendBeacon(`http://${at}/beacon`, "x");
    for (const rel of hints) {
      const link = document.createElement("link");
      link.rel = rel; link.as = "script"; link.href = `http://${at}/${rel}`;
      document.head.append(link);
    }
    const anchor = document.createElement("a");
    anchor.href = "/index.html#"; anchor.ping = `http://${at}/ping`;
    document.body.append(anchor); anchor.click();
    const frame = document.createElement("iframe"); frame.src = `http://${at}/frame`; document.body.append(frame);
    const form = document.createElement("form"); form.action = `http://${at}/form`; form.method = "post";
    document.body.append(form); form.submit();
    const file = await failed((bad, good) => { const x = new XMLHttpRequest(); x.onload = good; x.onerror = bad;
                                              x.open("GET", "file:///etc/passwd"); x.send(); });
    report([results.every(Boolean), results.length, file]);
    // after a round trip through the browser process all of the above had its chance
    await new Promise((resolve) => { const x = new XMLHttpRequest(); x.onloadend = resolve;
                                     x.open("GET", "/missing"); x.send(); });
    report("done");
  )js"),
        {},
        program);
    CHECK(renderer.nextReport() == "[true,10,true]");
    CHECK(renderer.nextReport() == "\"done\"");
    CHECK(!listener.sawAnyone());
  }
}

TEST_CASE("windows, downloads, dialogs and permissions are refused") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    report([window.open("app://test/index.html"), window.open("https://example.org/", "_blank")]);
    const blank = document.createElement("a");
    blank.href = "/index.html"; blank.target = "_blank";
    document.body.append(blank); blank.click();
    report([confirm("x"), prompt("x")]);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["stolen"])); link.download = "file.txt";
    document.body.append(link); link.click();
    const asset = document.createElement("a");
    asset.href = "/main.js"; asset.download = "main.js";
    document.body.append(asset); asset.click();
    report(typeof Notification);
    report(await new Promise((resolve) => navigator.geolocation.getCurrentPosition(
      () => resolve("granted"), (error) => resolve(error.code))));
    report(await navigator.mediaDevices.getUserMedia({ audio: true }).then(() => "granted", () => "denied"));
    report(await navigator.clipboard.readText().then(() => "granted", () => "denied"));
    report(await document.documentElement.requestFullscreen().then(() => "granted", () => "denied"));
    report(document.createElement("canvas").getContext("webgl"));
    report(navigator.plugins.length);
  )js"),
                           {});
  CHECK(renderer.nextReport() == "[null,null]");
  CHECK(renderer.nextReport() == "[false,null]");
  CHECK(renderer.nextReport() == "\"undefined\"");
  CHECK(renderer.nextReport() == "1");  // PERMISSION_DENIED
  CHECK(renderer.nextReport() == "\"denied\"");
  CHECK(renderer.nextReport() == "\"denied\"");
  CHECK(renderer.nextReport() == "\"denied\"");
  CHECK(renderer.nextReport() == "null");
  CHECK(renderer.nextReport() == "0");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(renderer.home())) {
    CAPTURE(entry.path().string());
    CHECK(entry.path().filename() != "file.txt");
    CHECK(entry.path().filename() != "main.js");
  }
}

TEST_CASE("nothing of a page's storage is on disk") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    localStorage.setItem("mark", "canary-4711");
    document.cookie = "mark=canary-4711";
    await new Promise((resolve, reject) => {
      const request = indexedDB.open("mark");
      request.onupgradeneeded = () => request.result.createObjectStore("s").put("canary-4711", "k");
      request.onsuccess = resolve; request.onerror = reject;
    });
    report(localStorage.getItem("mark"));
  )js"),
                           {});
  CHECK(renderer.nextReport() == "\"canary-4711\"");
  std::size_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(renderer.home())) {
    if (entry.is_regular_file()) {
      CAPTURE(entry.path().string());
      bytes += entry.file_size();
      CHECK(entry.path().string().find("Local Storage") == std::string::npos);
      CHECK(entry.path().string().find("IndexedDB") == std::string::npos);
      CHECK(entry.path().filename() != "Cookies");
    }
  }
  CAPTURE(bytes);
}

TEST_CASE("only the path goes to the broker, and what it does not have is an error") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    const get = (url, method = "GET") => new Promise((resolve) => {
      const x = new XMLHttpRequest();
      x.onload = () => resolve("loaded"); x.onerror = () => resolve("failed");
      x.open(method, url); x.send();
    });
    report([await get("/main.js?query=1#part"), await get("/none"), await get("/main.js", "POST"),
            await get("/%2e%2e/%2e%2e/etc/passwd"), await get("/a%2f..%2fmain.js"), await get("/" + "x".repeat(600)),
            await get("app://other/main.js")]);
  )js"),
                           {});
  CHECK(renderer.nextReport() ==
        R"(["loaded","failed","failed","failed","failed","failed","failed"])");
  for (const auto& path : renderer.record().assetPaths) {
    CAPTURE(path);
    CHECK(path.find('?') == std::string::npos);
    CHECK(path.find('#') == std::string::npos);
    CHECK(path.size() <= proto::MAX_ASSET_PATH_BYTES);
    CHECK(path.front() == '/');
  }
}

}  // namespace sallyport::renderer
