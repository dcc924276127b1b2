// Capabilities of Tauri 2 become ours, and nothing of them is dropped in silence or gets wider.
#include "capabilities/tauri-import.h"

#include <doctest/doctest.h>

#include <string>

#include "capabilities/capability.h"
#include "capabilities/policy.h"

namespace {

using namespace sallyport::capabilities;

Catalogue catalogue() {
  return Catalogue::create({{"cmd_save_state", "core"},
                            {"cmd_close", "window"},
                            {"cmd_read_file", "fs", ScopeKind::PATH},
                            {"cmd_fetch", "http", ScopeKind::URL},
                            {"cmd_write_text", "clipboard"},
                            {"cmd_get_balance", "wallet"}},
                           {{{"core:default", {}}, "d", {{"core:allow-save-state", {}}}},
                            {{"fs:default", {}}, "d", {{"fs:allow-read-file", {}}}}})
      .value();
}

struct Imported {
  std::string capability, leftOut, notes, refused;
};

Imported import(const std::string& text, const TauriChoice& choice = {}) {
  const auto made = importTauri("t.json", text, catalogue(), choice);
  if (!made) return {"", "", "", format(made.error())};
  // Whatever comes out is a capability of ours.
  const auto parsed = parseCapability("out.json", made->capability);
  REQUIRE_MESSAGE(parsed.has_value(), format(parsed.error()));
  const auto policy = resolve(catalogue(), {"main", "side", "main-1"}, {*parsed});
  REQUIRE_MESSAGE(policy.has_value(), format(policy.error()));
  return {made->capability, format(made->leftOut), format(made->notes), ""};
}

std::string with(const std::string& permissions) {
  return R"({"identifier": "i", "windows": ["main"], "permissions": [)" + permissions + "]}";
}

TEST_CASE("a capability that has everything here comes over as it is") {
  const Imported made = import(R"({
  "identifier": "main-capability",
  "description": "For the \"main\" window",
  "windows": ["main", "side"],
  "permissions": [
    "core:allow-save-state",
    { "identifier": "fs:allow-read-file", "allow": [{ "path": "$APPDATA/**" }], "deny": [{ "path": "$APPDATA/x" }] },
    { "identifier": "http:allow-fetch", "allow": [{ "url": "https://api.example.com" }] }
  ]
})");
  CHECK(made.leftOut == "");
  CHECK(made.notes == "");
  CHECK(made.capability == R"({
  "identifier": "main-capability",
  "description": "For the \"main\" window",
  "windows": ["main", "side"],
  "permissions": [
    "core:allow-save-state",
    {"identifier":"fs:allow-read-file","allow":[{"path":"$APPDATA/**"}],"deny":[{"path":"$APPDATA/x"}]},
    {"identifier":"http:allow-fetch","allow":[{"url":"https://api.example.com"}]}
  ]
}
)");
}

TEST_CASE(
    "the opener's scopes are links here, and the process's permissions have their own names") {
  const auto theirs = Catalogue::create({{"cmd_open_url", "opener", ScopeKind::LINK},
                                         {"cmd_exit_app", "app"},
                                         {"cmd_relaunch_app", "process"}},
                                        {});
  const auto made = importTauri(
      "t.json",
      with(
          R"({"identifier": "opener:allow-open-url", "allow": [{"url": "mailto:*"}, {"url": "https://*"},
           {"url": "https://a.example"}]}, "process:allow-restart", "process:allow-exit")"),
      *theirs,
      {});
  REQUIRE(made.has_value());
  CHECK(made->capability.find(
            R"({"identifier":"opener:allow-open-url","allow":["mailto:*","https://a.example"]})") !=
        std::string::npos);
  CHECK(made->capability.find("\"process:allow-relaunch-app\"") != std::string::npos);
  CHECK(made->capability.find("\"app:allow-exit-app\"") != std::string::npos);
}

TEST_CASE("names that are other here are told, and a default is not the same default") {
  const Imported made = import(with(
      R"("core:window:allow-close", "clipboard-manager:allow-write-text", "allow-get-balance", "core:default")"));
  CHECK(made.leftOut == "");
  for (const char* name : {"`core:window:allow-close` is `window:allow-close` here",
                           "`clipboard-manager:allow-write-text` is `clipboard:allow-write-text`",
                           "`allow-get-balance` is `wallet:allow-get-balance` here",
                           "`core:default` holds what this project's module puts into it"})
    CHECK_MESSAGE(made.notes.find(name) != std::string::npos, made.notes);
  CHECK(made.capability.find("\"wallet:allow-get-balance\"") != std::string::npos);
}

