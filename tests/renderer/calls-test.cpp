// A page's calls through the real renderer binary: page -> QWebChannel -> Cap'n Proto -> fake
// broker -> back.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/renderer/fake-broker.h"

namespace sallyport::renderer {

namespace {

Commands commands() {
  return {
      {"echo",
       [](const std::string& arguments) {
         return Answer{arguments, "", false};
       }},
      {"denied",
       [](const std::string&) {
         return Answer{"", "denied", false};
       }},
      {"never",
       [](const std::string&) {
         return Answer{"", "", true};
       }},
      {"cmd_save_state",
       [](const std::string&) {
         return Answer{"null", "", false};
       }},
  };
}

struct Fixture {
  kj::AsyncIoContext io = kj::setupAsyncIo();
};

}  // namespace

TEST_CASE("a page is loaded from app:// and its calls come back") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    await report([bridge.window, bridge.pageState, location.href]);
    await report(await bridge.invoke("echo", '{"x":"\u00fc\ud83d\ude00"}'));
  )js"),
                           commands());
  CHECK(renderer.nextReport() == R"(["main","from before","app://test/index.html"])");
  CHECK(renderer.nextReport() == "\"{\\\"x\\\":\\\"\u00fc\U0001F600\\\"}\"");
  CHECK(renderer.record().engine.find("Qt WebEngine 6.") == 0);
  CHECK(renderer.record().engine.size() <= 128);
}

TEST_CASE(
    "a thousand calls of one microtask are answered in order, a bounded number of them open") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    const order = [];
    const calls = Array.from({ length: 1000 }, (_, i) =>
      bridge.invoke("echo", `${i}`).then((json) => order.push(Number(json))));
    await Promise.all(calls);
    report(order.every((value, index) => value === index) && order.length);
  )js"),
                           commands());
  CHECK(renderer.nextReport() == "1000");
  CHECK(renderer.record().maxOpen > 128);  // they travel together
  CHECK(renderer.record().maxOpen <= proto::MAX_OPEN_CALLS);
  CHECK(renderer.record().batches >= 4);
  CHECK(renderer.record().batches <= 20);
  CHECK(renderer.record().maxBatch == proto::MAX_CALLS_PER_BATCH);
  CHECK(renderer.record().singles <= 2);  // the report
}

TEST_CASE("a refusal is a plain object with every field, and the session lives on") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    for (const command of ["denied", "no-such"]) {
      const error = await bridge.invoke(command, "{}").catch((reason) => reason);
      const { id, ...rest } = error;
      report([rest, Number.isSafeInteger(id), Object.getPrototypeOf(error) === Object.prototype]);
    }
    report(await bridge.invoke("echo", "7"));
  )js"),
                           commands());
  CHECK(
      renderer.nextReport() ==
      R"([{"code":"denied","command":"denied","incident":"i-1","message":"No.","window":"main"},true,true])");
  CHECK(renderer.nextReport().find(R"("code":"unknown-command")") != std::string::npos);
  CHECK(renderer.nextReport() == "\"7\"");
}

TEST_CASE("a call over the limit is refused before it could end the session") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    const big = JSON.stringify({ x: "x".repeat(3 * 1024 * 1024) });
    report((await bridge.invoke("echo", big).catch((reason) => reason)).code);
    report((await bridge.invoke("e".repeat(65), "{}").catch((reason) => reason)).code);
    const fits = JSON.stringify("x".repeat(500 * 1024));
    report((await bridge.invoke("echo", fits)) === fits);
    report((await bridge.invoke(7, "{}").catch((reason) => reason)).code);
  )js"),
                           commands());
  CHECK(renderer.nextReport() == "\"too-large\"");
  CHECK(renderer.nextReport() == "\"too-large\"");
  CHECK(renderer.nextReport() == "true");
  CHECK(renderer.nextReport() == "\"invalid-argument\"");
}

TEST_CASE("abort rejects once with cancelled, and the broker's call is dropped") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    const sent = new AbortController();
    let settled = 0;
    const call = bridge.invoke("never", "{}", sent.signal).finally(() => settled++);
    await bridge.invoke("echo", "1");  // the first one is at the broker now
    sent.abort();
    sent.abort();
    report([(await call.catch((reason) => reason)).code, settled]);

    const unsent = new AbortController();
    const early = bridge.invoke("never", "{}", unsent.signal);
    unsent.abort();
    report((await early.catch((reason) => reason)).code);
    report((await bridge.invoke("never", "{}", unsent.signal).catch((reason) => reason)).code);
  )js"),
                           commands());
  CHECK(renderer.nextReport() == R"(["cancelled",1])");
  CHECK(renderer.nextReport() == "\"cancelled\"");
  CHECK(renderer.nextReport() == "\"cancelled\"");
  renderer.waitFor([&] { return renderer.record().dropped == 1; });
  CHECK(renderer.record().dropped == 1);  // the other two never left the page
}

