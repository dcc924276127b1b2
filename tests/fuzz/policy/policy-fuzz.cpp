// What an app and an admin write, and what is compared with it: capability files, the admin's
// files, app.json, and patterns of paths, addresses, links and windows with what they are asked
// about. The first byte says which; a pattern and what it is asked about stand on a line each.
#include <kj/debug.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/daemon/app-file.h"
#include "capabilities/capability.h"
#include "capabilities/catalogue.h"
#include "capabilities/link.h"
#include "capabilities/path-pattern.h"
#include "capabilities/policy.h"
#include "capabilities/strict-json.h"
#include "capabilities/url.h"
#include "capabilities/window-pattern.h"

using namespace sallyport;
using namespace sallyport::capabilities;

namespace {

const Catalogue& catalogue() {
  static const Catalogue all = [] {
    auto made = Catalogue::create({{"cmd_read", "fs", ScopeKind::PATH},
                                   {"cmd_fetch", "http", ScopeKind::URL},
                                   {"cmd_open", "opener", ScopeKind::LINK},
                                   {"cmd_plain", "core", ScopeKind::NONE},
                                   {"evt_changed", "core", ScopeKind::NONE}},
                                  {});
    return std::move(made.value());
  }();
  return all;
}

std::pair<std::string_view, std::string_view> twoLines(std::string_view text) {
  const auto end = std::min(text.find('\n'), text.size());
  return {text.substr(0, end), end == text.size() ? "" : text.substr(end + 1)};
}

// What is wrong has a place and a sentence.
void checkDiagnostics(const Diagnostics& wrong) {
  KJ_ASSERT(!wrong.empty());
  for (const auto& one : wrong.list) KJ_ASSERT(!one.message.empty());
}

void capabilityFile(std::string_view text) {
  const auto parsed = parseCapability("fuzz.json", text);
  if (parsed.has_error()) return checkDiagnostics(parsed.error());
  const std::vector<std::string> windows{"main", "side", "hostile-1"};
  const auto policy = resolve(catalogue(), windows, {*parsed});
  if (policy.has_error()) return checkDiagnostics(policy.error());
  // Nothing for a window that nobody names.
  for (CommandId id{}; static_cast<std::size_t>(id) < catalogue().commands().size();
       id = static_cast<CommandId>(static_cast<std::size_t>(id) + 1))
    KJ_ASSERT(decide(policy->grants("nobody", "app"), id).verdict != Verdict::ALLOWED);
}

// An admin's file never gives anything.
void adminFile(std::string_view text) {
  const auto parsed = parseAdminPolicy("fuzz.json", text);
  if (parsed.has_error()) return checkDiagnostics(parsed.error());
  const auto policy = resolve(catalogue(), {"main"}, {}, {*parsed});
  if (policy.has_error()) return checkDiagnostics(policy.error());
  for (CommandId id{}; static_cast<std::size_t>(id) < catalogue().commands().size();
       id = static_cast<CommandId>(static_cast<std::size_t>(id) + 1))
    KJ_ASSERT(decide(policy->grants("main", "app"), id).verdict != Verdict::ALLOWED);
}

void appFile(std::string_view text) {
  const auto parsed = daemon::parseAppFile("app.json", text);
  if (parsed.has_error()) return checkDiagnostics(parsed.error());
  KJ_ASSERT(!parsed->windows.empty());
  for (const auto& window : parsed->windows) KJ_ASSERT(isWindowLabel(window.label));
}

void path(std::string_view text) {
  static const PathVariables VARIABLES{{"$APPDATA", "/data"}};
  const auto [written, asked] = twoLines(text);
  PathPattern pattern;
  std::string problem;
  if (!parsePathPattern(written, pattern, problem)) {
    KJ_ASSERT(!problem.empty());
    return;
  }
  const auto matched = matchPath(pattern, asked, VARIABLES, HiddenNames::WRITTEN);
  if (matched != PathMatch::YES) return;
  std::vector<std::string_view> names;
  KJ_ASSERT(splitPath(asked, names), "matched a path that has two readings");
  KJ_ASSERT(written.find('*') != std::string_view::npos || !pattern.variable.empty() ||
            written == asked);
  // A hidden name that matches is written in the pattern with its dot.
  const auto isHidden = [](const auto& name) { return std::string_view(name).starts_with('.'); };
  KJ_ASSERT(std::none_of(names.begin(), names.end(), isHidden) ||
            std::any_of(pattern.segments.begin(), pattern.segments.end(), isHidden));
  KJ_ASSERT(matchPath(pattern, asked, VARIABLES, HiddenNames::COVERED) == PathMatch::YES);
}

void address(std::string_view text) {
  const auto [written, asked] = twoLines(text);
  std::string problem;
  const auto url = parseUrl(asked, problem);
  if (url) {
    const auto again = parseUrl(url->text(), problem);
    KJ_ASSERT(again.has_value() && again->text() == url->text(), "two spellings");
    KJ_ASSERT(again->host == url->host && again->port == url->port);
    KJ_ASSERT(url->host.find_first_of("@/\\?# ") == std::string::npos);
  }
  const auto pattern = parseUrlPattern(written, problem);
  if (!pattern || !url || !matchUrl(*pattern, *url)) return;
  KJ_ASSERT(pattern->scheme == url->scheme && pattern->port == url->port);
  KJ_ASSERT(url->host.ends_with(pattern->host));
}

void link(std::string_view text) {
  const auto [written, asked] = twoLines(text);
  std::string problem;
  const auto pattern = parseLinkPattern(written, problem);
  const auto one = parseLink(asked, problem);
  if (!pattern || !one) return;
  KJ_ASSERT(!matchLink(*pattern, *one, nullptr) || pattern->scheme == one->scheme);
}

void window(std::string_view text) {
  const auto [written, asked] = twoLines(text);
  if (!windowPatternProblem(written).empty() || !isWindowLabel(asked)) return;
  KJ_ASSERT(!matchesWindow(written, asked) || written.find('*') != std::string_view::npos ||
            written == asked);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (static_cast<std::uint8_t>(data[0] - '0') % 7) {
    case 0:
      capabilityFile(text);
      break;
    case 1:
      adminFile(text);
      break;
    case 2:
      appFile(text);
      break;
    case 3:
      path(text);
      break;
    case 4:
      address(text);
      break;
    case 5:
      link(text);
      break;
    default:
      window(text);
  }
  return 0;
}
