// Links that leave the app: what a page asks the desktop to open with the user's own programs.
// https, mailto, and schemes that the app names; one spelling for each, and no file, no script and
// nothing that a desktop runs. Pure; the text is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/url.h"

namespace sallyport::capabilities {

constexpr std::size_t MAX_LINK_BYTES = 4096;
constexpr std::size_t MAX_SCHEME_BYTES = 32;
constexpr std::size_t MAX_RECIPIENTS = 16;

struct Link {
  std::string scheme;  // lower case
  std::string text;  // the one spelling, as it is handed on: begins with a letter, printable ASCII
  std::optional<Url> url;               // of https
  std::vector<std::string> recipients;  // of mailto, all of them: "name@example.com"
};

// Nothing, with a fixed sentence in `problem`, for: every scheme but https, mailto and what
// isNameableScheme() knows; what parseUrl() refuses; in mailto a field other than to, cc, bcc,
// subject, body and in-reply-to (an `attach` would take the user's files along), one twice, more
// recipients than MAX_RECIPIENTS, a control character, an address with quotes or escapes of its
// own; in the others a control character, also an escaped one.
std::optional<Link> parseLink(std::string_view text, std::string& problem);

// Whether an app may name this scheme as one of its own: neither https nor mailto, and none that
// means files, scripts, this machine, another host's files or screen, or a terminal.
bool isNameableScheme(std::string_view scheme);

struct LinkPattern {
  std::string scheme;
  std::optional<UrlPattern> url;  // https: where to
  std::string mailbox;            // mailto: "name", lower case: of any case; empty: any
  std::string host;               // mailto: "example.com"; empty: any, also a link to nobody
};

// "https://example.com/docs/**" and all that a URL pattern may be; "mailto:*@example.com",
// "mailto:help@example.com"; "https:*", "mailto:*", "bitcoin:*": every link of the scheme.
std::optional<LinkPattern> parseLinkPattern(std::string_view text, std::string& problem);

// recipient: one of link.recipients, each of which is asked for; null for a link without any.
bool matchLink(const LinkPattern& pattern, const Link& link, const std::string* recipient);

}  // namespace sallyport::capabilities
