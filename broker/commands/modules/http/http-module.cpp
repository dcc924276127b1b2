// cmd_fetch_url. Runs in the broker.
#include "broker/commands/modules/http/http-module.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sallyport::commands::http {
namespace {

// What speaks of the connection, of who asks, or of cookies: not a page's to say.
constexpr std::array<std::string_view, 16> RESERVED{"accept-charset",
                                                    "accept-encoding",
                                                    "connection",
                                                    "content-length",
                                                    "cookie",
                                                    "cookie2",
                                                    "date",
                                                    "expect",
                                                    "host",
                                                    "keep-alive",
                                                    "origin",
                                                    "referer",
                                                    "te",
                                                    "trailer",
                                                    "transfer-encoding",
                                                    "upgrade"};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool isToken(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
  });
}

bool isValue(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

std::optional<Error> wrongHeaders(const std::optional<std::vector<HttpHeader>>& headers) {
  const auto wrong = [](const char* what) { return Error{Code::INVALID_ARGUMENT, what}; };
  if (!headers) return std::nullopt;
  if (headers->size() > MAX_HEADERS) return wrong("headers: more than 32");
  for (const auto& [name, value] : *headers) {
    if (name.size() + value.size() > MAX_HEADER_BYTES)
      return wrong("headers: more than 4096 bytes");
    if (!isToken(name) || !isValue(value))
      return wrong("headers: expected names of letters, digits, `-`, `_`, `.`, and one line each");
    const std::string plain = lower(name);
    if (std::find(RESERVED.begin(), RESERVED.end(), plain) != RESERVED.end() ||
        plain.starts_with("sec-") || plain.starts_with("proxy-"))
      return wrong("headers: one of them is not a page's to set");
  }
  return std::nullopt;
}

std::optional<Error> outside(const char* field, std::optional<std::int32_t> value, int most) {
  if (!value || (*value >= 1 && *value <= most)) return std::nullopt;
  return Error{Code::INVALID_ARGUMENT,
               std::string(field) + ": expected 1 to " + std::to_string(most)};
}

std::optional<Error> wrongBody(const FetchUrl& what) {
  if (!what.body && !what.bytes) return std::nullopt;
  if (what.body && what.bytes)
    return Error{Code::INVALID_ARGUMENT, "bytes: not together with body"};
  const std::string field = what.body ? "body" : "bytes";
  if ((what.body ? what.body->size() : what.bytes->value.size()) > MAX_BODY_BYTES)
    return Error{Code::TOO_LARGE,
                 field + ": more than " + std::to_string(MAX_BODY_BYTES) + " bytes"};
  const auto method = what.method.value_or(HttpMethod::GET);
  if (method == HttpMethod::GET || method == HttpMethod::HEAD)
    return Error{Code::INVALID_ARGUMENT, field + ": not with get and head"};
  return std::nullopt;
}

std::optional<Error> whatIsWrong(const FetchUrl& what) {
  if (auto wrong = wrongHeaders(what.headers)) return wrong;
  if (auto wrong = outside("timeoutSeconds", what.timeoutSeconds, MAX_TIMEOUT_SECONDS))
    return wrong;
  if (auto wrong = outside("maxAnswerBytes", what.maxAnswerBytes, MAX_ANSWER_BYTES)) return wrong;
  return wrongBody(what);
}

}  // namespace

Module makeModule(Host& host) {
  Module module{"http", "Servers within the grant's scope."};
  // Each hop of a redirect has the whole time; the command's own deadline bounds their sum.
  module.add("cmd_fetch_url",
             "Sends a request to a server in the grant's scope and gives its answer, at most 512 "
             "KiB of text or bytes.",
             [&host](const Caller& caller, FetchUrl what) -> kj::Promise<Result<HttpAnswer>> {
               if (auto wrong = whatIsWrong(what)) return Result<HttpAnswer>(std::move(*wrong));
               return host.fetch(caller, std::move(what));
             },
             {.deadline = std::chrono::seconds(MAX_TIMEOUT_SECONDS + 5),
              .scope = capabilities::ScopeKind::URL});
  return module;
}

}  // namespace sallyport::commands::http