TEST_CASE("calls that went as one message are aborted one by one, and a reload drops the rest") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    if (location.hash === "") {
      const stops = Array.from({ length: 20 }, () => new AbortController());
      const codes = [];
      const calls = stops.map((stop) =>
        bridge.invoke("never", "{}", stop.signal).catch((reason) => codes.push(reason.code)));
      const [one] = await Promise.all([bridge.invoke("echo", "1"), bridge.invoke("echo", "2")]);
      for (const stop of stops.slice(0, 15)) stop.abort();
      await Promise.all(calls.slice(0, 15));
      await report([one, codes.length, codes.every((code) => code === "cancelled")]);
      location.hash = "again";
      location.reload();
    } else {
      report(await bridge.invoke("echo", "3"));
    }
  )js"),
                           commands());
  CHECK(renderer.nextReport() == R"(["1",15,true])");
  CHECK(renderer.record().maxBatch == 22);
  CHECK(renderer.nextReport() == "\"3\"");
  renderer.waitFor([&] { return renderer.record().dropped == 20; });
}

TEST_CASE("a reload drops the old document's calls and starts with the state that was saved last") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    if (bridge.pageState === "from before") {
      await bridge.invoke("cmd_save_state", JSON.stringify({ state: "second" }));
      bridge.invoke("never", "{}");
      bridge.invoke("never", "{}");
      await bridge.invoke("echo", "1");
      location.reload();
    } else {
      report([bridge.pageState, await bridge.invoke("echo", "2")]);
    }
  )js"),
                           commands());
  CHECK(renderer.nextReport() == R"(["second","2"])");
  renderer.waitFor([&] { return renderer.record().dropped == 2; });
}

TEST_CASE("events reach the handlers of their name until these are taken back") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    const first = bridge.listen("balance", (payload) => { report(["first", payload]); first.stop(); });
    bridge.listen("balance", () => { throw new Error("bad handler"); });
    bridge.listen("balance", (payload) => report(["second", payload]));
    report("ready");
  )js"),
                           commands());
  CHECK(renderer.nextReport() == "\"ready\"");
  for (const char* payload : {"1", "2"}) {
    auto request = renderer.control().deliverRequest();
    auto events = request.initEvents(2);
    events[0].setName("other");
    events[0].setPayload("0");
    events[1].setName("balance");
    events[1].setPayload(payload);
    request.send().wait(f.io.waitScope);
  }
  CHECK(renderer.nextReport() == R"(["first","1"])");
  CHECK(renderer.nextReport() == R"(["second","1"])");
  CHECK(renderer.nextReport() == R"(["second","2"])");
}

TEST_CASE("what a page listens to reaches the broker, and a reload begins anew") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    const many = [];
    for (let i = 0; i < 70; i++) many.push(bridge.listen("e" + i, () => undefined).agreed);
    const codes = (await Promise.all(many.map((one) => one.then(() => "", (e) => e.code))));
    report([codes.filter((code) => code === "").length, codes[69]]);
    report(await bridge.listen("x".repeat(100), () => undefined).agreed.catch((e) => e.code));
  )js"),
                           commands());
  CHECK(renderer.nextReport() == R"([64,"limit"])");
  CHECK(renderer.nextReport() == "\"unknown-event\"");
}

TEST_CASE("a refused name is told to its listener, the others hear theirs, also after a reload") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    const denied = bridge.listen("denied", () => undefined).agreed.catch((e) => e.code);
    await bridge.listen("evt_a", (json) => report(["a", json])).agreed;
    await bridge.ready();
    report(await denied);
  )js"),
                           commands());
  for (int document = 1; document <= 2; ++document) {
    CHECK(renderer.nextReport() == "\"denied\"");
    const auto& listens = renderer.record().listens;
    CHECK(listens.back() == "ready: denied evt_a");
    // By itself or, on a busy machine, with the names that came meanwhile.
    const auto fresh = std::count_if(listens.begin(), listens.end(), [](const std::string& listen) {
      return listen.rfind("fresh", 0) == 0;
    });
    CHECK(fresh == document);
    auto request = renderer.control().deliverRequest();
    auto events = request.initEvents(1);
    events[0].setName("evt_a");
    events[0].setPayload(std::to_string(document));
    request.send().wait(f.io.waitScope);
    CHECK(renderer.nextReport() == R"(["a",")" + std::to_string(document) + R"("])");
    if (document == 1) {
      auto load = renderer.control().loadRequest();
      load.setUrl("app://test/index.html");
      load.send().wait(f.io.waitScope);
    }
  }
}

