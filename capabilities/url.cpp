// RFC 3986, narrowed to what has one reading. Pure.
#include "capabilities/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "capabilities/path-pattern.h"
#include "capabilities/split.h"
#include "capabilities/utf8.h"

namespace sallyport::capabilities {
namespace {

constexpr std::size_t MAX_HOST_BYTES = 253;
constexpr std::size_t MAX_LABEL_CHARACTERS = 63;

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isHex(char c) { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lower(std::string_view text) {
  std::string all(text);
  std::transform(all.begin(), all.end(), all.begin(), [](char c) { return lower(c); });
  return all;
}

struct Scheme {
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array<Scheme, 4> SCHEMES{{{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}}};

const Scheme* findScheme(std::string_view name) {
  const auto* found = std::find_if(
      SCHEMES.begin(), SCHEMES.end(), [&](const Scheme& scheme) { return scheme.name == name; });
  return found == SCHEMES.end() ? nullptr : found;
}

bool isLabel(std::string_view label) {
  return !label.empty() && label.size() <= MAX_LABEL_CHARACTERS && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return isLetter(c) || isDigit(c) || c == '-';
         });
}

// part: a label.
bool isPlainNumber(std::string_view part) {
  return part.size() <= 3 && std::all_of(part.begin(), part.end(), isDigit) &&
         (part.size() == 1 || part.front() != '0') && std::stoi(std::string(part)) <= 255;
}

// Would any resolver take this for a number? Those look at the last label.
bool looksLikeAddress(std::string_view label) {
  return std::all_of(label.begin(), label.end(), isDigit) || label.starts_with("0x");
}

std::string hostProblem(const std::string& host) {
  if (host.size() > MAX_HOST_BYTES) {
    return "the host is too long";
  }
  const std::vector<std::string_view> labels = split(host, '.');
  if (!std::all_of(labels.begin(), labels.end(), isLabel)) {
    return "the host is not labels of letters, digits and `-` joined by dots";
  }
  if (looksLikeAddress(labels.back()) &&
      (labels.size() != 4 || !std::all_of(labels.begin(), labels.end(), isPlainNumber))) {
    return "an IPv4 address is written as four plain numbers";
  }
  return {};
}

// The shortest form (RFC 5952), or empty.
std::string canonicalIpv6(std::string_view inside) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inside.find('.') != std::string_view::npos ||
      inet_pton(AF_INET6, std::string(inside).c_str(), &address) != 1) {
    return {};
  }
  // Addresses that carry an IPv4 one reach it under another name.
  if (IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address) ||
      (address.s6_addr[0] == 0x00 && address.s6_addr[1] == 0x64 && address.s6_addr[2] == 0xff &&
       address.s6_addr[3] == 0x9b)) {
    return {};
  }
  inet_ntop(AF_INET6, &address, text.data(), text.size());
  return "[" + std::string(text.data()) + "]";
}

std::string portProblem(std::string_view text, std::uint16_t& port) {
  const bool plain = !text.empty() && text.size() <= 5 && text.front() != '0' &&
                     std::all_of(text.begin(), text.end(), isDigit);
  const unsigned long number = plain ? std::stoul(std::string(text)) : 0;
  if (number == 0 || number > 65535) {
    return "a port is a number from 1 to 65535";
  }
  port = static_cast<std::uint16_t>(number);
  return {};
}

bool isUnreserved(unsigned char c) {
  const char letter = static_cast<char>(c);
  return isLetter(letter) || isDigit(letter) || letter == '-' || letter == '.' || letter == '_' ||
         letter == '~';
}

bool isPathCharacter(char c) {
  return isUnreserved(static_cast<unsigned char>(c)) ||
         std::string_view("!$&'()*+,;=:@/").find(c) != std::string_view::npos;
}

