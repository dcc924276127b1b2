#include "broker/net/http-request.h"

#include <doctest/doctest.h>

#include "proto/net.capnp.h"

namespace sallyport::net {
namespace {

Request get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

Request withHeader(std::string name, std::string value) {
  auto request = get("http://host/");
  request.headers.emplace_back(std::move(name), std::move(value));
  return request;
}

void checkBroken(const Request& request, std::string_view start) {
  const auto broken = brokenRule(request);
  REQUIRE_MESSAGE(broken.has_value(), request.url);
  CHECK_MESSAGE(broken->rfind(start, 0) == 0, *broken);
}

TEST_CASE("plain requests keep the rules") {
  for (const char* url : {"http://127.0.0.1:3002/blocks/tip/hash",
                          "https://example.org",
                          "https://example.org:443/a/b?c=d&e=%20f",
                          "http://[::1]:8080/",
                          "HTTPS://example.org/"})
    CHECK_MESSAGE(!brokenRule(get(url)), url);
  CHECK_FALSE(brokenRule(withHeader("X-API-Key", "abc\tdef ~")));
  CHECK_FALSE(brokenRule(withHeader("Accept", "")));
}

TEST_CASE("only http and https URLs with a host are let through") {
  for (const char* url : {"ftp://host/",
                          "file:///etc/passwd",
                          "gopher://host/",
                          "smb://host/",
                          "dict://host/",
                          "unix:///run/x",
                          "javascript:1"})
    checkBroken(get(url), "url: ");
  for (const char* url : {"", "host", "/path", "//host/path", "http://", "http"})
    checkBroken(get(url), "url: ");
  // libcurl reads http:///path as http://path; it is the broker that chooses the server.
  for (const char* url : {"http://host:0x50/", "http://host:99999/", "http://ho st/", "http://["})
    checkBroken(get(url), "url: ");
}

TEST_CASE("user info and fragments are refused") {
  checkBroken(get("http://user@host/"), "url: not an absolute URL without user info");
  checkBroken(get("http://user:secret@host/"), "url: not an absolute URL without user info");
  checkBroken(get("http://@host/"), "url: ");
  checkBroken(get("http://host/#part"), "url: has a fragment");
}

TEST_CASE("nothing in a URL can start another line") {
  for (const char c : {'\r', '\n', '\t', ' ', '\x01', '\x7f', '\\'})
    checkBroken(get("http://host/a" + std::string(1, c) + "b"), "url: control character");
  checkBroken(get(std::string("http://host/\0x", 14)), "url: control character");
}

TEST_CASE("a URL over the limit is refused, one of just that size is not") {
  std::string url = "http://host/";
  url.append(proto::MAX_URL_BYTES - url.size(), 'a');
  CHECK_FALSE(brokenRule(get(url)));
  checkBroken(get(url + "a"), "url: longer");
}

TEST_CASE("a header cannot bring another header or request with it") {
  for (const std::string& value : {std::string("a\r\nX: y"),
                                   std::string("a\nb"),
                                   std::string("a\rb"),
                                   std::string("a\0b", 3),
                                   std::string("\x7f"),
                                   std::string("\x01")})
    checkBroken(withHeader("X-A", value), "headers: a value");
  for (const std::string& name : {std::string(),
                                  std::string("A B"),
                                  std::string("A:"),
                                  std::string("A\r\nB"),
                                  std::string("A\0", 2),
                                  std::string("Ä"),
                                  std::string("(a)")})
    checkBroken(withHeader(name, "x"), "headers: a name");
}

TEST_CASE("headers that the transfer sets itself are refused, however they are written") {
  for (const char* name : {"Host",
                           "host",
                           "HOST",
                           "Content-Length",
                           "Transfer-Encoding",
                           "transfer-encodinG",
                           "Connection",
                           "Expect",
                           "Upgrade",
                           "TE",
                           "Trailer",
                           "Proxy-Connection",
                           "Keep-Alive"})
    checkBroken(withHeader(name, "x"), "headers: a name is not a token, or is reserved");
}

TEST_CASE("counts and sizes have their limits") {
  auto request = get("http://host/");
  request.headers.assign(proto::MAX_RESPONSE_HEADERS, {"X-A", "b"});
  CHECK_FALSE(brokenRule(request));
  request.headers.emplace_back("X-A", "b");
  checkBroken(request, "headers: too many");

  auto post = get("http://host/");
  post.method = Method::POST;
  post.body.assign(proto::MAX_REQUEST_BODY_BYTES, 'x');
  CHECK_FALSE(brokenRule(post));
  post.body += 'x';
  checkBroken(post, "body: longer");
}

TEST_CASE("GET has no body") {
  auto request = get("http://host/");
  request.body = "x";
  checkBroken(request, "body: not with GET");
  request.method = Method::POST;
  CHECK_FALSE(brokenRule(request));
}

}  // namespace
}  // namespace sallyport::net
