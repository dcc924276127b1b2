// The modules that reach out of the page, through a real renderer and the broker's own cage.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/broker-process.h"
#include "tests/support/desktop.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* FILES = R"js(
(async () => {
  const path = "$APPDATA/notes/a.txt";
  page("folder", (await call("cmd_make_folder", { path: "$APPDATA/notes" })).value);
  page("written", (await call("cmd_write_text_file", { path, text: "grüße" })).value);
  page("read", (await call("cmd_read_text_file", { path })).value);
  page("listed", (await call("cmd_read_folder", { path: "$APPDATA" })).value);
  const code = async (command, args) => (await call(command, args)).error?.code;
  const bytes = "$APPDATA/bytes";
  page("bytes written", (await call("cmd_write_file", { path: bytes, bytes: "AP8Q" })).value);
  page("bytes read", JSON.stringify((await call("cmd_read_file", { path: bytes, offset: 1 })).value),
    await code("cmd_write_file", { path: bytes, bytes: "AP8" }));
  await call("cmd_remove_file", { path: bytes });
  page("refused",
    await code("cmd_read_text_file", { path: "$APPDATA/../vault/vault.header" }),
    await code("cmd_read_text_file", { path: "/etc/passwd" }),
    await code("cmd_write_text_file", { path: "$APPDATA/kept/x", text: "" }),
    await code("cmd_resolve_path", { path: "$APPDATA" }));
  page("renamed",
    (await call("cmd_rename_file", { from: path, to: "$APPDATA/notes.txt" })).value,
    (await call("cmd_remove_file", { path: "$APPDATA/notes" })).value);
})();
)js";

TEST_CASE("a page works with the app's own files, and with no others") {
  BrokerProcess broker({.pageScript = FILES});
  CHECK(broker.waitForPage("folder") == "null");
  CHECK(broker.waitForPage("written") == "null");
  CHECK(broker.waitForPage("read") == "\"grüße\"");
  CHECK(broker.waitForPage("listed") ==
        R"({"entries":[{"name":"notes","kind":"folder"}],"complete":true})");
  CHECK(broker.waitForPage("bytes written") == "null");
  CHECK(broker.waitForPage("bytes read") ==
        R"("{\"bytes\":\"/xA=\",\"end\":true}" "invalid-argument")");
  CHECK(broker.waitForPage("refused") == R"("invalid-argument" "denied" "denied" "denied")");
  CHECK(broker.waitForPage("renamed") == "null null");
  std::ifstream file(broker.state() / "data" / "notes.txt");
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "grüße");
  CHECK((fs::status(broker.state() / "data").permissions() & fs::perms::all) == fs::perms(0700));
  CHECK(broker.end() == 0);
}

constexpr const char* PICKING = R"js(
(async () => {
  const pick = (command, args) => call(command, args).then((a) => a.error?.code ?? a.value.files);
  page("uninvited", await pick("cmd_pick_save_file", {}));
  addEventListener("mousedown", async () => {
    const [file] = await pick("cmd_pick_save_file", { name: "suggested.txt" });
    page("picked", file.name, Object.keys(file));
    const { handle } = file;
    page("written", (await call("cmd_write_picked_text", { handle, text: "by the user" })).value);
    page("read", (await call("cmd_read_picked_text", { handle })).value);
    page("used", await pick("cmd_pick_files", {}));  // the click was taken by the first
    await call("cmd_release_picked_file", { handle });
    page("released", (await call("cmd_read_picked_text", { handle })).error.code);
  }, { once: true });
  page("waiting");
})();
)js";

TEST_CASE("a file that the user picks after a click is the page's, by a handle and no path") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "picked.txt";
  BrokerProcess broker({.pageScript = PICKING,
                        .promptScript = R"({"expect": "chooseSave", "repeat": true, "answer": ")" +
                                        file.string() + "\"}\n"});
  CHECK(broker.waitForPage("uninvited") == "\"denied\"");
  broker.waitForPage("waiting");
  Desktop(broker).click("^Probe.*main$", "100", "100");
  CHECK(broker.waitForPage("picked") == R"("picked.txt" ["handle","name"])");
  CHECK(broker.waitForPage("written") == "null");
  CHECK(broker.waitForPage("read") == "\"by the user\"");
  CHECK(broker.waitForPage("used") == "\"denied\"");
  CHECK(broker.waitForPage("released") == "\"not-found\"");
  std::ifstream in(file);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "by the user");
  CHECK(broker.end() == 0);
}

constexpr const char* RELAUNCHING = R"js(
(async () => {
  const relaunch = () => call("cmd_relaunch_app").then((a) => a.error?.code ?? "agreed");
  page("uninvited", await relaunch());
  addEventListener("mousedown", async () => {
    // Not before the test has let go of the display.
    while ((await call("cmd_stat_file", { path: "$APPDATA/go" })).error) await pause(50);
    await relaunch();
  }, { once: true });
  page("waiting");
})();
)js";

// The broker that started again is nobody's child that the test knows; it ends with the test.
struct EndsTheNext {
  const BrokerProcess& broker;
  ~EndsTheNext() {
    for (int tries = 0; tries < 40 && !broker.leftovers(Milliseconds(500)).empty(); ++tries)
      broker.cli({"shutdown"});
  }
};

