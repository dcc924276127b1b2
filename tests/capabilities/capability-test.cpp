// Capability files: what is read, and for each mistake the file, the line and what to write
// instead.
#include "capabilities/capability.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace sallyport::capabilities;

const std::string WHOLE = R"({
  "$schema": "../schema/capability.schema.json",
  "identifier": "wallet-main",
  "description": "What the main wallet window may do",
  "windows": ["main", "main-*"],
  "permissions": [
    "core:default",
    { "identifier": "wallet:allow-send-transaction",
      "limits": { "perMinute": 6, "concurrent": 1, "maxBytes": 4096 } }
  ]
})";

std::string refusal(const std::string& text) {
  const auto capability = parseCapability("main.json", text);
  return capability ? "accepted" : format(capability.error());
}

std::string with(const std::string& fields) {
  return "{\"identifier\": \"x\", \"windows\": [\"main\"], \"permissions\": [],\n" + fields + "}";
}

TEST_CASE("a capability file is read with the place of every name") {
  const auto capability = parseCapability("main.json", WHOLE);
  REQUIRE(capability.has_value());
  CHECK(capability->identifier.text == "wallet-main");
  CHECK(capability->description == "What the main wallet window may do");
  REQUIRE(capability->windows.size() == 2);
  CHECK(capability->windows[1].text == "main-*");
  CHECK(capability->windows[1].at.line == 5);
  CHECK(capability->windows[1].at.column == 23);
  CHECK(capability->origins == std::vector<std::string>{"app"});
  REQUIRE(capability->permissions.size() == 2);
  CHECK(capability->permissions[0].identifier.text == "core:default");
  CHECK(capability->permissions[0].identifier.at.file == "main.json");
  CHECK(capability->permissions[0].identifier.at.line == 7);
  CHECK(capability->permissions[0].identifier.at.column == 5);
  CHECK_FALSE(capability->permissions[0].limits.perMinute);
  const PermissionUse& send = capability->permissions[1];
  CHECK(send.identifier.text == "wallet:allow-send-transaction");
  CHECK(send.identifier.at.line == 8);
  CHECK(send.limits.perMinute == 6);
  CHECK(send.limits.concurrent == 1);
  CHECK(send.limits.maxBytes == 4096);
}

TEST_CASE("an unknown field is refused with the nearest right one") {
  CHECK(refusal(with("\"descripton\": \"d\"")) ==
        "main.json:2:1: a capability has no field `descripton`. Fix: did you mean `description`?");
  CHECK(refusal(with("\"plattforms\": []")) ==
        "main.json:2:1: a capability has no field `plattforms`. Fix: did you mean `platforms`?");
}

TEST_CASE("platforms are known names, and none twice") {
  CHECK(refusal(with("\"platforms\": [\"linus\"]")) ==
        "main.json:2:15: there is no platform `linus`. Fix: did you mean `linux`?");
  CHECK(refusal(with("\"platforms\": [\"iOS\", \"iOS\"]")) ==
        "main.json:2:22: `iOS` is listed twice");
}

TEST_CASE("duplicate fields are refused at the second") {
  CHECK(refusal(with("\"windows\":\n [\"other\"]")) ==
        "main.json:2:1: the same field is given twice: `windows`");
  CHECK(refusal("{\"a\\\"\": 1,\n  \"a\\\"\": 2}") ==
        "main.json:2:3: the same field is given twice: `a\"`");
  CHECK(refusal("{\"\\\\\": 1,\n  \"\\\\\": 2}") ==
        "main.json:2:3: the same field is given twice: `\\`");
  CHECK(refusal("{\"\": 1, \"\": 2}") == "main.json:1:9: the same field is given twice");
}

TEST_CASE("a syntax error names its line") {
  CHECK(refusal("{\n\n  oops }") == "main.json:3:3: not valid JSON in UTF-8");
  CHECK(refusal("") == "main.json:1:1: the text ends too early");
  CHECK(refusal("[]") == "main.json:1:1: a capability must be an object");
}

TEST_CASE("missing fields are named") {
  CHECK(refusal("{}") ==
        "main.json:1:1: a capability needs the field `identifier`\n"
        "main.json:1:1: a capability needs the field `windows`\n"
        "main.json:1:1: a capability needs the field `permissions`");
  CHECK(refusal(R"({"identifier": "x", "webviews": ["main"], "permissions": []})") == "accepted");
}

TEST_CASE("shapes are checked") {
  CHECK(refusal(R"({"identifier": 5, "windows": "main", "permissions": {}})") ==
        "main.json:1:16: `identifier` must be a string that is not empty\n"
        "main.json:1:30: `windows` must be a list\n"
        "main.json:1:53: `permissions` must be a list");
  CHECK(refusal(R"({"identifier": "a b", "windows": [], "permissions": [7, {}]})") ==
        "main.json:1:16: `identifier` has at most 64 letters, digits, `-`, `_` and `.`\n"
        "main.json:1:34: `windows` must not be empty\n"
        "main.json:1:54: a permission is a string or an object with `identifier`\n"
        "main.json:1:57: a permission needs the field `identifier`");
}

TEST_CASE("a window pattern that matches everything is refused") {
  CHECK(refusal(R"({"identifier": "x", "windows": ["*"], "permissions": []})") ==
        "main.json:1:33: a window pattern needs a letter or digit of its own: it would match every "
        "window. "
        "Fix: name the windows");
  CHECK(refusal(R"({"identifier": "x", "windows": ["a", "a"], "permissions": []})") ==
        "main.json:1:38: `a` is listed twice");
}

