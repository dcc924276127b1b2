// URLs as the broker reads them: http, https, ws and wss, one spelling for each address, and no
// guess about what another reader might take a strange one for. Everything that parsers are known
// to read in two ways is refused. Pure; the text is hostile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::capabilities {

constexpr std::size_t MAX_URL_BYTES = 4096;

struct Url {
  std::string scheme;      // lower case
  std::string host;        // lower case; an IPv6 address in brackets, in its shortest form
  std::uint16_t port = 0;  // the scheme's own when none is written
  std::string path;        // from its first slash; escapes of plain characters undone, others upper
                           // case
  std::optional<std::string> query;  // as written, without the `?`; takes no part in a comparison

  // The one spelling; a fragment is left out, nobody sends it.
  std::string text() const;
  // "https://example.com" or "https://example.com:8443".
  std::string origin() const;
};

// Nothing, with a fixed sentence in `problem`, for: userinfo, a backslash, white space, a control
// or non-ASCII character, an escape in the host, an escaped dot, slash, backslash or control, a
// doubled escape, `.` and `..` in the path, a host that ends in a dot, IPv4 written in any other
// way than four plain numbers, IPv6 with IPv4 inside or a zone, an empty or zero port.
std::optional<Url> parseUrl(std::string_view text, std::string& problem);

struct UrlPattern {
  std::string scheme;
  std::string host;  // without the wildcard
  enum class Subdomains { NONE, ONE, ANY } subdomains = Subdomains::NONE;
  std::uint16_t port = 0;
  bool anyPath = false;
  std::vector<std::string> segments;
};

// "https://example.com" (every path of it), "https://example.com/api/**", "https://*.example.com"
// (one label more), "https://**.example.com" (one or more). A port that is not written is the
// scheme's own. At least two labels of a host are written.
std::optional<UrlPattern> parseUrlPattern(std::string_view text, std::string& problem);

bool matchUrl(const UrlPattern& pattern, const Url& url);

}  // namespace sallyport::capabilities