TEST_CASE("the app ends in order and starts again, after a click, as it was started") {
  BrokerProcess broker({.pageScript = RELAUNCHING});
  const EndsTheNext next{broker};
  CHECK(broker.waitForPage("uninvited") == "\"denied\"");
  broker.waitForPage("waiting");
  Desktop(broker).click("^Probe.*main$", "100", "100");
  std::ofstream(broker.state() / "data" / "go") << "";
  broker.waitFor("shutdown: window main asked for it, and to start again");
  broker.waitFor("shutdown: vault ended");
  CHECK(broker.waitForEnd() == 0);
  broker.waitFor("broker: ready");
  broker.waitForPage("waiting");
  CHECK(broker.pidOf("broker") > 0);
  CHECK(broker.cli({"shutdown"}).code == 0);
  broker.waitFor("shutdown: vault ended");
  CHECK(broker.leftovers().empty());
}

// The page holds up the shutdown that it asked for, so that the signal comes into it.
constexpr const char* RELAUNCHING_SLOWLY = R"js(
addEventListener("mousedown", async () => {
  while ((await call("cmd_stat_file", { path: "$APPDATA/go" })).error) await pause(50);
  await call("cmd_relaunch_app");
  for (;;);
}, { once: true });
page("waiting");
)js";

TEST_CASE("a signal that comes into a restart takes it back") {
  BrokerProcess broker({.pageScript = RELAUNCHING_SLOWLY});
  const EndsTheNext next{broker};
  broker.waitForPage("waiting");
  Desktop(broker).click("^Probe.*main$", "100", "100");
  std::ofstream(broker.state() / "data" / "go") << "";
  broker.waitFor("shutdown: window main asked for it, and to start again");
  broker.signal(SIGTERM);
  broker.waitFor("shutdown: vault ended");
  CHECK(broker.waitForEnd() == 0);
  CHECK(broker.leftovers().empty());
  CHECK(broker.count("broker: ready") == 1);
}

constexpr const char* WATCHING = R"js(
(async () => {
  const bridge = await globalThis.__SALLYPORT__;
  const watched = await bridge.openChannel("cmd_watch_folder",
    JSON.stringify({ path: "$APPDATA", recursive: true }));
  const seen = [];
  const until = async (path) => {
    while (!seen.some((change) => change.path === path)) {
      const { items, done } = await watched.next();
      seen.push(...items.map((item) => (typeof item === "string" ? JSON.parse(item) : item)));
      if (done) throw new Error("ended");
    }
  };
  await call("cmd_make_folder", { path: "$APPDATA/sub" });
  await until("sub");
  await call("cmd_write_text_file", { path: "$APPDATA/sub/a.txt", text: "1" });
  await until("sub/a.txt");
  page("seen", [...new Set(seen.map((change) => change.path))].sort());
  const other = await call("cmd_watch_folder", { path: "$APPDATA" });
  page("called", other.error.code);
  const refused = await bridge.openChannel("cmd_watch_folder", JSON.stringify({ path: "/etc" }))
    .then(() => "open", (error) => error.code);
  page("refused", refused);
})().catch((error) => page("failed", String(error), error.code));
)js";

TEST_CASE("a page is told what changes in the app's own folder, through the broker's cage") {
  BrokerProcess broker({.pageScript = WATCHING});
  CHECK(broker.waitForPage("seen") == R"(["sub","sub/a.txt"])");
  CHECK(broker.waitForPage("called") == "\"invalid-argument\"");
  CHECK(broker.waitForPage("refused") == "\"denied\"");
  CHECK(broker.end() == 0);
}

constexpr const char* OPENING = R"js(
(async () => {
  const open = (url) => call("cmd_open_url", { url }).then((a) => a.error?.code ?? "opened");
  page("uninvited", await open("https://docs.example/a"));
  page("refused", await open("https://other.example/"), await open("file:///etc/passwd"));
  addEventListener("mousedown", async () => {
    page("opened", await open("https://docs.example/a?b=$HOME#c"));
    page("used", await open("https://docs.example/a"));  // the click was taken by the first
  }, { once: true });
  page("waiting");
})();
)js";

TEST_CASE("a link opens in the user's program after a click, and only where the grant says") {
  const TemporaryFolder host;
  const auto program = host.path() / "xdg-open";
  std::ofstream(program) << "#!/bin/sh\nprintf '%s|' \"$@\" >>\"${0%/*}/opened\"\n";
  fs::permissions(program, fs::perms::owner_all);
  BrokerProcess broker({.pageScript = OPENING, .more = {"--host-programs", host.path()}});
  CHECK(broker.waitForPage("uninvited") == "\"denied\"");
  CHECK(broker.waitForPage("refused") == R"("denied" "invalid-argument")");
  broker.waitForPage("waiting");
  Desktop(broker).click("^Probe.*main$", "100", "100");
  CHECK(broker.waitForPage("opened") == "\"opened\"");
  CHECK(broker.waitForPage("used") == "\"denied\"");
  std::ifstream opened(host.path() / "opened");
  CHECK(std::string(std::istreambuf_iterator<char>(opened), {}) ==
        "https://docs.example/a?b=$HOME#c|");
  CHECK(broker.end() == 0);
}

}  // namespace
}  // namespace sallyport::test