TEST_CASE("limits are positive and known") {
  const auto withLimits = [](const std::string& limits) {
    return refusal(R"({"identifier": "x", "windows": ["main"], "permissions": [)"
                   "\n{\"identifier\": \"a:allow-b\", \"limits\": " +
                   limits + "}]}");
  };
  CHECK(withLimits("{}") == "accepted");
  CHECK(withLimits("{\"perMinute\": 0}") ==
        "main.json:2:53: `perMinute` must be an integer from 1 to 120000");
  CHECK(withLimits("{\"concurrent\": 1.5}") ==
        "main.json:2:54: `concurrent` must be an integer from 1 to 256");
  CHECK(withLimits("{\"maxBytes\": \"9\"}") ==
        "main.json:2:52: `maxBytes` must be an integer from 1 to 1048576");
  CHECK(withLimits("{\"perminute\": 6}") ==
        "main.json:2:40: `limits` has no field `perminute`. Fix: did you mean `perMinute`?");
  CHECK(withLimits("6") == "main.json:2:39: `limits` must be an object");
}

TEST_CASE("a scope is read with the place of every entry, and its shape is checked") {
  const auto capability =
      parseCapability("main.json", R"({"identifier": "x", "windows": ["main"], "permissions": [
    { "identifier": "fs:allow-read-file", "allow": [{ "path": "$APPDATA/**" }], "deny": ["x"] } ]})");
  REQUIRE(capability.has_value());
  const PermissionUse& use = capability->permissions[0];
  REQUIRE(use.allow.size() == 1);
  CHECK(use.allow[0].text.text == "$APPDATA/**");
  CHECK(use.allow[0].text.at.column == 63);
  CHECK(use.allow[0].kind == ScopeKind::PATH);
  REQUIRE(use.deny.size() == 1);
  CHECK(use.deny[0].kind == ScopeKind::NONE);
  CHECK(refusal(R"({"identifier": "x", "windows": ["main"], "permissions": [
    { "identifier": "fs:allow-read-file", "allow": [5] } ]})") ==
        "main.json:2:53: an entry of a scope is a string, or an object with `path`, `url`, "
        "`command` or `link`");
  CHECK(refusal(R"({"identifier": "x", "windows": ["main"], "permissions": [
    { "identifier": "fs:allow-read-file", "allow": [{"path": "/a", "url": "b"}] } ]})") ==
        "main.json:2:53: an entry of a scope has one of `path`, `url`, `command` and `link`");
}

TEST_CASE("a capability with `remote` speaks of one class of hosts, and not of the app's pages") {
  const auto capability = parseCapability(
      "main.json",
      with(
          R"("remote": {"origin": "docs", "urls": ["https://docs.example.org", "https://*.cdn.example:8443"],
              "addresses": "private"})"));
  REQUIRE(capability.has_value());
  REQUIRE(capability->remote.has_value());
  CHECK(capability->origins == std::vector<std::string>{"docs"});
  CHECK(capability->remote->addresses == AddressRange::PRIVATE);
  REQUIRE(capability->remote->hosts.size() == 2);
  CHECK(capability->remote->hosts[1].pattern.host == "cdn.example");
  CHECK(capability->remote->hosts[1].pattern.port == 8443);
}

TEST_CASE("a `remote` says a name and whole hosts by https, and each mistake has its place") {
  CHECK(refusal(with("\"remote\": {\"url\": []}"))
            .starts_with("main.json:2:12: `remote` has no field `url`. Fix: did you mean `urls`?"));
  CHECK(refusal(with(R"("remote": {"urls": ["https://a.example"]})")).find("`origin`") !=
        std::string::npos);
  CHECK(refusal(with(R"("remote": {"origin": "app", "urls": ["https://a.example"]})")) ==
        "main.json:2:22: `app` is no name of a remote origin. Fix: use 1 to 32 of a-z, 0-9 and -, "
        "and not `app`");
  CHECK(refusal(with(R"("remote": {"origin": "x", "urls": ["http://a.example"]})")) ==
        "main.json:2:36: a remote origin is reached by https only. Fix: write it as "
        "`https://example.org`");
  CHECK(refusal(with(R"("remote": {"origin": "x", "urls": ["https://a.example/x"]})")) ==
        "main.json:2:36: a remote origin is whole hosts, so it has no path. Fix: write it as "
        "`https://example.org`");
  CHECK(
      refusal(with(
          R"("remote": {"origin": "x", "urls": ["https://a.example"], "addresses": "privat"})")) ==
      "main.json:2:71: `addresses` is `public`, `private` or `loopback`. Fix: did you mean "
      "`private`?");
  CHECK(refusal(with(
            R"("remote": {"origin": "x", "urls": ["https://a.example"], "authorities": ["x"]})")) ==
        "main.json:2:74: an authority is one certificate as PEM text, at most 8 KiB");
}

TEST_CASE("a permission is listed once") {
  CHECK(refusal(R"({"identifier": "x", "windows": ["main"], "permissions": [
    "a:allow-b",
    { "identifier": "a:allow-b" } ]})") == "main.json:3:21: `a:allow-b` is listed twice");
}

TEST_CASE("columns count characters, and escapes do not disturb the places") {
  const auto capability =
      parseCapability("main.json",
                      "{\"description\": \"\xc3\xa9\\\"\\\\,:{[\", \"identifier\": \"x\",\n "
                      "\"windows\": [\"main\"], \"permissions\": []}");
  REQUIRE(capability.has_value());
  CHECK(capability->identifier.at.line == 1);
  CHECK(capability->identifier.at.column == 44);
  CHECK(capability->windows[0].at.line == 2);
  CHECK(capability->windows[0].at.column == 14);
}

TEST_CASE("a file of more than a mebibyte is refused") {
  CHECK(refusal(std::string(1048577, ' ')) == "main.json: the file is larger than 1 MiB");
}

}  // namespace
