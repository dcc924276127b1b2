// The module `http`: requests to the servers within the scope of the grant, sent by the net
// process. Runs in the broker.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/commands/command.h"
#include "broker/commands/module.h"

namespace sallyport::commands::http {

// Of a body, before base64 when it is bytes: so both fit into what a call and an answer may say.
constexpr std::size_t MAX_BODY_BYTES = 262'144;     // of a request
constexpr std::int32_t MAX_ANSWER_BYTES = 524'288;  // of an answer
constexpr std::size_t MAX_HEADERS = 32;
constexpr std::size_t MAX_HEADER_BYTES = 4'096;  // name and value
constexpr std::int32_t MAX_TIMEOUT_SECONDS = 60;
constexpr int MAX_REDIRECTS = 5;

enum class HttpMethod { GET, POST, PUT, PATCH, DELETE, HEAD };
BOOST_DESCRIBE_ENUM(HttpMethod, GET, POST, PUT, PATCH, DELETE, HEAD)

struct HttpHeader {
  std::string name;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(HttpHeader, (), (name, value))

enum class Redirects { FOLLOW, GIVE };
BOOST_DESCRIBE_ENUM(Redirects, FOLLOW, GIVE)

// What a page wants an answer's body as.
enum class BodyAs { TEXT, BYTES };
BOOST_DESCRIBE_ENUM(BodyAs, TEXT, BYTES)

struct FetchUrl {
  std::string url;
  std::optional<HttpMethod> method;                // absent: GET
  std::optional<std::vector<HttpHeader>> headers;  // none that name the host, the page or the body
  std::optional<std::string> body;                 // of the request: text, or
  std::optional<Bytes> bytes;                      // any bytes; not both
  std::optional<BodyAs> answerAs;                  // absent: TEXT
  std::optional<Redirects> redirects;          // absent: FOLLOW; GIVE: the redirect is the answer
  std::optional<std::int32_t> timeoutSeconds;  // 1 to 60; absent: 30
  std::optional<std::int32_t> maxAnswerBytes;  // 1 to 524288; absent: all of that
};
BOOST_DESCRIBE_STRUCT(
    FetchUrl,
    (),
    (url, method, headers, body, bytes, answerAs, redirects, timeoutSeconds, maxAnswerBytes))

struct HttpAnswer {
  std::int32_t status = 0;
  std::string url;                  // where it came from, after redirects
  std::vector<HttpHeader> headers;  // names in lower case; without cookies
  std::string body;                 // UTF-8; empty when bytes were asked for
  std::optional<Bytes> bytes;       // when they were, as they came
};
BOOST_DESCRIBE_STRUCT(HttpAnswer, (), (status, url, headers, body, bytes))

class Host {
 public:
  virtual ~Host() = default;
  // what is within the limits above. DENIED: the URL, or the target of a redirect, is not in the
  // caller's scope, or a name leads into a private network. UNAVAILABLE: no answer. NOT_SUPPORTED:
  // text was asked for, and the answer is no UTF-8.
  virtual kj::Promise<Result<HttpAnswer>> fetch(const Caller& caller, FetchUrl what) = 0;
};

// The host must outlive the registry.
Module makeModule(Host& host);

}  // namespace sallyport::commands::http
