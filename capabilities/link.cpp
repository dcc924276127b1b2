// RFC 3986 and RFC 6068, narrowed to what has one reading. Pure.
#include "capabilities/link.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "capabilities/split.h"
#include "capabilities/utf8.h"

namespace sallyport::capabilities {
namespace {

constexpr std::string_view HTTPS = "https", MAILTO = "mailto";

// What these open is on this machine or another's disk or screen, runs, or is typed into a
// terminal. `http` is among them: what goes over the wire in the clear is anybody's to change.
constexpr auto NEVER = std::to_array<std::string_view>(
    {"about",    "admin",    "afc",         "afp",        "app",        "appstream", "apt",
     "archive",  "blob",     "burn",        "cdda",       "cifs",       "jnlp",      "jnlps",
     "rdp",      "smbs",     "spice",       "chrome",     "cid",        "computer",  "dav",
     "davs",     "data",     "dns",         "file",       "filesystem", "fish",      "ftp",
     "ftps",     "ghelp",    "gopher",      "gphoto2",    "help",       "http",      "info",
     "intent",   "jar",      "javascript",  "livescript", "man",        "mhtml",     "mk",
     "mtp",      "network",  "nfs",         "obex",       "qrc",        "recent",    "res",
     "resource", "rlogin",   "rsync",       "search",     "sftp",       "shell",     "smb",
     "snap",     "ssh",      "starred",     "svn",        "telnet",     "tftp",      "tn3270",
     "trash",    "vbscript", "view-source", "vnc",        "webdav",     "ws",        "wss"});

// What office programs and systems call their own: commands, macros, settings, documents.
constexpr auto NEVER_BEGINS = std::to_array<std::string_view>({"ms-", "vnd."});

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isSmall(char c) { return c >= 'a' && c <= 'z'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lower(std::string_view text) {
  std::string all(text);
  std::transform(all.begin(), all.end(), all.begin(), [](char c) { return lower(c); });
  return all;
}

int hexValue(char c) {
  if (isDigit(c)) {
    return c - '0';
  }
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// The bytes behind the escapes; nothing for a `%` without its two digits.
std::optional<std::string> unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hexValue(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hexValue(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    bytes += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return bytes;
}

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string escape(std::string_view bytes) {
  constexpr std::string_view HEX = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    const char small = lower(c);
    if (isSmall(small) || isDigit(c) ||
        std::string_view("-._~@").find(c) != std::string_view::npos) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += '%';
      text += HEX[byte >> 4U];
      text += HEX[byte & 0xfU];
    }
  }
  return text;
}

// As parseUrl() reads a host. Empty when it is none.
std::string readHost(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return isSmall(lower(c)) || isDigit(c) || c == '.' || c == '-';
  });
  std::string ignored;
  const std::optional<Url> url =
      plain ? parseUrl("https://" + std::string(text), ignored) : std::nullopt;
  return url ? url->host : "";
}

bool isMailbox(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && name.front() != '-' &&
         name.back() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
           return isSmall(lower(c)) || isDigit(c) ||
                  std::string_view("._+=~-").find(c) != std::string_view::npos;
         });
}

// "Name@Example.com" as "Name@example.com"; empty when it is no plain address.
std::string readAddress(std::string_view written) {
  const std::optional<std::string> text = unescape(written);
  const std::size_t at = text ? text->find('@') : std::string::npos;
  if (at == std::string::npos || !isMailbox(std::string_view(*text).substr(0, at))) {
    return {};
  }
  const std::string host = readHost(std::string_view(*text).substr(at + 1));
  return host.empty() ? "" : text->substr(0, at) + "@" + host;
}

