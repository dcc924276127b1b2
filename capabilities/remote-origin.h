// A named class of remote pages that a window may show: whole hosts, by https only, and how far
// their addresses may lie. Pure; the urls asked about are hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/grants.h"
#include "capabilities/url.h"

namespace sallyport::capabilities {

// Where a host's addresses may be, each with what comes before it. Link-local, multicast and the
// like are in none.
enum class AddressRange {
  PUBLIC,   // of the internet
  PRIVATE,  // of an organisation: RFC 1918, RFC 6598, fc00::/7
  LOOPBACK  // of this machine
};

// "public", "private", "loopback".
std::string_view addressRangeName(AddressRange range);

struct RemoteHost {
  std::string text;  // as written
  UrlPattern pattern;
  Source at;
};

struct RemoteOrigin {
  std::string name;  // [a-z0-9-]{1,32}, not "app"
  std::vector<RemoteHost> hosts;
  AddressRange addresses = AddressRange::PUBLIC;
  std::vector<std::string> authorities;  // PEM; trusted for these hosts beside the engine's own
};

constexpr std::size_t MAX_REMOTE_HOSTS = 64;        // of one capability
constexpr std::size_t MAX_AUTHORITIES = 8;          // of one capability
constexpr std::size_t MAX_AUTHORITY_BYTES = 8'192;  // of one certificate

// https, no path. Nothing, with a fixed sentence in `problem`, for anything else.
std::optional<UrlPattern> parseRemoteHost(std::string_view text, std::string& problem);

// Whether the page at this address belongs to the class. Its path takes no part.
bool belongsTo(const RemoteOrigin& origin, const Url& url);

// Whether some address could match both.
bool overlap(const UrlPattern& one, const UrlPattern& other);

}  // namespace sallyport::capabilities
