// A remote origin: a window goes from the app to a server's pages and back, each time in another
// process with that origin's rights; hosts that are not named and addresses out of range are not
// reached, also not by a redirect. The server and its authority are made here.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/broker/net/server-fake.h"
#include "tests/broker/net/tls-identity.h"
#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using net::ServerFake;

std::string page(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string redirect(const std::string& to) {
  return "HTTP/1.1 302 Found\r\nLocation: " + to +
         "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
}

std::string pathOf(const std::string& request) {
  const auto start = request.find(' ') + 1;
  return request.substr(start, request.find(' ', start) - start);
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// What the server's page does. @OTHER is a host that the class does not name.
constexpr const char* REMOTE_PAGE = R"html(<!doctype html><title>Remote</title><body><script>
const say = async (name, value) => {
  const bridge = await globalThis.__SALLYPORT__;
  return bridge.invoke("cmd_write_log", JSON.stringify({ level: "info", message: `@${name} ${JSON.stringify(value)}` }));
};
const outcome = (promise) => promise.then(() => "reached", () => "refused");
const asks = (url, options) => outcome(fetch(url, options));
const socket = (url) => outcome(new Promise((good, bad) => {
  const one = new WebSocket(url); one.onopen = good; one.onerror = bad;
}));
const image = (url) => outcome(new Promise((good, bad) =>
  Object.assign(new Image(), { onload: good, onerror: bad, src: url })));
(async () => {
  if (location.pathname === "/again") {
    await say("again", location.pathname);
    location.href = "app://probe/index.html?evil=1#evil";
    return;
  }
  const bridge = await globalThis.__SALLYPORT__;
  const denied = await bridge.invoke("cmd_save_state", '{"state":"by a stranger"}').catch((error) => error.code);
  await say("remote", [bridge.window, bridge.pageState, denied, location.pathname, isSecureContext]);
  await say("own", [await fetch("/data").then((answer) => answer.text()), await fetch("/redirect-in").then((answer) => answer.text()),
    await fetch("/echo", { method: "POST", body: "x".repeat(300000) }).then((answer) => answer.text()),
    (await fetch("/large").then((answer) => answer.arrayBuffer())).byteLength]);
  await say("outside", [await asks("https://@OTHER/"), await asks("https://@OTHER/", { mode: "no-cors" }), await asks("/redirect-other"),
    await asks("/redirect-metadata"), await asks("/redirect-file"), await asks("https://127.0.0.1:@DOCS/"), await asks("http://localhost:@DOCS/"),
    await asks("https://example.org/"), await socket("wss://@OTHER/"), await image("https://@OTHER/x.png"), await image("app://probe/probe.js"),
    await asks("app://probe/index.html")]);
  await say("frames", await new Promise((resolve) => {
    const frame = document.createElement("iframe");
    addEventListener("message", ({ data }) => resolve(data));
    frame.src = "/frame";
    document.body.append(frame);
  }));
  // A redirect of the main frame to another host: it does not happen, and this document stays.
  location.href = "/redirect-other";
  await new Promise((resolve) => setTimeout(resolve, 500));
  await say("stayed", location.pathname);
  location.href = "/again";
})();
</script>)html";

constexpr const char* FRAME =
    "<script>parent.postMessage([typeof qt, typeof __SALLYPORT__], '*')</script>";

struct Servers {
  net::TlsIdentity identity{"DNS:localhost"};
  ServerFake other{[](const std::string&) { return page("other"); }, identity.context()};
  ServerFake rebound{[](const std::string&) { return page("rebound"); }, identity.context()};
  ServerFake docs{[this](const std::string& request) { return answer(request); },
                  identity.context()};

  std::string answer(const std::string& request) const {
    const auto path = pathOf(request);
    const std::string elsewhere = "localhost:" + std::to_string(other.port());
    if (path == "/data") return page("data");
    if (path == "/redirect-in") return redirect("/data");
    if (path == "/echo") return page(std::to_string(request.size() - request.find("\r\n\r\n") - 4));
    if (path == "/large") return page(std::string(3'000'000, 'x'));
    if (path == "/redirect-other") return redirect("https://" + elsewhere + "/");
    if (path == "/redirect-metadata") return redirect("http://169.254.169.254/latest/");
    if (path == "/redirect-file") return redirect("file:///etc/passwd");
    if (path == "/frame") return page(FRAME);
    if (path != "/start" && path != "/again") return page("");
    std::string text = REMOTE_PAGE;
    replace(text, "@OTHER", elsewhere);
    replace(text, "@DOCS", std::to_string(docs.port()));
    return page(text);
  }
};

// The app's page: leaves for the server, says where it came back to, then tries a class whose name
// leads to this machine although it may not.
constexpr const char* APP_PAGE = R"js(
(async () => {
  const bridge = await globalThis.__SALLYPORT__;
  const log = (message) => call("cmd_write_log", { level: "info", message });
  if (bridge.pageState === "") {
    await call("cmd_save_state", { state: "left" });
    await log("@first 1");
    while (!(await call("cmd_get_window")).error) await pause(20); // until the test has looked
    location.href = "https://localhost:@DOCS/start";
    for (let n = 0; n < 60; n++) await log(`@tick ${n}`); // until its rights are gone
  } else {
    await log(`@back ${JSON.stringify([bridge.pageState, location.href])}`);
    location.href = "https://localhost:@REBOUND/";
  }
})();
)js";

