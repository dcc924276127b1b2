// bridge.js alone, in Qt's script engine, against a channel made of script: what happens when the
// broker is gone, and that each call is settled once whatever arrives twice.
#include <doctest/doctest.h>

#include <QCoreApplication>
#include <QFile>
#include <QJSEngine>
#include <QString>

namespace sallyport::renderer {

namespace {

// remote records what it is asked and lets the test answer; `signals` fires what Bridge would emit.
constexpr const char* FAKES = R"js(
var globalThis = this;
var asked = [], agreements = [], answers = {}, slots = {}, settlements = [], opened = null;
var signal = (name) => ({ connect: (slot) => { slots[name] = slot; } });
var remote = {
  settled: signal("settled"), events: signal("events"), gone: signal("gone"), wanted: signal("wanted"),
  open: (answer) => answer({ window: "main", pageState: "kept" }),
  set calls(batch) { asked.push(["calls", batch]); },
  cancel: (ids) => asked.push(["cancel", ids]),
  openChannel: (id, command, json, answer) => { asked.push(["open", id]); answers[id] = answer; },
  nextItems: (id, answer) => { asked.push(["next", id]); answers[id] = answer; },
  closeChannel: (id) => asked.push(["close", id]),
  give: (ticket, base64) => asked.push(["give", ticket, base64]),
  failureOf: (path, answer) => answer(path === "/broken" ? [{ code: "not-found", window: "main" }] : []),
  listen: (names, ready, answer) => { asked.push(["listen", names, ready]); agreements.push(answer); },
};
// Each is answered by reply(), with so many bytes of that value.
var requests = [], links = [];
globalThis.XMLHttpRequest = class {
  open(_, url) { this.path = url.replace("app://test", ""); this.isAborted = false; }
  send() { requests.push(this); }
  abort() { this.isAborted = true; }
  reply(bytes, value = 0) { this.response = new Uint8Array(bytes).fill(value).buffer; this.onload(); }
};
globalThis.btoa = (text) => "base64 of " + text;
globalThis.URL = { createObjectURL: (slice) => "blob:" + slice.from + "-" + slice.to, revokeObjectURL: (url) => links.push(["revoked", url]) };
globalThis.document = { createElement: () => ({ click() { links.push([this.href, this.download]); } }) };
var blob = (size) => ({ size, slice: (from, to) => ({ from, to, arrayBuffer: () => Promise.resolve(new ArrayBuffer(to - from)) }) });
globalThis.location = { protocol: "app:", host: "test" };
globalThis.qt = { webChannelTransport: {} };
globalThis.queueMicrotask = (job) => { Promise.resolve().then(job); };
var QWebChannel = function (transport, ready) { ready({ objects: { bridge: remote } }); };
var watch = (name, promise) => promise.then((value) => settlements.push([name, "ok", value]),
                                            (error) => settlements.push([name, error.code, error.window]));
var FakeSignal = class {
  constructor() { this.aborted = false; this.listeners = []; }
  addEventListener(_, listener) { this.listeners.push(listener); }
  removeEventListener(_, listener) { this.listeners = this.listeners.filter((l) => l !== listener); }
  abort() { this.aborted = true; this.listeners.forEach((listener) => listener()); }
};
)js";

constexpr int JOB_ROUNDS = 12;

class Script {
 public:
  Script() {
    QFile file(QStringLiteral(SALLYPORT_SOURCE_DIR "/renderer/bridge/bridge.js"));
    REQUIRE(file.open(QIODevice::ReadOnly));
    run(FAKES);
    run("(() => {\n\"use strict\";\n" + QString::fromUtf8(file.readAll()) + "\n})();");
    run("__SALLYPORT__.then((bridge) => { opened = bridge; });");
  }

  // Runs the text and every job that it queued.
  void run(const QString& text) {
    const auto result = m_engine.evaluate(text);
    INFO(result.toString().toStdString());
    REQUIRE(!result.isError());
    // Each job may queue another one: promises of promises.
    for (int round = 0; round < JOB_ROUNDS; ++round) QCoreApplication::processEvents();
  }
  std::string json(const QString& expression) {
    return m_engine.evaluate("JSON.stringify(" + expression + ")").toString().toStdString();
  }

