// Scopes: paths with exact expected answers, and how grants come by a scope.
#include "capabilities/scope.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "capabilities/capability.h"
#include "capabilities/explain.h"
#include "capabilities/policy.h"

namespace {

using namespace sallyport::capabilities;

const PathVariables VARIABLES{{"$APPDATA", "/home/u/.local/share/app"},
                              {"$HOME", "/home/u"},
                              {"$DOCUMENT", "/home/u/Doc*s"},
                              {"$TEMP", "/"}};

struct PathCase {
  const char* pattern;
  const char* path;
  bool allows;  // as an allow
  bool denies;  // as a deny, whose wildcards cover hidden names
};

// clang-format off
constexpr PathCase PATHS[] = {
    {"/a/b", "/a/b", true, true},
    {"/a/b", "/a/b/c", false, false},
    {"/a/b", "/a", false, false},
    {"/a/b", "/a/B", false, false},
    {"/a/b", "/x/a/b", false, false},
    {"/a/b", "/a/b/", false, false},
    {"/a/b", "/a//b", false, false},
    {"/a/b", "a/b", false, false},
    {"/a/b", "/a/./b", false, false},
    {"/a/b", "/a/c/../b", false, false},
    {"/a/b", "", false, false},
    {"/a/b", "/", false, false},
    {"/a/*", "/a/b", true, true},
    {"/a/*", "/a/b.txt", true, true},
    {"/a/*", "/a", false, false},
    {"/a/*", "/a/b/c", false, false},
    {"/a/*", "/a/.b", false, true},
    {"/a/*", "/a/..", false, false},
    {"/a/*", "/a/...", false, true},
    {"/a/.*", "/a/.b", true, true},
    {"/a/.*", "/a/b", false, false},
    {"/a/.*", "/a/..", false, false},
    {"/a/.*", "/a/...", true, true},
    {"/a/*.txt", "/a/b.txt", true, true},
    {"/a/*.txt", "/a/.txt", false, true},
    {"/a/*.txt", "/a/b.txt.exe", false, false},
    {"/a/*.txt", "/a/b.TXT", false, false},
    {"/a/*.txt", "/a/b/c.txt", false, false},
    {"/a/*.txt", "/a/.b.txt", false, true},
    {"/a/b*", "/a/b", true, true},
    {"/a/b*", "/a/bcd", true, true},
    {"/a/b*", "/a/b/c", false, false},
    {"/a/b*", "/a/b.c", true, true},
    {"/a/b*", "/a/ab", false, false},
    {"/a/*b*", "/a/b", true, true},
    {"/a/*b*", "/a/xbx", true, true},
    {"/a/*b*", "/a/xx", false, false},
    {"/a/*b*c", "/a/abbc", true, true},
    {"/a/*b*c", "/a/abcb", false, false},
    {"/a/*/c", "/a/b/c", true, true},
    {"/a/*/c", "/a/c", false, false},
    {"/a/*/c", "/a/b/b/c", false, false},
    {"/a/*/c", "/a/.b/c", false, true},
    {"/a/**", "/a/b", true, true},
    {"/a/**", "/a/b/c/d", true, true},
    {"/a/**", "/a", false, false},
    {"/a/**", "/ab", false, false},
    {"/a/**", "/a/.b", false, true},
    {"/a/**", "/a/b/.c", false, true},
    {"/a/**", "/a/.b/c", false, true},
    {"/a/**", "/a/b/../../etc/passwd", false, false},
    {"/a/**/c", "/a/c", true, true},
    {"/a/**/c", "/a/b/c", true, true},
    {"/a/**/c", "/a/b/b/c", true, true},
    {"/a/**/c", "/a/b/c/d", false, false},
    {"/a/**/c", "/a/.b/c", false, true},
    {"/a/**/.c", "/a/b/.c", true, true},
    {"/a/**/.c", "/a/.b/.c", false, true},
    {"/a/**/.c/**", "/a/b/.c/d", true, true},
    {"/a/**/*.txt", "/a/b.txt", true, true},
    {"/a/**/*.txt", "/a/b/c.txt", true, true},
    {"/a/**/*.txt", "/a/b/.txt", false, true},
    {"/a/**/b/**/c", "/a/b/c", true, true},
    {"/a/**/b/**/c", "/a/x/b/y/b/c", true, true},
    {"/a/**/b/**/c", "/a/x/y/c", false, false},
    {"/a/**/**/c", "/a/c", true, true},
    {"/a/**/**", "/a/c", true, true},
    {"/a/**/**", "/a", false, false},
    {"/a/.ssh/**", "/a/.ssh/id", true, true},
    {"/a/.ssh/**", "/a/.ssh/.id", false, true},
    {"/a/b c", "/a/b c", true, true},
    {"/a/\xc3\xa9*", "/a/\xc3\xa9t\xc3\xa9", true, true},
    {"/a/\xc3\xa9*", "/a/\xff", false, false},
    {"/a/*", "/a/*", true, true},
    {"/a/*", "/a/[a-z]", true, true},
    {"/a/*", "/a/{b,c}", true, true},
    {"/a/*", "/a/b?", true, true},
    {"/a/*", "/a/b\\c", true, true},
    {"/a/*", "/a/b\nc", true, true},
    {"$APPDATA", "/home/u/.local/share/app", true, true},
    {"$APPDATA", "/home/u/.local/share/app/x", false, false},
    {"$APPDATA/**", "/home/u/.local/share/app/x/y", true, true},
    {"$APPDATA/**", "/home/u/.local/share/app", false, false},
    {"$APPDATA/**", "/home/u/.local/share/app2/x", false, false},
    {"$APPDATA/**", "/home/u/.local/share", false, false},
    {"$APPDATA/x", "/home/u/.local/share/app/x", true, true},
    {"$APPDATA/*", "/home/u/.local/share/app/.x", false, true},
    {"$HOME/**", "/home/u/x", true, true},
    {"$HOME/**", "/home/u2/x", false, false},
    {"$HOME/**", "/home/u/.ssh/id", false, true},
    {"$HOME/.config/**", "/home/u/.config/x", true, true},
    {"$DOCUMENT/*", "/home/u/Doc*s/x", true, true},
    {"$DOCUMENT/*", "/home/u/Documents/x", false, false},
    {"$TEMP/*", "/x", true, true},
    {"$TEMP/*", "/x/y", false, false},
    {"$VIDEO/**", "/home/u/v", false, true},  // has no value: an allow reaches nothing, a deny all
    {"/usr/share/icons/**", "/usr/share/icons/a/b.png", true, true},
    {"/usr/share/icons/**", "/usr/share/icons.d/b.png", false, false},
    {"/proc/self/*", "/proc/self/environ", true, true},
    {"/proc/self/*", "/proc/1/environ", false, false},
    {"/a", "/a", true, true},
    {"/a", "/", false, false},
};

constexpr const char* NO_PATHS[] = {
    "", "a", "a/b", "./a", "../a", "/", "/a/", "//a", "/a//b", "/a/./b", "/a/../b", "/..", "~/a",
    "/a/b**", "/a/**b", "/a/***", "/a/?", "/a/[a-Z]", "/a/{b,c}", "/a\\b", "/a/$HOME", "$HOM/x",
    "$", "$HOME/", "$HOME//x", "$HOME/../x", "$HOMEx/y", "$home/x", "**", "*", "*/a", "/a\n", "/\x7f",
    "C:\\x", "file:///a", "%2e/a",
};
// clang-format on

Scope scopeOf(ScopeKind kind,
              const std::vector<std::string>& allow,
              const std::vector<std::string>& deny) {
  Scope scope;
  std::string problem;
  for (const std::string& text : allow) {
    scope.allow.push_back({text, {}});
    REQUIRE_MESSAGE(
        parseScopePattern(kind, ScopeSide::ALLOW, text, scope.allow.back().pattern, problem),
        text << ": " << problem);
  }
  for (const std::string& text : deny) {
    scope.deny.push_back({text, {}});
    REQUIRE_MESSAGE(
        parseScopePattern(kind, ScopeSide::DENY, text, scope.deny.back().pattern, problem),
        text << ": " << problem);
  }
  return scope;
}

TEST_CASE("each of 100 paths is in reach of its pattern, or not, exactly") {
  CHECK(std::size(PATHS) >= 100);
  for (const PathCase& one : PATHS) {
    CAPTURE(one.pattern);
    CAPTURE(one.path);
    CHECK(permitsPath(scopeOf(ScopeKind::PATH, {one.pattern}, {}), one.path, VARIABLES) ==
          one.allows);
    PathPattern pattern;
    std::string problem;
    REQUIRE(parsePathPattern(one.pattern, pattern, problem));
    CHECK((matchPath(pattern, one.path, VARIABLES, HiddenNames::COVERED) != PathMatch::NO) ==
          one.denies);
  }
}

TEST_CASE("a path with a NUL, or one that is too long, is in reach of nothing") {
  const Scope scope = scopeOf(ScopeKind::PATH, {"/a/**"}, {});
  CHECK(permitsPath(scope, "/a/b", {}));
  CHECK_FALSE(permitsPath(scope, std::string_view("/a/b\0c", 6), {}));
  CHECK_FALSE(permitsPath(scope, "/a/" + std::string(5'000, 'b'), {}));
}

TEST_CASE("a variable whose value is no plain absolute path lies nowhere") {
  const Scope allow = scopeOf(ScopeKind::PATH, {"$HOME/**"}, {});
  const Scope deny = scopeOf(ScopeKind::PATH, {"/a/**"}, {"$HOME/**"});
  for (const char* value : {"", "a", "/a/../a", "/a/"}) {
    CAPTURE(value);
    CHECK_FALSE(permitsPath(allow, "/a/b", {{"$HOME", value}}));
    CHECK_FALSE(permitsPath(deny, "/a/b", {{"$HOME", value}}));  // nor is it known what is denied
  }
}

TEST_CASE("a pattern has a bound, and one without any segment names no place") {
  PathPattern pattern;
  std::string problem;
  CHECK(parsePathPattern("/" + std::string(MAX_PATH_BYTES - 1, 'a'), pattern, problem));
  CHECK_FALSE(parsePathPattern("/" + std::string(MAX_PATH_BYTES, 'a'), pattern, problem));
  CHECK(isPlaceless(PathPattern{}));
}

TEST_CASE("each kind of scope has a name but the one that is none, which has no patterns either") {
  for (const auto& [kind, name] : {std::pair(ScopeKind::PATH, "path"),
                                   std::pair(ScopeKind::URL, "url"),
                                   std::pair(ScopeKind::COMMAND, "command"),
                                   std::pair(ScopeKind::LINK, "link"),
                                   std::pair(ScopeKind::NONE, "")})
    CHECK(scopeKindName(kind) == name);
  ScopePattern pattern;
  std::string problem;
  CHECK_FALSE(parseScopePattern(ScopeKind::NONE, ScopeSide::ALLOW, "/a", pattern, problem));
  CHECK(problem == "there is no scope of this kind");
}

TEST_CASE("what is no path pattern is refused with a reason") {
  for (const char* text : NO_PATHS) {
    PathPattern pattern;
    std::string problem;
    CAPTURE(text);
    CHECK_FALSE(parsePathPattern(text, pattern, problem));
    CHECK_FALSE(problem.empty());
  }
}

TEST_CASE("an allow names a place, a deny need not") {
  ScopePattern pattern;
  std::string problem;
  for (const char* text : {"/**", "/*", "**/x", "/*/x", "**/.*"}) {
    CAPTURE(text);
    CHECK_FALSE(parseScopePattern(ScopeKind::PATH, ScopeSide::ALLOW, text, pattern, problem));
    CHECK(parseScopePattern(ScopeKind::PATH, ScopeSide::DENY, text, pattern, problem));
  }
}

TEST_CASE("a deny beats every allow, and nothing is in reach without an allow") {
  const Scope scope = scopeOf(ScopeKind::PATH, {"/a/**", "/a/secret/*"}, {"/a/secret/**"});
  CHECK(permitsPath(scope, "/a/b", {}));
  CHECK_FALSE(permitsPath(scope, "/a/secret/b", {}));
  CHECK_FALSE(permitsPath(scope, "/a/secret/.b", {}));
  CHECK_FALSE(permitsPath(Scope{}, "/a", {}));
  CHECK_FALSE(permitsPath(scopeOf(ScopeKind::PATH, {}, {"/b/**"}), "/a", {}));
  // What a deny means to protect is not known here.
  CHECK_FALSE(permitsPath(scopeOf(ScopeKind::PATH, {"/a/**"}, {"$HOME/**"}), "/a/b", {}));
}

TEST_CASE("a scope of one kind reaches nothing of another") {
  const Scope paths = scopeOf(ScopeKind::PATH, {"/a/**"}, {});
  std::string problem;
  CHECK_FALSE(permitsUrl(paths, *parseUrl("https://example.com/", problem)));
  CHECK_FALSE(permitsCommand(paths, "/a/b"));
  const Scope urls =
      scopeOf(ScopeKind::URL, {"https://example.com"}, {"https://example.com/admin/**"});
  CHECK(permitsUrl(urls, *parseUrl("https://example.com/x", problem)));
  CHECK_FALSE(permitsUrl(urls, *parseUrl("https://example.com/admin/%75sers", problem)));
  CHECK_FALSE(permitsPath(urls, "/x", {}));
}

TEST_CASE("a program is named exactly") {
  const Scope scope = scopeOf(ScopeKind::COMMAND, {"git", "xdg-open"}, {"xdg-open"});
  CHECK(permitsCommand(scope, "git"));
  for (const char* name : {"Git", "git ", "gi", "gitk", "/usr/bin/git", "xdg-open", "", "*"})
    CHECK_FALSE(permitsCommand(scope, name));
  ScopePattern pattern;
  std::string problem;
  for (const char* text :
       {"", "*", "a/b", "../git", "-x", ".git", "git status", "g\nit", "git;ls"}) {
    CAPTURE(text);
    CHECK_FALSE(parseScopePattern(ScopeKind::COMMAND, ScopeSide::ALLOW, text, pattern, problem));
  }
  const auto parses = [&](std::size_t length) {
    return parseScopePattern(
        ScopeKind::COMMAND, ScopeSide::ALLOW, std::string(length, 'a'), pattern, problem);
  };
  CHECK(parses(64));
  CHECK_FALSE(parses(65));
}

// --- from the files to the grants ----------------------------------------------------------------

Catalogue catalogue() {
  return Catalogue::create(
             {{"cmd_read_file", "fs", ScopeKind::PATH},
              {"cmd_write_file", "fs", ScopeKind::PATH},
              {"cmd_get", "http", ScopeKind::URL},
              {"cmd_save", "core"}},
             {{{"fs:files", {}}, "d", {{"fs:allow-read-file", {}}, {"fs:allow-write-file", {}}}},
              {{"fs:mixed", {}}, "d", {{"fs:allow-read-file", {}}, {"fs:deny-write-file", {}}}},
              {{"http:all", {}}, "d", {{"http:allow-get", {}}, {"fs:allow-read-file", {}}}}})
      .value();
}

Checked<Policy> policyOf(const std::string& permissions, const std::string& admin = "") {
  const std::string head = R"({"identifier": "x", "windows": ["main"], "permissions": [)";
  const auto app = parseCapability("app.json", head + "\n" + permissions + "]}");
  if (!app) return app.error();
  const auto narrowing = parseAdminPolicy("admin.json", head + "\n" + admin + "]}");
  if (!narrowing) return narrowing.error();
  return resolve(catalogue(), {"main"}, {*app}, {*narrowing});
}

std::string refusal(const std::string& permissions, const std::string& admin = "") {
  const auto policy = policyOf(permissions, admin);
  return policy ? "accepted" : format(policy.error());
}

bool reads(const Policy& policy, const char* path, std::uint32_t command = 0) {
  const Decision decision = decide(policy.grants("main", "app"), CommandId{command});
  return decision.verdict == Verdict::ALLOWED &&
         permitsPath(decision.grant->scope, path, VARIABLES);
}

TEST_CASE("scopes of several grants add up, and a deny of any of them holds") {
  const Policy policy =
      policyOf(R"({"identifier": "fs:allow-read-file", "allow": ["/a/**"], "deny": ["/b/x"]},
                  {"identifier": "fs:files", "allow": [{"path": "/b/**"}]})")
          .value();
  CHECK(reads(policy, "/a/1"));
  CHECK(reads(policy, "/b/1"));
  CHECK_FALSE(reads(policy, "/b/x"));
  CHECK(reads(policy, "/b/x", 1));
  CHECK_FALSE(reads(policy, "/a/1", 1));
}

TEST_CASE("a command that takes a scope and has none reaches nothing, and explain says so") {
  const Policy policy = policyOf(R"("fs:allow-read-file")").value();
  CHECK_FALSE(reads(policy, "/a"));
  CHECK(explain(catalogue(), policy, "main", "cmd_read_file")->text ==
        "cmd_read_file in window main, origin app: allowed\n"
        "  allowed by app.json:2:1 (fs:allow-read-file)\n"
        "  in reach: nothing, it has no scope\n");
}

TEST_CASE("a deny permission with a scope denies there, and one without denies the command") {
  const std::string allow = R"({"identifier": "fs:allow-read-file", "allow": ["/a/**"]}, )";
  const Policy there =
      policyOf(allow + R"({"identifier": "fs:deny-read-file", "deny": ["/a/x/**"]})").value();
  CHECK(reads(there, "/a/y"));
  CHECK_FALSE(reads(there, "/a/x/y"));
  CHECK_FALSE(reads(policyOf(allow + R"("fs:deny-read-file")").value(), "/a/y"));
  CHECK(refusal(R"({"identifier": "fs:deny-read-file", "allow": ["/a/**"]})") ==
        "app.json:2:16: `fs:deny-read-file` only denies, so it has no `allow`. "
        "Fix: write it as `deny`");
}

TEST_CASE("an admin's scope only takes away") {
  const std::string allow = R"({"identifier": "fs:allow-read-file", "allow": ["/a/**"]})";
  for (const char* deny : {R"({"identifier": "fs:allow-read-file", "deny": ["/a/x/**"]})",
                           R"({"identifier": "fs:deny-read-file", "deny": ["/a/x/**"]})"}) {
    const Policy policy = policyOf(allow, deny).value();
    CHECK(reads(policy, "/a/y"));
    CHECK_FALSE(reads(policy, "/a/x/y"));
  }
  CHECK(refusal(allow, R"({"identifier": "fs:allow-read-file", "allow": ["/b/**"]})") ==
        "admin.json:2:16: the `allow` of `fs:allow-read-file` would widen, and the admin's policy "
        "only narrows. Fix: write what is out of reach, as `deny`");
}

TEST_CASE("a scope that nothing enforces, or of the wrong kind, stops the start") {
  CHECK(
      refusal(R"({"identifier": "core:allow-save", "allow": ["/a"]})") ==
      "app.json:2:16: `core:allow-save` has no scope that could be enforced. Fix: remove `allow`");
  CHECK(refusal(R"({"identifier": "http:all", "allow": ["/a"]})")
            .starts_with("app.json:2:16: `http:all` has no scope that could be enforced"));
  CHECK(refusal(R"({"identifier": "fs:mixed", "allow": ["/a"]})")
            .starts_with("app.json:2:16: `fs:mixed` allows and denies"));
  CHECK(refusal(R"({"identifier": "http:allow-get", "allow": [{"path": "/a"}]})") ==
        "app.json:2:53: this permission takes a scope of `url`");
  CHECK(refusal(R"({"identifier": "fs:allow-read-file", "allow": ["$APPDTA/x"]})") ==
        "app.json:2:48: there is no variable `$APPDTA`. Fix: did you mean `$APPDATA`?");
  CHECK(refusal(R"({"identifier": "http:allow-get", "allow": ["https://*"]})").find("2:44: ") !=
        std::string::npos);
}

}  // namespace