struct RemoteApp {
  explicit RemoteApp(const Servers& servers) {
    fs::copy(testApp("probe"), folder.path(), fs::copy_options::recursive);
    servers.identity.writeCertificate(folder.path() / "authority.pem");
    const auto authority = readAll(folder.path() / "authority.pem");
    fs::remove(folder.path() / "authority.pem");
    const auto write = [&](const char* name, const json::value& text) {
      std::ofstream(folder.path() / "capabilities" / name) << json::serialize(text);
    };
    write("main.json",
          {{"identifier", "main"},
           {"windows", {"main"}},
           {"permissions", {"core:default", "log:default", "window:default"}}});
    write("docs.json",
          {{"identifier", "docs"},
           {"windows", json::array{"main"}},
           {"permissions", json::array{"log:default"}},
           {"remote",
            {{"origin", "docs"},
             {"urls", json::array{"https://localhost:" + std::to_string(servers.docs.port())}},
             {"addresses", "loopback"},
             {"authorities", json::array{authority}}}}});
    write("outside.json",
          {{"identifier", "outside"},
           {"windows", json::array{"main"}},
           {"permissions", json::array{}},
           {"remote",
            {{"origin", "outside"},
             {"urls", json::array{"https://localhost:" + std::to_string(servers.rebound.port())}},
             {"authorities", json::array{authority}}}}});
  }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE(
    "a window goes to a remote origin and back with that origin's rights, hosts and process") {
  const Servers servers;
  const RemoteApp app(servers);
  std::string script = APP_PAGE;
  replace(script, "@DOCS", std::to_string(servers.docs.port()));
  replace(script, "@REBOUND", std::to_string(servers.rebound.port()));
  BrokerProcess broker({.app = app.folder.path(), .pageScript = script});
  broker.waitForPage("first");
  const auto first = broker.pidOf("renderer main");
  CHECK(broker.cli({"capability", "revoke", "--window", "main", "--permission", "window:default"})
            .code == 0);
  broker.waitFor("window main goes from origin app to docs");

  CHECK(broker.waitForPage("remote") == R"(["main","","denied","/start",true])");
  const auto second = broker.pidOf("renderer main");
  CHECK(second != first);
  CHECK(!isAlive(first));
  CHECK(broker.restartsOf("renderer main") == 0);  // nothing crashed
  CHECK(broker.status().at("windows").at(0).at("cage").as_string() == "holds");
  CHECK(broker.waitForPage("own") == R"(["data","data","300000",3000000])");
  const auto outside = json::parse(broker.waitForPage("outside")).as_array();
  for (const auto& one : outside) CHECK(one.as_string() == "refused");
  CHECK(outside.size() == 12);
  CHECK(broker.waitForPage("frames") == R"(["undefined","undefined"])");
  CHECK(broker.waitForPage("stayed") == "\"/start\"");
  CHECK(broker.waitForPage("again") == "\"/again\"");
  CHECK(servers.other.requests().empty());

  // The way back is the app's start page, whatever the stranger wrote behind it.
  broker.waitFor("window main goes from origin docs to app");
  CHECK(broker.waitForPage("back") == R"(["left","app://probe/index.html"])");
  CHECK(broker.pidOf("renderer main") != second);

  // A host that the class names, at an address that it may not reach: as when a name is rebound.
  broker.waitFor("window main goes from origin app to outside");
  broker.waitFor("is at an address that this origin may not reach");
  CHECK(servers.rebound.requests().empty());
  CHECK(servers.rebound.open() == 0);

  // No call of the app's page was heard after its origin was left (B7).
  const auto journal = broker.journal();
  const auto left = journal.find("goes from origin app to docs");
  CHECK(journal.find("@tick", left) == std::string::npos);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

}  // namespace sallyport::test