// The canonical path, or a problem.
std::string readPath(std::string_view text, std::string& path) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '%') {
      if (!isPathCharacter(c)) {
        return "the path has a character that must be escaped";
      }
      path += c;
      decoded += c;
      continue;
    }
    if (i + 2 >= text.size() || !isHex(text[i + 1]) || !isHex(text[i + 2])) {
      return "a `%` is followed by two hexadecimal digits";
    }
    const auto byte =
        static_cast<unsigned char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
    if (byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\' || byte == '.') {
      return "a dot, slash, backslash or control character is not escaped";
    }
    decoded += static_cast<char>(byte);
    // Also the ones that RFC 3986 keeps apart: servers do not, and a deny must not be spelt around.
    if (isPathCharacter(static_cast<char>(byte))) {
      path += static_cast<char>(byte);
    } else {
      path += '%';
      for (const char digit : text.substr(i + 1, 2)) {
        path += digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit;
      }
    }
    i += 2;
  }
  // In what the escapes stand for: the digits behind one may have been escapes themselves.
  for (std::size_t i = decoded.find('%'); i != std::string::npos; i = decoded.find('%', i + 1)) {
    if (i + 2 < decoded.size() && isHex(decoded[i + 1]) && isHex(decoded[i + 2])) {
      return "an escape is not escaped again";
    }
  }
  if (!isUtf8(decoded)) {
    return "the escapes of the path are not UTF-8";
  }
  if (path.empty()) {
    path = "/";
  }
  for (const std::string_view segment : split(std::string_view(path).substr(1), '/')) {
    if (segment == "." || segment == "..") {
      return "the path has no `.` and no `..`";
    }
  }
  return {};
}

// The parts of a URL as they stand in it.
struct Parts {
  std::string_view scheme, host, port, path, query;
  bool hasPort = false, hasQuery = false, hasFragment = false;
};

std::string splitUrl(std::string_view text, Parts& parts) {
  if (text.size() > MAX_URL_BYTES) {
    return "the URL is longer than 4096 bytes";
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f ||
        std::string_view("\\\"<>^`{|}").find(c) != std::string_view::npos) {
      return "a URL has only printable ASCII, without spaces and any of \\ \" < > ^ ` { | }";
    }
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) {
    return "a URL begins with its scheme and `://`";
  }
  parts.scheme = text.substr(0, colon);
  text.remove_prefix(colon + 3);
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view authority = text.substr(0, end);
  text.remove_prefix(end);
  if (authority.find('@') != std::string_view::npos) {
    return "a URL has no user and no password";
  }
  const std::size_t bracket = authority.find(']');
  const std::size_t port = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parts.host = authority.substr(0, port);
  parts.hasPort = port != std::string_view::npos;
  parts.port = parts.hasPort ? authority.substr(port + 1) : std::string_view();
  if (const std::size_t fragment = text.find('#'); fragment != std::string_view::npos) {
    parts.hasFragment = true;
    text = text.substr(0, fragment);
  }
  if (const std::size_t query = text.find('?'); query != std::string_view::npos) {
    parts.hasQuery = true;
    parts.query = text.substr(query + 1);
    text = text.substr(0, query);
  }
  parts.path = text;
  return {};
}

std::string readHost(std::string_view written, std::string& host) {
  if (written.starts_with('[')) {
    host = written.ends_with(']') ? canonicalIpv6(written.substr(1, written.size() - 2)) : "";
    return host.empty() ? "this is no IPv6 address that is only one" : "";
  }
  host = lower(written);
  return hostProblem(host);
}

}  // namespace

std::string Url::origin() const {
  const Scheme* known = findScheme(scheme);
  return scheme + "://" + host +
         (known != nullptr && known->port == port ? "" : ":" + std::to_string(port));
}

std::string Url::text() const { return origin() + path + (query ? "?" + *query : ""); }

