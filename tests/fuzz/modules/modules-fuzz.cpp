// What the modules read of a page, a server and a desktop beyond JSON: paths, the target of a
// redirect, xdg-user-dirs, bytes that may be text, and links. The first byte says which.
#include <kj/debug.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/commands/modules/path/written-path.h"
#include "broker/daemon/page-http.h"
#include "broker/files/location.h"
#include "broker/files/standard-folders.h"
#include "broker/files/text.h"
#include "capabilities/link.h"

using namespace sallyport;

namespace {

const capabilities::PathVariables VARIABLES{{"$APPDATA", "/nonexistent/data"},
                                            {"$HOME", "/nonexistent"}};

bool isPlain(std::string_view path) {
  std::vector<std::string_view> segments;
  return capabilities::splitPath(path, segments);
}

// Whatever is found lies beneath what the scope writes.
void path(std::string_view text) {
  const auto plain = commands::path::plainPath("path", text, VARIABLES);
  if (plain.has_error()) return;
  KJ_ASSERT(isPlain(*plain));
  capabilities::Scope scope;
  capabilities::ScopePattern pattern;
  std::string problem;
  KJ_ASSERT(capabilities::parseScopePattern(capabilities::ScopeKind::PATH,
                                            capabilities::ScopeSide::ALLOW,
                                            "/usr/share/**",
                                            pattern,
                                            problem));
  scope.allow.push_back({"/usr/share/**", std::move(pattern)});
  const files::Places places{VARIABLES, {}, {}};
  const auto found = files::locate({scope, places}, "path", text);
  if (found.has_error()) return;
  KJ_ASSERT(found->path.starts_with("/usr/share/"));
  KJ_ASSERT(found->name.find('/') == std::string::npos);
}

// A redirect that is followed is a URL that every reader reads in one way.
void redirect(std::string_view location) {
  std::string problem;
  const auto from = *capabilities::parseUrl("https://a.example/dir/page?q", problem);
  const auto next = capabilities::parseUrl(daemon::redirectTarget(from, location), problem);
  if (!next) return;
  const auto again = capabilities::parseUrl(next->text(), problem);
  KJ_ASSERT(again.has_value() && again->text() == next->text(), next->text().c_str(), problem);
}

void userDirs(std::string_view text) {
  for (const auto& [name, value] : files::parseUserDirs(text, "/home/anna"))
    KJ_ASSERT(isPlain(value));
}

// A link that is handed on has one spelling, which is an option or a file to nobody.
void link(std::string_view text) {
  std::string problem;
  const auto one = capabilities::parseLink(text, problem);
  if (!one) return;
  KJ_ASSERT(one->text.starts_with(one->scheme + ":") && one->scheme != "file");
  for (const char c : one->text)
    KJ_ASSERT(c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '`');
  const auto again = capabilities::parseLink(one->text, problem);
  KJ_ASSERT(again.has_value() && again->text == one->text);
  KJ_ASSERT(again->recipients == one->recipients);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (static_cast<std::uint8_t>(data[0] - '0') % 5) {
    case 0:
      path(text);
      break;
    case 1:
      redirect(text);
      break;
    case 2:
      userDirs(text);
      break;
    case 4:
      link(text);
      break;
    default:
      KJ_ASSERT(!files::isText(text) || text.find('\0') == std::string_view::npos);
  }
  return 0;
}