 private:
  int m_argc = 1;
  char m_name[5] = "test";
  char* m_argv[2] = {m_name, nullptr};
  QCoreApplication m_app{m_argc, m_argv};
  QJSEngine m_engine;
};

}  // namespace

TEST_CASE("the calls of one microtask go together, as the value of a property") {
  Script script;
  CHECK(script.json("[opened.window, opened.pageState]") == R"(["main","kept"])");
  script.run("opened.invoke('a', '{}');");
  script.run("opened.invoke('b', '{}'); opened.invoke('c', '{}');");
  CHECK(script.json("asked.map((entry) => entry[0])") == R"(["calls","calls"])");
  CHECK(script.json("asked[0][1].map((call) => call.slice(1))") == R"([["a","{}"]])");
  CHECK(script.json("asked[1][1].map((call) => call[1])") == R"(["b","c"])");
}

TEST_CASE("the first outcome of a call counts, and outcomes of unknown calls are ignored") {
  Script script;
  script.run("watch('a', opened.invoke('a', '{}'));");
  script.run(
      "var id = asked[0][1][0][0];"
      "slots.settled([[id, '1'], [id, '2'], [id, null, {code: 'denied'}], [7, '3']]);"
      "slots.settled([[id, '4']]);");
  CHECK(script.json("settlements") == R"([["a","ok","1"]])");
}

TEST_CASE("bytes that come with a call are given by slices, as long as the call is open") {
  Script script;
  script.run(
      "watch('a', opened.invoke('a', '{}', undefined, {up: [blob(5), blob(9000000)], down: []}));");
  CHECK(script.json("asked[0][1][0].slice(1)") == R"(["a","{}",[5,9000000]])");
  script.run(
      "var id = asked[0][1][0][0]; slots.wanted(id, 0, 't0', 1, 2); slots.wanted(id, 1, 't1', 0, "
      "8000000);");
  CHECK(script.json("asked.slice(1)") == R"([["give","t0","base64 of \u0000\u0000"]])");
  CHECK(script.json("links") == R"([["blob:0-8000000","t1"]])");
  script.run(
      "slots.wanted(id, 2, 't2', 0, 1); slots.settled([[id, '1']]); slots.wanted(id, 0, 't3', 0, "
      "1);");
  CHECK(script.json("asked.slice(2)") == R"([["give","t2",""],["give","t3",""]])");
  CHECK(script.json("links.slice(1)") == R"([["revoked","blob:0-8000000"]])");
}

TEST_CASE("an answer is there once its bytes are, whole, or says why not") {
  Script script;
  script.run(
      "var bytes = {up: [], down: []}; watch('a', opened.invoke('a', '{}', undefined, bytes));"
      "watch('b', opened.invoke('b', '{}')); watch('c', opened.invoke('c', '{}'));"
      "var stop = new FakeSignal(); watch('d', opened.invoke('d', '{}', stop));");
  script.run(
      "var ids = asked[0][1].map((call) => call[0]);"
      "slots.settled([[ids[0], '0', null, [['/bytes', 3, 8]]], [ids[1], '0', null, [['/broken', 3, "
      "8]]], [ids[2], '0', null, [['/bytes', 3, 8]]], [ids[3], '0', null, [['/bytes', 3, 8]]]]);");
  CHECK(script.json("[settlements, requests.map((one) => one.path)]") ==
        R"([[],["/bytes/0","/broken/0","/bytes/0","/bytes/0"]])");
  script.run("requests[0].reply(3); requests[1].reply(2); requests[2].onerror(); stop.abort();");
  CHECK(script.json("settlements.map((one) => one.slice(0, 2)).sort()") ==
        R"([["a","ok"],["b","not-found"],["c","unavailable"],["d","cancelled"]])");
  CHECK(script.json("[bytes.down.length, bytes.down[0].length, requests[3].isAborted]") ==
        "[1,3,true]");
}

