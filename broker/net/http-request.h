// One HTTP request as a value, and the rules it must keep before a byte is sent. Runs in net.
// Trusts the broker to choose the server, and nothing that the server answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::net {

enum class Method { GET, POST, PUT, PATCH, DELETE, HEAD };

// Names are HTTP tokens; values have no CR, LF or NUL.
using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  Method method = Method::GET;
  std::string url;  // http or https, no user info, no fragment, at most maxUrlBytes
  Headers headers;
  std::string body;  // at most maxRequestBodyBytes; not with GET and HEAD
  std::chrono::milliseconds deadline{30'000};
  std::size_t maxBytes = 0;  // of the response body
  bool publicOnly = false;   // no connection to an address that is not the public internet's
};

enum class Failure {
  INVALID_REQUEST,
  UNREACHABLE,
  CERTIFICATE,
  DEADLINE,
  TOO_LARGE,
  PROTOCOL,
  FORBIDDEN_ADDRESS
};

struct Response {
  std::uint16_t status = 0;
  Headers headers;  // names in lower case
  std::string body;
};

// The rule that the request breaks (a fixed sentence for the journal), or nothing.
std::optional<std::string> brokenRule(const Request& request);

}  // namespace sallyport::net