std::optional<Url> parseUrl(std::string_view text, std::string& problem) {
  Parts parts;
  problem = splitUrl(text, parts);
  Url url;
  url.scheme = lower(parts.scheme);
  const Scheme* scheme = findScheme(url.scheme);
  if (problem.empty() && scheme == nullptr) {
    problem = "the scheme is not http, https, ws or wss";
  }
  if (problem.empty()) {
    problem = readHost(parts.host, url.host);
  }
  if (problem.empty()) {
    url.port = scheme->port;
    problem = parts.hasPort ? portProblem(parts.port, url.port) : "";
  }
  if (problem.empty()) {
    problem = readPath(parts.path, url.path);
  }
  if (!problem.empty()) {
    return std::nullopt;
  }
  if (parts.hasQuery) {
    url.query = std::string(parts.query);
  }
  return url;
}

std::optional<UrlPattern> parseUrlPattern(std::string_view text, std::string& problem) {
  Parts parts;
  problem = splitUrl(text, parts);
  if (problem.empty() && (parts.hasQuery || parts.hasFragment)) {
    problem = "a URL pattern has no query and no fragment: they are not compared";
  }
  UrlPattern pattern;
  pattern.scheme = std::string(parts.scheme);
  const Scheme* scheme = findScheme(pattern.scheme);
  if (problem.empty() && scheme == nullptr) {
    problem = "the scheme is not http, https, ws or wss";
  }
  if (problem.empty()) {
    std::string_view host = parts.host;
    if (host.starts_with("**.")) {
      pattern.subdomains = UrlPattern::Subdomains::ANY;
      host.remove_prefix(3);
    } else if (host.starts_with("*.")) {
      pattern.subdomains = UrlPattern::Subdomains::ONE;
      host.remove_prefix(2);
    }
    problem = readHost(host, pattern.host);
    const std::vector<std::string_view> labels = split(pattern.host, '.');
    if (problem.empty() && pattern.subdomains != UrlPattern::Subdomains::NONE &&
        (labels.size() < 2 || looksLikeAddress(labels.back()))) {  // an IPv6 address is one label
      problem = "a wildcard stands before a name of at least two labels";
    }
    pattern.port = scheme->port;
  }
  if (problem.empty() && parts.hasPort) {
    problem = portProblem(parts.port, pattern.port);
  }
  std::string path;
  if (problem.empty() && lower(parts.path).find("%2a") != std::string::npos) {
    problem = "an escaped `*` is not offered in a URL pattern";
  }
  if (problem.empty()) {
    problem = readPath(parts.path, path);
  }
  if (!problem.empty()) {
    return std::nullopt;
  }
  pattern.anyPath = parts.path.empty();
  if (!pattern.anyPath) {
    for (const std::string_view segment : split(std::string_view(path).substr(1), '/')) {
      if (segment != "**" && segment.find("**") != std::string_view::npos) {
        problem = "`**` stands alone between slashes";
        return std::nullopt;
      }
      pattern.segments.emplace_back(segment);
    }
  }
  return pattern;
}

bool matchUrl(const UrlPattern& pattern, const Url& url) {
  if (pattern.scheme != url.scheme || pattern.port != url.port) {
    return false;
  }
  if (pattern.subdomains == UrlPattern::Subdomains::NONE) {
    if (pattern.host != url.host) {
      return false;
    }
  } else {
    const std::string_view host = url.host;
    const std::string suffix = "." + pattern.host;
    if (!host.ends_with(suffix)) {  // no host begins with a dot, so there is a label before it
      return false;
    }
    const std::string_view labels = host.substr(0, host.size() - suffix.size());
    if (pattern.subdomains == UrlPattern::Subdomains::ONE &&
        labels.find('.') != std::string_view::npos) {
      return false;
    }
  }
  return pattern.anyPath ||
         // Whether a name begins with a dot means nothing to a server.
         matchSegments(pattern.segments,
                       split(std::string_view(url.path).substr(1), '/'),
                       HiddenNames::COVERED);
}

}  // namespace sallyport::capabilities
