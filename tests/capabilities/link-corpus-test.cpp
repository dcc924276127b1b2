// Links: what they are spelt like, which are none, and what a scope lets through.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "capabilities/link.h"
#include "capabilities/scope.h"

namespace sallyport::capabilities {
namespace {

using namespace std::string_view_literals;

struct LinkCase {
  std::string_view text;
  std::string_view spelling;  // empty: refused
};

// clang-format off
constexpr LinkCase LINKS[] = {
    // https
    {"https://example.com"sv, "https://example.com/"},
    {"HTTPS://Example.COM/a?b=$c#Part"sv, "https://example.com/a?b=$c#Part"},
    {"https://example.com/?q=';rm%20-rf%20~'"sv, "https://example.com/?q=';rm%20-rf%20~'"},
    {"https://user@example.com/"sv, ""},
    {"https://example.com\\@evil.example/"sv, ""},
    {"https:example.com"sv, ""},
    {"https://example.com/a b"sv, ""},
    {"https://example.com/\n--new-window"sv, ""},
    {"https://example.com/\0x"sv, ""},
    {"https://ex\xc3\xa4mple.com/"sv, ""},
    // what no desktop is asked for
    {"http://example.com/"sv, ""},
    {"file:///etc/passwd"sv, ""},
    {"FILE:///etc/passwd"sv, ""},
    {"file:/etc/passwd"sv, ""},
    {"javascript:alert(1)"sv, ""},
    {"JavaScript:alert(1)"sv, ""},
    {"java\tscript:alert(1)"sv, ""},
    {" javascript:alert(1)"sv, ""},
    {"vbscript:x"sv, ""},
    {"data:text/html,x"sv, ""},
    {"blob:https://example.com/1"sv, ""},
    {"smb://host/share"sv, ""},
    {"sftp://host/x"sv, ""},
    {"ssh://-oProxyCommand=x"sv, ""},
    {"telnet:host"sv, ""},
    {"view-source:https://example.com"sv, ""},
    {"app://main/index.html"sv, ""},
    {"ws://example.com"sv, ""},
    {"apt:rootkit"sv, ""},
    {"about:config"sv, ""},
    {"vnd.libreoffice.command:.uno:Open"sv, ""},
    {"VND.Sun.Star.Script:x"sv, ""},
    {"vnd.anything:x"sv, ""},
    {"ms-word:ofe%7Cu%7Chttps://example.com/a.docm"sv, ""},
    {"ms-msdt:x"sv, ""},
    {"MS-anything:x"sv, ""},
    {"jnlp://example.com/a.jnlp"sv, ""},
    {"jnlps://example.com/a.jnlp"sv, ""},
    {"cifs://host/share"sv, ""},
    {"smbs://host/share"sv, ""},
    {"rdp://host"sv, ""},
    {"spice://host"sv, ""},
    // no scheme at all
    {""sv, ""},
    {":"sv, ""},
    {":x"sv, ""},
    {"example.com"sv, ""},
    {"/etc/passwd"sv, ""},
    {"./x.desktop"sv, ""},
    {"~/x"sv, ""},
    {"-x"sv, ""},
    {"--help"sv, ""},
    {"--help:x"sv, ""},
    {"-x:y"sv, ""},
    {"C:\\x"sv, ""},
    {"c:x"sv, ""},
    {"1a:x"sv, ""},
    {"//example.com/"sv, ""},
    {"%66ile:///etc/passwd"sv, ""},
    // mailto
    {"mailto:"sv, "mailto:"},
    {"mailto:Anna@Example.COM"sv, "mailto:Anna@example.com"},
    {"MAILTO:anna%40example.com"sv, "mailto:anna@example.com"},
    {"mailto:a+b@example.com,c@d.example"sv, "mailto:a%2Bb@example.com,c@d.example"},
    {"mailto:?to=a@b.example&subject=Hi%20there"sv, "mailto:?to=a@b.example&subject=Hi%20there"},
    {"mailto:a@b.example?BODY=one%0Atwo%0d%0athree%09x"sv,
     "mailto:a@b.example?body=one%0D%0Atwo%0D%0Athree%09x"},
    {"mailto:a@b.example?subject=gr%c3%bc%C3%9Fe&cc=c@d.example&bcc=e@f.example"sv,
     "mailto:a@b.example?subject=gr%C3%BC%C3%9Fe&cc=c@d.example&bcc=e@f.example"},
    {"mailto:a@b.example?subject=a'b;c"sv, "mailto:a@b.example?subject=a%27b%3Bc"},
    {"mailto:a@b.example?attach=/home/anna/.ssh/id_rsa"sv, ""},
    {"mailto:a@b.example?attachment=x"sv, ""},
    {"mailto:a@b.example?%61ttach=x"sv, ""},
    {"mailto:a@b.example?from=c@d.example"sv, ""},
    {"mailto:a@b.example?subject=a&Subject=b"sv, ""},
    {"mailto:a@b.example?subject=a%0d%0aBcc:%20x@y.example"sv, ""},
    {"mailto:a@b.example?subject=%00"sv, ""},
    {"mailto:a@b.example?subject=%c0%ae"sv, ""},
    {"mailto:a@b.example?subject=%zz"sv, ""},
    {"mailto:a@b.example?subject"sv, ""},
    {"mailto:a@b.example?body=a%0db"sv, ""},
    {"mailto:a@b.example?"sv, ""},
    {"mailto:a@b.example#x"sv, ""},
    {"mailto:anna"sv, ""},
    {"mailto:@b.example"sv, ""},
    {"mailto:a@"sv, ""},
    {"mailto:a@b@c.example"sv, ""},
    {"mailto:-x@b.example"sv, ""},
    {"mailto:a@b.example,"sv, ""},
    {"mailto:%22a%20b%22@c.example"sv, ""},
    {"mailto:a@b.example%0aBcc:x"sv, ""},
    {"mailto://a@b.example"sv, ""},
    {"mailto:a1~b@my-host9.example"sv, "mailto:a1~b@my-host9.example"},
    {"mailto:a@b.example?subject=Nr%201&in-reply-to=x1@y"sv,
     "mailto:a@b.example?subject=Nr%201&in-reply-to=x1@y"},
    {"mailto:a@b.example?body=a%0d"sv, ""},
    {"mailto:a@b.example?body=%-1"sv, ""},
    {"mailto:a@b.example?body=%1-"sv, ""},
    {"mailto:a@b.example?attach=x&subject=y"sv, ""},
    {"mailto:a%zz@b.example"sv, ""},
    {"mailto:.a@b.example"sv, ""},
    {"mailto:a.@b.example"sv, ""},
    {"mailto:%40b.example"sv, ""},
    {"mailto:a/b@c.example"sv, ""},
    {"mailto:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.example"sv, ""},
    // what apps name
    {"bitcoin:bc1qxy?amount=0.1&label=a%20b"sv, "bitcoin:bc1qxy?amount=0.1&label=a%20b"},
    {"BitCoin:1"sv, "bitcoin:1"},
    {"web+app:x"sv, "web+app:x"},
    {"bitcoin:"sv, ""},
    {"bitcoin:a%00b"sv, ""},
    {"bitcoin:a%0ab"sv, ""},
    {"bitcoin:a%7fb"sv, ""},
    {"bitcoin:a%b"sv, ""},
    {"bitcoin:a b"sv, ""},
    {"bitcoin:a`b"sv, ""},
    {"bitcoin:a\"b"sv, ""},
};
// clang-format on

Scope scopeOf(const std::vector<std::string>& allow, const std::vector<std::string>& deny = {}) {
  Scope scope;
  std::string problem;
  for (const auto& [side, texts, entries] : {std::tuple(ScopeSide::ALLOW, &allow, &scope.allow),
                                             std::tuple(ScopeSide::DENY, &deny, &scope.deny)})
    for (const auto& text : *texts) {
      entries->push_back({text, {}});
      REQUIRE_MESSAGE(
          parseScopePattern(ScopeKind::LINK, side, text, entries->back().pattern, problem),
          text << ": " << problem);
    }
  return scope;
}

bool permits(const Scope& scope, std::string_view text) {
  std::string problem;
  const auto link = parseLink(text, problem);
  REQUIRE_MESSAGE(link.has_value(), text << ": " << problem);
  return permitsLink(scope, *link);
}

TEST_CASE("each of 80 links has one spelling, or is none") {
  CHECK(std::size(LINKS) >= 80);
  for (const LinkCase& one : LINKS) {
    CAPTURE(one.text);
    std::string problem;
    const auto link = parseLink(one.text, problem);
    CHECK((link ? link->text : "") == one.spelling);
    CHECK(problem.empty() == link.has_value());
    if (!link) continue;
    const auto again = parseLink(link->text, problem);
    REQUIRE(again.has_value());
    CHECK(again->text == link->text);
  }
}

TEST_CASE("a link and its recipients are bounded, also by what the one spelling makes of them") {
  std::string problem;
  const std::string longest =
      "bitcoin:" + std::string(MAX_LINK_BYTES - std::string_view("bitcoin:").size(), 'a');
  CHECK(parseLink(longest, problem).has_value());
  CHECK_FALSE(parseLink(longest + "a", problem).has_value());
  CHECK_FALSE(parseLink("mailto:?body=" + std::string(2'000, '+'), problem).has_value());
  std::string list = "mailto:a@b.example";
  for (std::size_t i = 1; i < MAX_RECIPIENTS; ++i) list += ",a@b.example";
  CHECK(parseLink(list, problem)->recipients.size() == MAX_RECIPIENTS);
  CHECK_FALSE(parseLink(list + "?cc=a@b.example", problem).has_value());
  CHECK(problem == "a mail has at most 16 recipients");
}

TEST_CASE("an app names schemes of programs, and none of files, scripts or terminals") {
  for (const char* scheme : {"bitcoin",
                             "lightning",
                             "tel",
                             "xmpp",
                             "web+x",
                             "a.b-c",
                             "vnd",
                             "msteams",
                             "web+vnd.x",
                             "h323"})
    CHECK_MESSAGE(isNameableScheme(scheme), scheme);
  for (const char* scheme : {"",           "x",
                             "https",      "mailto",
                             "http",       "file",
                             "javascript", "data",
                             "app",        "Bitcoin",
                             "1a",         "a b",
                             "ä",          "smb",
                             "ssh",        "view-source",
                             "-a",         "a_b",
                             "trash",      "apt",
                             "vbscript",   "vnd.libreoffice.command",
                             "vnd.",       "ms-",
                             "ms-word",    "jnlp",
                             "jnlps",      "cifs",
                             "smbs",       "rdp",
                             "spice"})
    CHECK_MESSAGE(!isNameableScheme(scheme), scheme);
  CHECK_FALSE(isNameableScheme(std::string(MAX_SCHEME_BYTES + 1, 'a')));
}

TEST_CASE("a pattern of links is a URL pattern, addresses of a host, or a whole scheme") {
  for (const char* text : {"https:*",
                           "https://example.com",
                           "https://*.example.com/a/**",
                           "mailto:*",
                           "mailto:*@example.com",
                           "mailto:a.b@example.com",
                           "bitcoin:*"}) {
    std::string problem;
    CHECK_MESSAGE(parseLinkPattern(text, problem).has_value(), text << ": " << problem);
  }
  for (const char* text : {"",
                           "*",
                           "*:*",
                           "https",
                           "http:*",
                           "http://example.com",
                           "file:*",
                           "https://*",
                           "https://example.com?q",
                           "mailto:",
                           "mailto:a",
                           "mailto:*@*",
                           "mailto:*@",
                           "mailto:a*@example.com",
                           "mailto:a@example.com,b@example.com",
                           "bitcoin:",
                           "bitcoin:a",
                           "bitcoin:a*",
                           "javascript:*",
                           "Bitcoin:*"}) {
    std::string problem;
    CHECK_MESSAGE(!parseLinkPattern(text, problem).has_value(), text);
    CHECK_FALSE(problem.empty());
  }
}

TEST_CASE("a scope lets its links through and no others, and a deny beats it") {
  const Scope scope = scopeOf({"https://example.com/docs/**", "mailto:*@example.com", "bitcoin:*"},
                              {"https://example.com/docs/old/**", "mailto:Boss@example.com"});
  CHECK(permits(scope, "https://example.com/docs/a#b"));
  CHECK(permits(scope, "https://EXAMPLE.com:443/docs/%61"));
  CHECK(permits(scope, "mailto:a@Example.com?cc=b@example.com"));
  CHECK(permits(scope, "bitcoin:x"));
  for (const char* text : {"https://example.com/",
                           "https://example.com:8443/docs/a",
                           "https://example.com/docs/old/a",
                           "https://example.com/docs/%6fld/a",
                           "https://sub.example.com/docs/a",
                           "mailto:",
                           "mailto:?subject=x",
                           "mailto:boss@example.com",
                           "mailto:Boss@example.com",
                           "mailto:BOSS@example.com",
                           "mailto:%62oSS@example.com",
                           "mailto:a@evil.example",
                           "mailto:a@example.com?bcc=x@evil.example",
                           "mailto:a@example.com?cc=boss@EXAMPLE.com",
                           "mailto:a@sub.example.com",
                           "lightning:x"})
    CHECK_MESSAGE(!permits(scope, text), text);
  CHECK(permits(scopeOf({"mailto:Help@example.com"}), "mailto:hELP@example.com"));
  CHECK_FALSE(permits(scopeOf({"mailto:Help@example.com"}), "mailto:helper@example.com"));
  CHECK_FALSE(
      permits(scopeOf({"mailto:*"}, {"mailto:boss@example.com"}), "mailto:BOSS@Example.com"));
  CHECK(permits(scopeOf({"mailto:*"}), "mailto:?subject=x"));
  CHECK(permits(scopeOf({"https:*"}), "https://anywhere.example/"));
  CHECK_FALSE(permits(scopeOf({"https:*"}), "mailto:a@b.example"));
  CHECK_FALSE(permits(scopeOf({}), "https://example.com/"));
  // An entry of another kind reaches no link.
  Scope paths;
  std::string problem;
  paths.allow.push_back({"/a/**", {}});
  REQUIRE(parseScopePattern(
      ScopeKind::PATH, ScopeSide::ALLOW, "/a/**", paths.allow.back().pattern, problem));
  CHECK_FALSE(permits(paths, "https://example.com/"));
}

TEST_CASE("a link that nobody parsed is in reach of no pattern of URLs") {
  std::string problem;
  const auto pattern = parseLinkPattern("https://example.com", problem);
  REQUIRE(pattern.has_value());
  CHECK_FALSE(matchLink(*pattern, Link{"https", "https://example.com/", {}, {}}, nullptr));
}

}  // namespace
}  // namespace sallyport::capabilities