TEST_CASE("what has no equivalent is left out with its line and the nearest right name") {
  const Imported made = import(R"({"$schema": "x", "identifier": "i", "windows": ["main"],
  "remote": {"urls": ["https://a.example"]}, "platforms": ["linux", "macOS"], "local": true,
  "permissions": ["shell:allow-open", "fs:allow-read-fil", {"identifier": "core:default", "x": 1}]})");
  CHECK(
      made.leftOut ==
      "t.json:1:2: `$schema` has no equivalent\n"
      "t.json:2:3: `remote` has no equivalent. Fix: remote pages get nothing from this capability\n"
      "t.json:3:19: `shell:allow-open` has no equivalent\n"
      "t.json:3:39: `fs:allow-read-fil` has no equivalent. Fix: did you mean "
      "`fs:allow-read-file`?\n"
      "t.json:3:91: `core:default`: `x` has no equivalent, so it is left out");
  CHECK(made.capability.find("\"permissions\": []") != std::string::npos);
  CHECK(made.capability.find("\"platforms\": [\"linux\", \"macOS\"]") != std::string::npos);
}

TEST_CASE("what would get wider is left out whole") {
  // A deny that cannot be said here.
  Imported made = import(with(
      R"({"identifier": "fs:allow-read-file", "allow": ["$HOME/**"], "deny": ["$HOME/[a-z]*"]})"));
  CHECK(made.capability.find("read-file") == std::string::npos);
  CHECK_MESSAGE(made.leftOut.find("would be wider without this deny") != std::string::npos,
                made.leftOut);
  // A scope on what takes none here.
  made = import(with(R"({"identifier": "window:allow-close", "allow": [{"label": "x"}]})"));
  CHECK(made.capability.find("allow-close") == std::string::npos);
  CHECK_MESSAGE(made.leftOut.find("takes no such scope here") != std::string::npos, made.leftOut);
  // An allow that cannot be said only gets narrower.
  made = import(with(
      R"({"identifier": "fs:allow-read-file", "allow": [{"path": "**"}, {"path": "$APPDATA/*"}, {"path": "a", "x": 1}]})"));
  CHECK(made.capability.find(R"("allow":[{"path":"$APPDATA/*"}])") != std::string::npos);
  CHECK(made.leftOut.find("this entry has no equivalent") != std::string::npos);
  // For remote pages only, or for systems that nobody knows.
  CHECK(import(R"({"identifier": "i", "windows": ["main"], "local": false, "permissions": []})")
            .refused.find("remote pages only") != std::string::npos);
  CHECK(import(
            R"({"identifier": "i", "windows": ["main"], "platforms": ["beos"], "permissions": []})")
            .refused.find("it names no platform") != std::string::npos);
}

TEST_CASE("windows that cannot be said are named by the user instead") {
  const std::string all = R"({"identifier": "a b", "windows": ["*"], "permissions": []})";
  const Imported refused = import(all);
  CHECK_MESSAGE(refused.refused.find("no window is left that it could mean. Fix: name them with "
                                     "--window LABEL") != std::string::npos,
                refused.refused);
  const Imported made = import(all, {"", {"main"}});
  CHECK(made.capability.find(R"("windows": ["main"])") != std::string::npos);
  CHECK(made.notes.find("the identifier is written `a-b` here") != std::string::npos);
  CHECK(
      import(
          R"({"identifier": "i", "windows": ["main-*"], "webviews": ["main-1"], "permissions": []})")
          .notes.find("must both match") != std::string::npos);
}

TEST_CASE("one of several capabilities is chosen by its identifier") {
  const std::string two = R"({"capabilities": [
    {"identifier": "a", "windows": ["main"], "permissions": ["core:allow-save-state"]},
    {"identifier": "b", "windows": ["side"], "permissions": []}]})";
  CHECK(import(two).refused ==
        "t.json:1:1: there is not one capability to take, but: a, b. "
        "Fix: choose one with --identifier NAME");
  CHECK(import(two, {"b", {}}).capability.find("\"side\"") != std::string::npos);
  CHECK(import("[]").refused == "t.json:1:1: there is no capability in it");
  CHECK(import("identifier = \"toml\"").refused.starts_with("t.json:1:1: not valid JSON"));
}

}  // namespace