TEST_CASE("bytes larger than a part come in parts, six at a time, whichever is there first") {
  Script script;
  script.run(
      "var bytes = {up: [], down: []}; watch('a', opened.invoke('a', '{}', undefined, bytes));");
  script.run("slots.settled([[asked[0][1][0][0], '0', null, [['/bytes', 15, 2]]]]);");
  CHECK(script.json("requests.map((one) => one.path)") ==
        R"(["/bytes/0","/bytes/1","/bytes/2","/bytes/3","/bytes/4","/bytes/5"])");
  script.run("requests[5].reply(2, 5); requests[0].reply(2, 0);");
  CHECK(script.json("requests.slice(6).map((one) => one.path)") == R"(["/bytes/6","/bytes/7"])");
  script.run("requests[7].reply(1, 7); [1, 2, 3, 4].forEach((i) => requests[i].reply(2, i));");
  CHECK(script.json("settlements") == "[]");
  script.run("requests[6].reply(2, 6);");
  CHECK(script.json("[settlements, Array.from(bytes.down[0]), requests.length]") ==
        R"([[["a","ok","0"]],[0,0,1,1,2,2,3,3,4,4,5,5,6,6,7],8])");
}

TEST_CASE("one part that does not come whole ends the others, and so does the call's own end") {
  Script script;
  script.run(
      "var stop = new FakeSignal();"
      "watch('a', opened.invoke('a', '{}')); watch('b', opened.invoke('b', '{}', stop));");
  script.run(
      "var ids = asked[0][1].map((call) => call[0]);"
      "slots.settled([[ids[0], '0', null, [['/broken', 9, 4]]], [ids[1], '0', null, [['/bytes', "
      "30, 4]]]]);");
  script.run("requests[1].reply(3); requests[3].reply(4); stop.abort();");
  CHECK(script.json("settlements.map((one) => one.slice(0, 2)).sort()") ==
        R"([["a","not-found"],["b","cancelled"]])");
  CHECK(script.json("requests.map((one) => one.isAborted)") ==
        "[true,false,true,false,true,true,true,true,true]");
  // Nobody can hold so much.
  script.run("watch('c', opened.invoke('c', '{}'));");
  script.run(
      "slots.settled([[asked[asked.length - 1][1][0][0], '0', null, [['/bytes', 2 ** 60, 4]]]]);");
  CHECK(script.json("[settlements[2].slice(0, 2), requests.length]") ==
        R"([["c","unavailable"],9])");
}

TEST_CASE("a page of a remote origin gets no large bytes, and nothing is fetched from its host") {
  Script script;
  script.run("location.protocol = 'https:'; watch('a', opened.invoke('a', '{}'));");
  script.run("slots.settled([[asked[0][1][0][0], '0', null, [['/bytes', 3, 8]]]]);");
  CHECK(script.json("[settlements[0].slice(0, 2), requests.length]") ==
        R"([["a","not-supported"],0])");
}

TEST_CASE("what a page listens to is told as a whole, once a microtask") {
  Script script;
  script.run(
      "var seen = []; var a = opened.listen('a', (json) => seen.push(json));"
      "var b = opened.listen('b', () => undefined); var c = opened.listen('c', () => undefined);"
      "watch('a', a.agreed); watch('b', b.agreed); watch('c', c.agreed); c.stop();");
  CHECK(script.json("asked") == R"([["listen",["a","b"],false]])");
  CHECK(script.json("settlements") == R"([["c","ok",null]])");
  script.run("agreements[0]([['b', 'denied', 'No.']]);");
  CHECK(script.json("settlements.slice(1)") == R"([["a","ok",null],["b","denied","main"]])");
  script.run("slots.events([['a', '1'], ['c', '2']], []);");
  script.run("a.stop(); a.stop(); b.stop(); slots.events([['a', '3']], []);");
  CHECK(script.json("[seen, asked.slice(1)]") == R"([["1"],[["listen",[],false]]])");
}

TEST_CASE("a component that mounts twice leaves one listener, and one message") {
  Script script;
  script.run(
      "var seen = 0; const mount = () => opened.listen('a', () => { seen += 1; });"
      "const first = mount(); first.stop(); mount();");
  CHECK(script.json("asked") == R"([["listen",["a"],false]])");
  script.run("slots.events([['a', '1']], []);");
  CHECK(script.json("seen") == "1");
}

TEST_CASE(
    "events wait in the document until it is ready; dropped ones are counted for their name") {
  Script script;
  script.run(
      "var seen = []; slots.events([['a', '1'], ['b', '2']], []);"
      "opened.listen('a', (json) => seen.push(json), (count) => seen.push(-count));");
  CHECK(script.json("seen") == R"(["1"])");
  script.run("slots.events([['a', '3']], [['a', 7], ['b', 8]]);");
  CHECK(script.json("seen") == R"(["1",-7,"3"])");
  script.run("watch('ready', opened.ready());");
  CHECK(script.json("asked[1]") == R"(["listen",["a"],true])");
  script.run("agreements[1]([]); opened.listen('b', (json) => seen.push(json));");
  CHECK(script.json("[seen.length, settlements]") == R"([3,[["ready","ok",null]]])");
}

