#include "capabilities/remote-origin.h"

#include <algorithm>

namespace sallyport::capabilities {
namespace {

// Addresses that stand for all that a pattern matches: one label more, and two.
std::vector<Url> samples(const UrlPattern& pattern) {
  std::vector<Url> urls;
  const auto add = [&](const std::string& host) {
    urls.push_back({pattern.scheme, host, pattern.port, "/", {}});
  };
  if (pattern.subdomains == UrlPattern::Subdomains::NONE) add(pattern.host);
  if (pattern.subdomains != UrlPattern::Subdomains::NONE) add("x." + pattern.host);
  if (pattern.subdomains == UrlPattern::Subdomains::ANY) add("x.x." + pattern.host);
  return urls;
}

}  // namespace

std::string_view addressRangeName(AddressRange range) {
  switch (range) {
    case AddressRange::PUBLIC:
      return "public";
    case AddressRange::PRIVATE:
      return "private";
    case AddressRange::LOOPBACK:
      break;
  }
  return "loopback";
}

std::optional<UrlPattern> parseRemoteHost(std::string_view text, std::string& problem) {
  auto pattern = parseUrlPattern(text, problem);
  if (!pattern) return std::nullopt;
  if (pattern->scheme != "https") {
    problem = "a remote origin is reached by https only";
    return std::nullopt;
  }
  if (!pattern->anyPath) {
    problem = "a remote origin is whole hosts, so it has no path";
    return std::nullopt;
  }
  return pattern;
}

bool belongsTo(const RemoteOrigin& origin, const Url& url) {
  return std::any_of(origin.hosts.begin(), origin.hosts.end(), [&](const RemoteHost& host) {
    return matchUrl(host.pattern, url);
  });
}

bool overlap(const UrlPattern& one, const UrlPattern& other) {
  const auto matchesSome = [](const UrlPattern& pattern, const std::vector<Url>& urls) {
    return std::any_of(
        urls.begin(), urls.end(), [&](const Url& url) { return matchUrl(pattern, url); });
  };
  return matchesSome(one, samples(other)) || matchesSome(other, samples(one));
}

}  // namespace sallyport::capabilities