// Adds the addresses of this list; the list in its one spelling.
std::string readAddresses(std::string_view list, Link& link, std::string& problem) {
  std::string text;
  for (const std::string_view written : split(list, ',')) {
    const std::string address = readAddress(written);
    if (address.empty()) {
      problem = "a recipient is a plain address, such as name@example.com";
    } else if (link.recipients.size() == MAX_RECIPIENTS) {
      problem = "a mail has at most 16 recipients";
    }
    if (!problem.empty()) {
      return {};
    }
    link.recipients.push_back(address);
    text += (text.empty() ? "" : ",") + escape(address);
  }
  return text;
}

enum class Lines { ONE, MANY };

// What a field of a mail says, in its one spelling.
std::string readText(std::string_view written, Lines lines, std::string& problem) {
  const std::optional<std::string> text = unescape(written);
  if (!text || !isUtf8(*text)) {
    problem = "the escapes are not UTF-8";
    return {};
  }
  std::string plain;
  for (std::size_t i = 0; i < text->size(); ++i) {
    const char c = (*text)[i];
    const bool pair = c == '\r' && i + 1 < text->size() && (*text)[i + 1] == '\n';
    if (lines == Lines::MANY && (pair || c == '\n')) {
      plain += "\r\n";
      i += pair ? 1 : 0;
    } else if (isControl(c) && !(lines == Lines::MANY && c == '\t')) {
      problem = "a link has no control characters, and a subject has one line";
      return {};
    } else {
      plain += c;
    }
  }
  return escape(plain);
}

std::string readField(std::string_view field, Link& link, std::vector<std::string>& seen) {
  const std::size_t equals = field.find('=');
  if (equals == std::string_view::npos) {
    return "a field of a mail is a name, `=` and what it says";
  }
  const std::string name = lower(field.substr(0, equals));
  const std::string_view value = field.substr(equals + 1);
  if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
    return "a field of a mail is given twice";
  }
  std::string problem, text;
  if (name == "to" || name == "cc" || name == "bcc") {
    text = readAddresses(value, link, problem);
  } else if (name == "subject" || name == "in-reply-to") {
    text = readText(value, Lines::ONE, problem);
  } else if (name == "body") {
    text = readText(value, Lines::MANY, problem);
  } else {
    problem = "a mail has to, cc, bcc, subject, body and in-reply-to, and no other fields";
  }
  link.text += (seen.empty() ? "?" : "&") + name + "=" + text;
  seen.push_back(name);
  return problem;
}

std::string readMail(std::string_view rest, Link& link) {
  if (rest.find('#') != std::string_view::npos) {
    return "a mail has no fragment";
  }
  std::string problem;
  const std::size_t mark = rest.find('?');
  link.text = std::string(MAILTO) + ":";
  if (const std::string_view to = rest.substr(0, mark); !to.empty()) {
    link.text += readAddresses(to, link, problem);
  }
  std::vector<std::string> seen;
  if (mark != std::string_view::npos) {
    for (const std::string_view field : split(rest.substr(mark + 1), '&')) {
      if (problem.empty()) {
        problem = readField(field, link, seen);
      }
    }
  }
  return problem;
}

// Of a scheme that this project does not know more about.
std::string readOther(std::string_view rest, Link& link) {
  const std::optional<std::string> bytes = unescape(rest);
  if (!bytes) {
    return "a `%` is followed by two hexadecimal digits";
  }
  if (bytes->empty() || std::any_of(bytes->begin(), bytes->end(), isControl)) {
    return "a link says something, without control characters";
  }
  link.text = link.scheme + ":" + std::string(rest);
  return {};
}

std::string readWeb(std::string_view text, Link& link) {
  std::string problem;
  link.url = parseUrl(text, problem);
  if (!link.url) {
    return problem;
  }
  // A browser is told where on the page; it is not sent to anybody, so it is not compared.
  const std::size_t fragment = text.find('#');
  link.text = link.url->text();
  link.text += fragment == std::string_view::npos ? "" : std::string(text.substr(fragment));
  return {};
}

std::string whatIsWrong(std::string_view text) {
  if (text.size() > MAX_LINK_BYTES) {
    return "the link is longer than 4096 bytes";
  }
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f &&
           std::string_view("\\\"<>^`{|}").find(c) == std::string_view::npos;
  });
  return plain ? ""
               : "a link has only printable ASCII, without spaces and any of \\ \" < > ^ ` { | }";
}

}  // namespace