TEST_CASE("an event that comes before the document is kept for it") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    bridge.listen("early", (payload) => report(payload));
  )js"),
                           commands());
  auto request = renderer.control().deliverRequest();
  auto events = request.initEvents(1);
  events[0].setName("early");
  events[0].setPayload("42");
  request.send().wait(f.io.waitScope);
  CHECK(renderer.nextReport() == "\"42\"");
}

TEST_CASE("console lines reach the log, cut and bounded") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    console.warn("careful");
    console.log("\u00e9".repeat(5000));
    for (let i = 0; i < 2000; i++) console.log("flood", i);
    alert("nobody sees this");
    report(confirm("sure?"));
  )js"),
                           commands());
  CHECK(renderer.nextReport() == "false");
  const auto& logs = renderer.record().logs;
  CHECK(logs.at(0) == "app://test/main.js:2: careful");
  for (const auto& line : logs) {
    CHECK(line.size() <= proto::MAX_LOG_TEXT_BYTES);
  }
  CHECK(logs.size() <= 120);
}

TEST_CASE("a file of many pieces arrives whole") {
  Fixture f;
  auto files = pageWith(R"js(
    const request = new XMLHttpRequest();
    request.open("GET", "/big.txt");
    request.onload = () => report([request.responseText.length, request.responseText.slice(-5)]);
    request.send();
  )js");
  files["/big.txt"] = {"text/plain", std::string(1'000'000, 'x') + "the end"};
  RendererProcess renderer(f.io, files, commands());
  CHECK(renderer.nextReport() == R"([1000007,"e end"])");
}

TEST_CASE("a channel is read to its end, in order, and asked only as the page reads") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    const channel = await bridge.openChannel("count", "1005");
    const seen = [];
    for (let step = { done: false }; !step.done; seen.push(...step.items)) step = await channel.next();
    report(seen.every((item, index) => item === String(index + 1)) && seen.length);
    report((await channel.next().catch((reason) => reason)).code);
    report((await bridge.openChannel("other", "1").catch((reason) => reason)).code);
    const failing = await bridge.openChannel("count", "-12");
    await failing.next();
    const last = await failing.next();
    report([last.items, last.done, last.reason.code, last.reason.command]);
    const slow = await bridge.openChannel("count", "1000");
    await slow.next();
    report("asked");
  )js"),
                           commands());
  CHECK(renderer.nextReport() == "1005");
  CHECK(renderer.nextReport() == "\"cancelled\"");
  CHECK(renderer.nextReport() == "\"unknown-command\"");
  CHECK(renderer.nextReport() == R"([["11","12"],true,"locked","count"])");
  CHECK(renderer.nextReport() == "\"asked\"");
  CHECK(renderer.record().itemsAsked == 101 + 2 + 1);
  CHECK(renderer.record().channelsOpened == 3);
}

TEST_CASE("a channel is closed at the broker by its close, an abort and a reload") {
  Fixture f;
  RendererProcess renderer(f.io,
                           pageWith(R"js(
    if (location.hash === "#again") { report("again"); return; }
    const closed = await bridge.openChannel("count", "0");
    const first = closed.next().catch((reason) => reason.code);
    const second = await closed.next().catch((reason) => reason.code);
    closed.close();
    closed.close();
    report([await first, second, await closed.next().catch((reason) => reason.code)]);
    const stop = new AbortController();
    const aborted = await bridge.openChannel("count", "0", stop.signal);
    const waiting = aborted.next().catch((reason) => reason.code);
    stop.abort();
    report(await waiting);
    report((await bridge.openChannel("count", "1", stop.signal).catch((reason) => reason)).code);
    const left = await bridge.openChannel("count", "0");
    void left.next();
    await report("leaving");
    location.hash = "#again";
    location.reload();
  )js"),
                           commands());
  CHECK(renderer.nextReport() == R"(["cancelled","conflict","cancelled"])");
  CHECK(renderer.nextReport() == "\"cancelled\"");
  CHECK(renderer.nextReport() == "\"cancelled\"");
  CHECK(renderer.nextReport() == "\"leaving\"");
  CHECK(renderer.nextReport() == "\"again\"");
  renderer.waitFor([&] { return renderer.record().channelsClosed == 3; });
  CHECK(renderer.record().channelsOpened == 3);
}

}  // namespace sallyport::renderer