TEST_CASE("a page whose broker is gone is told so when it listens") {
  Script script;
  script.run("watch('before', opened.listen('a', () => undefined).agreed); slots.gone();");
  script.run("watch('after', opened.listen('b', () => undefined).agreed);");
  CHECK(script.json("settlements") ==
        R"([["before","disconnected","main"],["after","disconnected","main"]])");
}

TEST_CASE("an aborted call is settled once, sent or not, and leaves no listener") {
  Script script;
  script.run(
      "var early = new FakeSignal(); watch('early', opened.invoke('a', '{}', early)); "
      "early.abort();");
  CHECK(script.json("asked") == "[]");
  script.run("var late = new FakeSignal(); watch('late', opened.invoke('b', '{}', late));");
  script.run("late.abort(); late.abort();");
  script.run("slots.settled([[asked[0][1][0][0], '1']]);");
  CHECK(script.json("settlements") ==
        R"([["early","cancelled","main"],["late","cancelled","main"]])");
  CHECK(script.json(
            "[asked[1][0], asked[1][1].length, early.listeners.length, late.listeners.length]") ==
        R"(["cancel",1,0,0])");
}

TEST_CASE(
    "when the broker is gone every open call is rejected with disconnected, and so is every later "
    "one") {
  Script script;
  script.run("watch('one', opened.invoke('a', '{}'));");
  script.run("watch('two', opened.invoke('b', '{}')); watch('three', opened.invoke('c', '{}'));");
  script.run("watch('unsent', opened.invoke('d', '{}')); slots.gone(); slots.gone();");
  script.run("watch('later', opened.invoke('e', '{}'));");
  CHECK(
      script.json("settlements") ==
      R"([["one","disconnected","main"],["two","disconnected","main"],["three","disconnected","main"],)"
      R"(["unsent","disconnected","main"],["later","disconnected","main"]])");
  CHECK(script.json("asked.length") == "2");
}

TEST_CASE("a page without the channel gets no bridge") {
  Script script;
  script.run("delete globalThis.qt;");
  QFile file(QStringLiteral(SALLYPORT_SOURCE_DIR "/renderer/bridge/bridge.js"));
  REQUIRE(file.open(QIODevice::ReadOnly));
  script.run("var before = globalThis.__SALLYPORT__; (() => {\n" +
             QString::fromUtf8(file.readAll()) + "\n})();");
  CHECK(script.json("before === globalThis.__SALLYPORT__") == "true");
}

TEST_CASE("the page cannot put another bridge in the place of ours") {
  Script script;
  script.run(
      "try { globalThis.__SALLYPORT__ = 1; } catch (error) {}"
      "try { opened.invoke = 1; } catch (error) {}");
  CHECK(script.json("[typeof __SALLYPORT__.then, typeof opened.invoke]") ==
        R"(["function","function"])");
}

TEST_CASE("whoever waits for a channel learns once that the broker is gone or the channel closed") {
  Script script;
  script.run("var channel, other; opened.openChannel('a', '{}').then((c) => { channel = c; });");
  script.run("answers[asked[0][1]]([]);");
  script.run("opened.openChannel('b', '{}').then((c) => { other = c; });");
  script.run("answers[asked[1][1]]([]);");
  script.run("watch('opening', opened.openChannel('c', '{}'));");
  script.run("watch('next', channel.next());");
  script.run("watch('other', other.next()); other.close(); other.close();");
  script.run("slots.gone(); slots.gone();");
  script.run("answers[asked[2][1]]([]); answers[asked[0][1]]([['1'], true]);");  // too late
  script.run("watch('later', channel.next()); watch('never', opened.openChannel('d', '{}'));");
  // Of one turn in any order.
  CHECK(script.json("settlements.map((entry) => entry.slice(0, 2).join(' ')).sort()") ==
        R"(["later disconnected","never disconnected","next disconnected",)"
        R"("opening disconnected","other cancelled"])");
  CHECK(script.json("asked.filter((entry) => entry[0] === 'close').length") == "1");
}

}  // namespace sallyport::renderer