bool isNameableScheme(std::string_view scheme) {
  return scheme.size() >= 2 && scheme.size() <= MAX_SCHEME_BYTES && isSmall(scheme.front()) &&
         std::all_of(
             scheme.begin(),
             scheme.end(),
             [](char c) { return isSmall(c) || isDigit(c) || c == '+' || c == '-' || c == '.'; }) &&
         scheme != HTTPS && scheme != MAILTO &&
         std::find(NEVER.begin(), NEVER.end(), scheme) == NEVER.end() &&
         std::none_of(NEVER_BEGINS.begin(), NEVER_BEGINS.end(), [&](std::string_view beginning) {
           return scheme.starts_with(beginning);
         });
}

std::optional<Link> parseLink(std::string_view text, std::string& problem) {
  problem = whatIsWrong(text);
  Link link;
  const std::size_t colon = std::min(text.find(':'), text.size());
  link.scheme = lower(text.substr(0, colon));
  if (problem.empty() && colon == text.size()) {
    problem = "a link begins with its scheme and `:`";
  }
  if (problem.empty()) {
    const std::string_view rest = text.substr(colon + 1);
    if (link.scheme == HTTPS) {
      problem = readWeb(text, link);
    } else if (link.scheme == MAILTO) {
      problem = readMail(rest, link);
    } else if (isNameableScheme(link.scheme)) {
      problem = readOther(rest, link);
    } else {
      problem = "no app opens this scheme";
    }
  }
  if (problem.empty() && link.text.size() > MAX_LINK_BYTES) {
    problem = "the link is longer than 4096 bytes";
  }
  if (!problem.empty()) {
    return std::nullopt;
  }
  return link;
}

std::optional<LinkPattern> parseLinkPattern(std::string_view text, std::string& problem) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  LinkPattern pattern{std::string(text.substr(0, colon)), {}, {}, {}};
  const bool known =
      pattern.scheme == HTTPS || pattern.scheme == MAILTO || isNameableScheme(pattern.scheme);
  if (!known || colon == text.size()) {
    problem = "a link pattern begins with https, mailto or a scheme that an app may name, and `:`";
    return std::nullopt;
  }
  const std::string_view rest = text.substr(colon + 1);
  if (rest == "*") {
    return pattern;
  }
  if (pattern.scheme == HTTPS) {
    pattern.url = parseUrlPattern(text, problem);
    return pattern.url ? std::optional(pattern) : std::nullopt;
  }
  const std::size_t at = rest.find('@');
  if (pattern.scheme == MAILTO && at != std::string_view::npos) {
    const std::string_view mailbox = rest.substr(0, at);
    pattern.mailbox = mailbox == "*" ? "" : lower(mailbox);
    pattern.host = readHost(rest.substr(at + 1));
    if (!pattern.host.empty() && (mailbox == "*" || isMailbox(mailbox))) {
      return pattern;
    }
  }
  problem = pattern.scheme == MAILTO
                ? "a mailto pattern is `mailto:*`, `mailto:*@example.com` or one address"
                : "a pattern of this scheme is the scheme and `:*`";
  return std::nullopt;
}

bool matchLink(const LinkPattern& pattern, const Link& link, const std::string* recipient) {
  if (pattern.scheme != link.scheme) {
    return false;
  }
  if (pattern.url) {
    return link.url && matchUrl(*pattern.url, *link.url);
  }
  if (pattern.host.empty()) {
    return true;
  }
  if (recipient == nullptr) {
    return false;
  }
  const std::size_t at = recipient->rfind('@');
  return recipient->substr(at + 1) == pattern.host &&
         (pattern.mailbox.empty() || lower(recipient->substr(0, at)) == pattern.mailbox);
}

}  // namespace sallyport::capabilities
