// URLs with exact expected answers: what each is read as, what is refused, and what a pattern
// reaches. The answers are written by hand, from RFC 3986 and from what parsers disagree about.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "capabilities/url.h"

namespace {

using namespace sallyport::capabilities;
using namespace std::string_view_literals;

struct Reading {
  std::string_view text;
  std::string_view expected;  // canonical, or empty: refused
};

// clang-format off
constexpr Reading READINGS[] = {
    // one spelling
    {"https://example.com"sv, "https://example.com/"},
    {"https://example.com/"sv, "https://example.com/"},
    {"HTTPS://EXAMPLE.COM/"sv, "https://example.com/"},
    {"hTTp://Example.Com/Path"sv, "http://example.com/Path"},
    {"https://example.com:443/"sv, "https://example.com/"},
    {"http://example.com:80"sv, "http://example.com/"},
    {"http://example.com:443/"sv, "http://example.com:443/"},
    {"https://example.com:80/"sv, "https://example.com:80/"},
    {"ws://example.com/s"sv, "ws://example.com/s"},
    {"ws://example.com:80/s"sv, "ws://example.com/s"},
    {"wss://example.com:443/s"sv, "wss://example.com/s"},
    {"wss://example.com:8443/s"sv, "wss://example.com:8443/s"},
    {"https://example.com:65535/"sv, "https://example.com:65535/"},
    {"https://example.com:1/"sv, "https://example.com:1/"},
    {"https://a.b.c.d.example/"sv, "https://a.b.c.d.example/"},
    {"https://localhost/"sv, "https://localhost/"},
    {"https://x/"sv, "https://x/"},
    {"https://xn--bcher-kva.example/"sv, "https://xn--bcher-kva.example/"},
    {"https://XN--BCHER-KVA.example/"sv, "https://xn--bcher-kva.example/"},
    {"https://a-b.example/"sv, "https://a-b.example/"},
    {"https://1a.example/"sv, "https://1a.example/"},
    {"https://123.example/"sv, "https://123.example/"},
    {"https://0x7f.example/"sv, "https://0x7f.example/"},
    // path, query, fragment
    {"https://e.com/a/b/c"sv, "https://e.com/a/b/c"},
    {"https://e.com/a/b/"sv, "https://e.com/a/b/"},
    {"https://e.com//a"sv, "https://e.com//a"},
    {"https://e.com/a?b=c"sv, "https://e.com/a?b=c"},
    {"https://e.com?b=c"sv, "https://e.com/?b=c"},
    {"https://e.com/a?"sv, "https://e.com/a?"},
    {"https://e.com/a?b?c"sv, "https://e.com/a?b?c"},
    {"https://e.com/a?x=/../y"sv, "https://e.com/a?x=/../y"},
    {"https://e.com/a#frag"sv, "https://e.com/a"},
    {"https://e.com#frag"sv, "https://e.com/"},
    {"https://e.com/a?b#c"sv, "https://e.com/a?b"},
    {"https://e.com/a#b?c"sv, "https://e.com/a"},
    {"https://e.com/...", "https://e.com/..."},
    {"https://e.com/.well-known/x"sv, "https://e.com/.well-known/x"},
    {"https://e.com/a..b"sv, "https://e.com/a..b"},
    {"https://e.com/~user"sv, "https://e.com/~user"},
    {"https://e.com/a:b@c"sv, "https://e.com/a:b@c"},
    {"https://e.com/a;b=c,d"sv, "https://e.com/a;b=c,d"},
    {"https://e.com/(a)!*'"sv, "https://e.com/(a)!*'"},
    // escapes
    {"https://e.com/%41"sv, "https://e.com/A"},
    {"https://e.com/%7Euser"sv, "https://e.com/~user"},
    {"https://e.com/%7euser"sv, "https://e.com/~user"},
    {"https://e.com/%2D%5F"sv, "https://e.com/-_"},
    {"https://e.com/%21"sv, "https://e.com/!"},
    {"https://e.com/%40"sv, "https://e.com/@"},
    {"https://e.com/%3a"sv, "https://e.com/:"},
    {"https://e.com/%20"sv, "https://e.com/%20"},
    {"https://e.com/%c3%a9"sv, "https://e.com/%C3%A9"},
    {"https://e.com/%C3%A9"sv, "https://e.com/%C3%A9"},
    {"https://e.com/%F0%9F%98%80"sv, "https://e.com/%F0%9F%98%80"},
    {"https://e.com/%3F"sv, "https://e.com/%3F"},
    {"https://e.com/%23"sv, "https://e.com/%23"},
    {"https://e.com/%25"sv, "https://e.com/%25"},
    {"https://e.com/100%25"sv, "https://e.com/100%25"},
    {"https://e.com/%25zz"sv, "https://e.com/%25zz"},
    {"https://e.com/%254z"sv, "https://e.com/%254z"},
    // addresses
    {"http://127.0.0.1/"sv, "http://127.0.0.1/"},
    {"http://127.0.0.1:8080/"sv, "http://127.0.0.1:8080/"},
    {"http://255.255.255.255/"sv, "http://255.255.255.255/"},
    {"http://0.0.0.0/"sv, "http://0.0.0.0/"},
    {"http://[::1]/"sv, "http://[::1]/"},
    {"http://[::1]:8080/"sv, "http://[::1]:8080/"},
    {"http://[0:0:0:0:0:0:0:1]/"sv, "http://[::1]/"},
    {"http://[0000:0000::0001]/"sv, "http://[::1]/"},
    {"http://[2001:DB8::1]/"sv, "http://[2001:db8::1]/"},
    {"http://[2001:db8:0:0:0:0:0:1]/"sv, "http://[2001:db8::1]/"},
    // userinfo
    {"https://user@example.com/"sv, ""},
    {"https://user:secret@example.com/"sv, ""},
    {"https://@example.com/"sv, ""},
    {"https://example.com@evil.com/"sv, ""},
    {"https://example.com%40evil.com/"sv, ""},
    {"https://example.com:443@evil.com/"sv, ""},
    {"https://evil.com@example.com@/"sv, ""},
    // slashes and backslashes
    {"https:/example.com/"sv, ""},
    {"https:example.com"sv, ""},
    {"https:\\\\example.com\\"sv, ""},
    {"https://example.com\\@evil.com/"sv, ""},
    {"https://example.com/\\evil"sv, ""},
    {"https:///example.com/"sv, ""},
    {"//example.com/"sv, ""},
    {"/path"sv, ""},
    {"https://"sv, ""},
    {"https:///"sv, ""},
    {"https://?x"sv, ""},
    {"https://#x"sv, ""},
    {""sv, ""},
    {"example.com"sv, ""},
    // schemes
    {"ftp://example.com/"sv, ""},
    {"file:///etc/passwd"sv, ""},
    {"file://example.com/etc"sv, ""},
    {"javascript://example.com/%0aalert(1)"sv, ""},
    {"javascript:alert(1)"sv, ""},
    {"data:text/html,x"sv, ""},
    {"blob:https://example.com/x"sv, ""},
    {"view-source:https://example.com/"sv, ""},
    {"app://wallet/index.html"sv, ""},
    {"httpsx://example.com/"sv, ""},
    {"https ://example.com/"sv, ""},
    {" https://example.com/"sv, ""},
    {"://example.com/"sv, ""},
    {"mailto:a@b.example"sv, ""},
    // white space, control and other characters
    {"https://example.com/ "sv, ""},
    {"https://exa mple.com/"sv, ""},
    {"https://example.com/a b"sv, ""},
    {"https://exa\tmple.com/"sv, ""},
    {"https://example.com/\t"sv, ""},
    {"ht\ntps://example.com/"sv, ""},
    {"https://example.com/\r\nHost: evil"sv, ""},
    {"https://example.com\0.evil.com/"sv, ""},
    {"https://example.com/\x7f"sv, ""},
    {"https://example.com/<x>"sv, ""},
    {"https://example.com/\"x\""sv, ""},
    {"https://example.com/{x}"sv, ""},
    {"https://example.com/a|b"sv, ""},
    {"https://example.com/a^b"sv, ""},
    {"https://example.com/a`b"sv, ""},
    {"https://example.com/[x]"sv, ""},
    // other alphabets
    {"https://ex\xc3\xa4mple.com/"sv, ""},
    {"https://\xd0\xb5xample.com/"sv, ""},
    {"https://example\xe3\x80\x82" "com/"sv, ""},
    {"https://\xef\xbd\x85xample.com/"sv, ""},
    {"https://example.com/\xc3\xa9"sv, ""},
    {"https://example.com/?\xc3\xa9"sv, ""},
    {"https://example.com\xc2\xad/"sv, ""},
    {"https://example\xe2\x84\x80.com/"sv, ""},
    // hosts
    {"https://example.com./"sv, ""},
    {"https://example..com/"sv, ""},
    {"https://.example.com/"sv, ""},
    {"https://-example.com/"sv, ""},
    {"https://example-.com/"sv, ""},
    {"https://exa_mple.com/"sv, ""},
    {"https://exam%70le.com/"sv, ""},
    {"https://example.com%2f.evil.com/"sv, ""},
    {"https://example%2ecom/"sv, ""},
    {"https://%65xample.com/"sv, ""},
    {"https://*.example.com/"sv, ""},
    {"https://exa*mple.com/"sv, ""},
    {"https://example,com/"sv, ""},
    {"https://example.com;evil.com/"sv, ""},
    {"https://a234567890123456789012345678901234567890123456789012345678901234.example/"sv, ""},
    // ports
    {"https://example.com:/"sv, ""},
    {"https://example.com:0/"sv, ""},
    {"https://example.com:00443/"sv, ""},
    {"https://example.com:0443/"sv, ""},
    {"https://example.com:65536/"sv, ""},
    {"https://example.com:99999/"sv, ""},
    {"https://example.com:4294967739/"sv, ""},
    {"https://example.com:-1/"sv, ""},
    {"https://example.com:+443/"sv, ""},
    {"https://example.com:443:80/"sv, ""},
    {"https://example.com:https/"sv, ""},
    {"https://example.com:4 43/"sv, ""},
    // IPv4 in disguise
    {"http://2130706433/"sv, ""},
    {"http://0x7f000001/"sv, ""},
    {"http://017700000001/"sv, ""},
    {"http://127.1/"sv, ""},
    {"http://127.0.1/"sv, ""},
    {"http://0177.0.0.1/"sv, ""},
    {"http://0x7f.0.0.1/"sv, ""},
    {"http://127.0.0.01/"sv, ""},
    {"http://127.0.0.0x1/"sv, ""},
    {"http://127.0.0.1./"sv, ""},
    {"http://127.0.0.256/"sv, ""},
    {"http://1.2.3.4.5/"sv, ""},
    {"http://256.256.256.256/"sv, ""},
    {"http://example.0x1/"sv, ""},
    {"http://example.1/"sv, ""},
    // IPv6 in disguise
    {"http://[::ffff:127.0.0.1]/"sv, ""},
    {"http://[::ffff:7f00:1]/"sv, ""},
    {"http://[::127.0.0.1]/"sv, ""},
    {"http://[::7f00:1]/"sv, ""},
    {"http://[64:ff9b::7f00:1]/"sv, ""},
    {"http://[64:ff9c::7f00:1]/"sv, "http://[64:ff9c::7f00:1]/"},
    {"http://[64:fe9b::7f00:1]/"sv, "http://[64:fe9b::7f00:1]/"},
    {"http://[65:ff9b::7f00:1]/"sv, "http://[65:ff9b::7f00:1]/"},
    {"http://[164:ff9b::7f00:1]/"sv, "http://[164:ff9b::7f00:1]/"},
    {"http://[fe80::1%25eth0]/"sv, ""},
    {"http://[fe80::1%eth0]/"sv, ""},
    {"http://[::1"sv, ""},
    {"http://::1/"sv, ""},
    {"http://[]/"sv, ""},
    {"http://[::1]x/"sv, ""},
    {"http://[::1]:/"sv, ""},
    {"http://[g::1]/"sv, ""},
    {"http://[1:2:3:4:5:6:7:8:9]/"sv, ""},
    // paths that mean another one
    {"https://e.com/."sv, ""},
    {"https://e.com/.."sv, ""},
    {"https://e.com/a/../b"sv, ""},
    {"https://e.com/a/./b"sv, ""},
    {"https://e.com/%2e%2e/b"sv, ""},
    {"https://e.com/%2E/b"sv, ""},
    {"https://e.com/.%2e/b"sv, ""},
    {"https://e.com/a%2fb"sv, ""},
    {"https://e.com/a%2Fb"sv, ""},
    {"https://e.com/a%5cb"sv, ""},
    {"https://e.com/a%00"sv, ""},
    {"https://e.com/a%0d%0aX"sv, ""},
    {"https://e.com/a%7f"sv, ""},
    {"https://e.com/%252e%252e/b"sv, ""},
    {"https://e.com/%252f"sv, ""},
    {"https://e.com/%2541"sv, ""},
    {"https://e.com/%254%31"sv, ""},
    {"https://e.com/%25%34%31"sv, ""},
    {"https://e.com/%25%2541"sv, ""},
    {"https://e.com/%"sv, ""},
    {"https://e.com/%4"sv, ""},
    {"https://e.com/%zz"sv, ""},
    {"https://e.com/%4z"sv, ""},
    {"https://e.com/%u0041"sv, ""},
    {"https://e.com/%c0%ae"sv, ""},
    {"https://e.com/%c0%af"sv, ""},
    {"https://e.com/%e0%80%ae"sv, ""},
    {"https://e.com/%ff"sv, ""},
    {"https://e.com/%c3"sv, ""},
    {"https://e.com/%ed%a0%80"sv, ""},
    {"https://e.com/%f5%80%80%80"sv, ""},
};

struct Reach {
  std::string_view pattern;
  std::string_view url;
  bool expected;
};

constexpr Reach REACHES[] = {
    {"https://example.com", "https://example.com/", true},
    {"https://example.com", "https://example.com/any/thing?x", true},
    {"https://example.com", "https://EXAMPLE.com:443/", true},
    {"https://example.com", "http://example.com/", false},
    {"https://example.com", "https://example.com:8443/", false},
    {"https://example.com", "https://app.example.com/", false},
    {"https://example.com", "https://example.com.evil.com/", false},
    {"https://example.com", "https://evilexample.com/", false},
    {"https://example.com", "https://example.co/", false},
    {"https://example.com", "https://example.comm/", false},
    {"https://example.com", "wss://example.com/", false},
    {"https://EXAMPLE.com", "https://example.com/", true},
    {"https://example.com:8443", "https://example.com:8443/", true},
    {"https://example.com:8443", "https://example.com/", false},
    {"https://example.com/", "https://example.com/", true},
    {"https://example.com/", "https://example.com/a", false},
    {"https://app.example.com", "https://app.evil.com/", false},
    {"https://*.example.com", "https://app.example.com/", true},
    {"https://*.example.com", "https://a.b.example.com/", false},
    {"https://*.example.com", "https://example.com/", false},
    {"https://*.example.com", "https://evilexample.com/", false},
    {"https://*.example.com", "https://app.example.com.evil.com/", false},
    {"https://**.example.com", "https://a.b.example.com/", true},
    {"https://**.example.com", "https://a.example.com/", true},
    {"https://**.example.com", "https://example.com/", false},
    {"https://**.example.com", "https://a.notexample.com/", false},
    {"https://example.com/api/*", "https://example.com/api/x", true},
    {"https://example.com/api/*", "https://example.com/api/", true},
    {"https://example.com/api/*", "https://example.com/api", false},
    {"https://example.com/api/*", "https://example.com/api/x/y", false},
    {"https://example.com/api/*", "https://example.com/API/x", false},
    {"https://example.com/api/**", "https://example.com/api/x/y", true},
    {"https://example.com/api/**", "https://example.com/api/", true},
    {"https://example.com/api/**", "https://example.com/api", false},
    {"https://example.com/api/**", "https://example.com/apix/y", false},
    {"https://example.com/**/end", "https://example.com/end", true},
    {"https://example.com/**/end", "https://example.com/a/b/end", true},
    {"https://example.com/v*/x", "https://example.com/v12/x", true},
    {"https://example.com/v*/x", "https://example.com/w12/x", false},
    {"https://example.com/%61", "https://example.com/a", true},
    {"https://example.com/admin!", "https://example.com/admin%21", true},
    {"https://example.com/*", "https://example.com/.hidden", true},
    {"http://127.0.0.1:8080", "http://127.0.0.1:8080/x", true},
    {"http://127.0.0.1:8080", "http://127.0.0.1/x", false},
    {"http://[::1]", "http://[0:0:0:0:0:0:0:1]/", true},
    {"http://[::1]", "http://[2001:db8::1]/", false},
};

constexpr std::string_view NO_PATTERNS[] = {
    "https://*", "https://**", "https://*.com", "https://**.com", "https://a.*.example.com",
    "https://example.*", "https://*example.com", "https://*.1.2.3", "https://*.0.0.1", "https://*.1.2.3.4",
    "https://*.[::1]", "*://example.com", "HTTPS://example.com", "*", "**", "",
    "https://example.com:*", "https://example.com?x", "https://example.com/#x",
    "https://user@example.com", "https://example.com/a**", "https://example.com/%2a",
    "https://example.com/../x", "file:///**", "app://**", "https://***.example.com",
};
// clang-format on

TEST_CASE("each of 200 URLs is read as its one spelling, or refused") {
  CHECK(std::size(READINGS) >= 200);
  for (const Reading& reading : READINGS) {
    std::string problem;
    const auto url = parseUrl(reading.text, problem);
    CAPTURE(reading.text);
    CHECK((url ? url->text() : "") == reading.expected);
    CHECK(problem.empty() == url.has_value());
    if (url) CHECK(parseUrl(url->text(), problem)->text() == url->text());
  }
}

TEST_CASE("a pattern reaches exactly the URLs that it should") {
  for (const Reach& reach : REACHES) {
    std::string problem;
    const auto pattern = parseUrlPattern(reach.pattern, problem);
    CAPTURE(reach.pattern);
    CAPTURE(reach.url);
    REQUIRE_MESSAGE(pattern.has_value(), problem);
    const auto url = parseUrl(reach.url, problem);
    REQUIRE_MESSAGE(url.has_value(), problem);
    CHECK(matchUrl(*pattern, *url) == reach.expected);
  }
}

TEST_CASE("a pattern that could reach what nobody wrote is refused") {
  for (const std::string_view text : NO_PATTERNS) {
    std::string problem;
    CAPTURE(text);
    CHECK_FALSE(parseUrlPattern(text, problem).has_value());
    CHECK_FALSE(problem.empty());
  }
}

TEST_CASE("a port is left out where the scheme is known to mean it, and nowhere else") {
  CHECK(Url{"https", "e.com", 443, "/", {}}.origin() == "https://e.com");
  CHECK(Url{"https", "e.com", 80, "/", {}}.origin() == "https://e.com:80");
  CHECK(Url{"gopher", "e.com", 443, "/", {}}.origin() == "gopher://e.com:443");
}

TEST_CASE("a URL of hostile length is refused") {
  std::string problem;
  CHECK_FALSE(parseUrl("https://e.com/" + std::string(5'000'000, 'a'), problem).has_value());
  CHECK_FALSE(parseUrl("https://" + std::string(4'000, 'a') + "/", problem).has_value());
}

}  // namespace
