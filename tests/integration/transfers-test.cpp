// Large bytes between a page in the real cage and an app's C++ code, both ways: whole, several at
// once, given up half-way, broken off, left behind by a reload.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/broker-process.h"

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* SCRIPT = R"js(
const MEBIBYTE = 1024 * 1024;
const made = (size) => {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31) % 251;
  return bytes;
};
const isRight = (bytes) => {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== (i * 31) % 251) return false;
  return true;
};
(async () => {
  const bridge = await globalThis.__SALLYPORT__;
  const up = (size, signal, command = "cmd_up") =>
    bridge.invoke(command, '{"name":"x","data":0}', signal, { up: [new Blob([made(size)])], down: [] });
  const down = async (bytes, breaksAt = 0) => {
    const transfer = { up: [], down: [] };
    const json = await bridge.invoke("cmd_down", JSON.stringify({ bytes, breaksAt }), undefined, transfer);
    return [json, transfer.down[0].length, isRight(transfer.down[0])];
  };
  const codeOf = (promise) => promise.then(() => "settled", (error) => error.code);
  // The first document leaves while its bytes are on their way; the second one starts with nothing of it.
  if (performance.getEntriesByType("navigation")[0].type !== "reload") {
    void up(40 * MEBIBYTE, undefined, "cmd_hold");
    void up(40 * MEBIBYTE);
    void down(100 * MEBIBYTE);
    await pause(200);
    location.reload();
    return;
  }
  page("reloaded", true);
  page("up-none", await up(0));
  page("up-small", await up(1000));
  page("up-large", await up(70 * MEBIBYTE + 3));
  page("up-many", await Promise.all([3, 4, 5, 6, 7, 8].map((size) => up(size * MEBIBYTE + 1))));
  page("down-none", await down(0));
  page("down-large", await down(70 * MEBIBYTE + 3));
  page("down-many", await Promise.all([3, 4, 5, 6, 7, 8].map((size) => down(size * MEBIBYTE + 1))));
  const stop = new AbortController();
  const held = codeOf(up(40 * MEBIBYTE, stop.signal, "cmd_hold"));
  await pause(300);
  stop.abort();
  page("up-aborted", await held);
  page("down-broken", await codeOf(down(5 * MEBIBYTE, 2 * MEBIBYTE)));
  page("up-after", await up(2 * MEBIBYTE));
  // A download that the page thought of by itself is none: its name is nobody's ticket.
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["x"]));
  link.download = "0123456789abcdef0123456789abcdef";
  link.click();
  page("tickets", await codeOf(new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.onload = resolve;
    request.onerror = () => reject({ code: "refused" });
    request.open("GET", "/.sallyport/0123456789abcdef0123456789abcdef");
    request.send();
  })));
  page("over", true);
})().catch((error) => page("failed", error));
)js";

}  // namespace

TEST_CASE("large bytes go whole from a caged page to the app's code and back, and end with it") {
  TemporaryFolder folder;
  fs::copy(testApp("probe"), folder.path(), fs::copy_options::recursive);
  std::ofstream(folder.path() / "app.json") << R"({
    "identifier": "transferring", "title": "Transferring",
    "contentSecurityPolicy": "default-src 'none'; script-src 'self'; connect-src 'self'",
    "windows": [{ "label": "main", "title": "Main" }]})";
  std::ofstream(folder.path() / "capabilities/main.json")
      << R"({"identifier": "main", "windows": ["main"],
             "permissions": ["transfer:allow-up", "transfer:allow-down", "transfer:allow-hold"]})";
  BrokerProcess broker(
      {.app = folder.path(), .pageScript = SCRIPT, .program = testBinary("transferring_app")});
  const auto taken = [](std::uint64_t bytes) {
    return "\"{\\\"bytes\\\":" + std::to_string(bytes) + ",\\\"isRight\\\":true}\"";
  };
  constexpr std::uint64_t MEBIBYTE = 1024ULL * 1024;
  CHECK(broker.waitForPage("reloaded") == "true");
  CHECK(broker.waitForPage("up-none") == taken(0));
  CHECK(broker.waitForPage("up-small") == taken(1000));
  CHECK(broker.waitForPage("up-large") == taken(70 * MEBIBYTE + 3));
  const std::string uploads = broker.waitForPage("up-many");
  for (std::uint64_t size = 3; size <= 8; ++size) {
    CHECK(uploads.find(taken(size * MEBIBYTE + 1)) != std::string::npos);
  }
  const std::string answer = R"(["{\"name\":\"made\",\"data\":0}",)";
  CHECK(broker.waitForPage("down-none") == answer + "0,true]");
  CHECK(broker.waitForPage("down-large") == answer + std::to_string(70 * MEBIBYTE + 3) + ",true]");
  const std::string downloads = broker.waitForPage("down-many");
  for (std::uint64_t size = 3; size <= 8; ++size) {
    CHECK(downloads.find("," + std::to_string(size * MEBIBYTE + 1) + ",true]") !=
          std::string::npos);
  }
  CHECK(broker.waitForPage("up-aborted") == "\"cancelled\"");
  CHECK(broker.waitForPage("down-broken") == "\"not-found\"");
  CHECK(broker.waitForPage("up-after") == taken(2 * MEBIBYTE));
  CHECK(broker.waitForPage("tickets") == "\"refused\"");
  CHECK(broker.waitForPage("over") == "true");
  CHECK(broker.restartsOf("renderer main") == 0);
  CHECK(broker.end() == 0);
  CHECK(broker.leftovers().empty());
}

}  // namespace sallyport::test
