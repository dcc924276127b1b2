// The rules of net.capnp for a request. Runs in net.
#include "broker/net/http-request.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "proto/net.capnp.h"

namespace sallyport::net {
namespace {

struct CurlFree {
  void operator()(char* text) const { curl_free(text); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlText = std::unique_ptr<char, CurlFree>;

CurlText part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return nullptr;
  return CurlText(text);
}

// RFC 9110, section 5.6.2.
bool isToken(const std::string& name) {
  constexpr std::string_view MARKS = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           MARKS.find(c) != std::string_view::npos;
  });
}

// RFC 9110, section 5.5: visible characters, space and tab.
bool isFieldValue(const std::string& value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

// Set by the transfer itself, or able to smuggle a second request past a server in front.
bool isReserved(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  constexpr std::string_view RESERVED[] = {"host",
                                           "content-length",
                                           "transfer-encoding",
                                           "connection",
                                           "expect",
                                           "upgrade",
                                           "te",
                                           "trailer",
                                           "keep-alive",
                                           "proxy-connection"};
  return std::find(std::begin(RESERVED), std::end(RESERVED), name) != std::end(RESERVED);
}

std::optional<std::string> brokenUrlRule(const std::string& text) {
  if (text.size() > proto::MAX_URL_BYTES) return "url: longer than the limit";
  if (std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\';
      }))
    return "url: control character, space or backslash";
  std::unique_ptr<CURLU, CurlFree> url(curl_url());
  if (!url ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK)
    return "url: not an absolute URL without user info";
  auto scheme = part(url.get(), CURLUPART_SCHEME);
  if (!scheme ||
      (std::string_view(scheme.get()) != "http" && std::string_view(scheme.get()) != "https"))
    return "url: scheme is not http or https";
  if (part(url.get(), CURLUPART_FRAGMENT)) return "url: has a fragment";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> brokenRule(const Request& request) {
  if (auto broken = brokenUrlRule(request.url)) return broken;
  if (request.headers.size() > proto::MAX_RESPONSE_HEADERS) return "headers: too many";
  for (const auto& [name, value] : request.headers) {
    if (!isToken(name) || isReserved(name)) return "headers: a name is not a token, or is reserved";
    if (!isFieldValue(value)) return "headers: a value has a control character";
  }
  const bool bodiless = request.method == Method::GET || request.method == Method::HEAD;
  if (bodiless && !request.body.empty()) return "body: not with GET and HEAD";
  if (request.body.size() > proto::MAX_REQUEST_BODY_BYTES) return "body: longer than the limit";
  return std::nullopt;
}

}  // namespace sallyport::net
