#include "capabilities/scope.h"

#include <algorithm>
#include <utility>

namespace sallyport::capabilities {
namespace {

constexpr std::size_t MAX_COMMAND_NAME = 64;

bool isCommandName(std::string_view text) {
  return !text.empty() && text.size() <= MAX_COMMAND_NAME && text.front() != '-' &&
         text.front() != '.' &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-") ==
             std::string_view::npos;
}

bool parsePath(ScopeSide side, std::string_view text, ScopePattern& pattern, std::string& problem) {
  PathPattern path;
  if (!parsePathPattern(text, path, problem)) {
    return false;
  }
  if (side == ScopeSide::ALLOW && isPlaceless(path)) {
    problem = "an allow begins with a written folder or a variable: it would match the whole disk";
    return false;
  }
  pattern = std::move(path);
  return true;
}

}  // namespace

std::string_view scopeKindName(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::PATH:
      return "path";
    case ScopeKind::URL:
      return "url";
    case ScopeKind::COMMAND:
      return "command";
    case ScopeKind::LINK:
      return "link";
    case ScopeKind::NONE:
      break;
  }
  return "";
}

bool parseScopePattern(ScopeKind kind,
                       ScopeSide side,
                       std::string_view text,
                       ScopePattern& pattern,
                       std::string& problem) {
  switch (kind) {
    case ScopeKind::PATH:
      return parsePath(side, text, pattern, problem);
    case ScopeKind::URL:
      if (std::optional<UrlPattern> url = parseUrlPattern(text, problem)) {
        pattern = std::move(*url);
        return true;
      }
      return false;
    case ScopeKind::COMMAND:
      if (isCommandName(text)) {
        pattern = CommandPattern{std::string(text)};
        return true;
      }
      problem = "a command is a program's name of letters, digits and `._+-`, without a slash";
      return false;
    case ScopeKind::LINK:
      if (std::optional<LinkPattern> link = parseLinkPattern(text, problem)) {
        pattern = std::move(*link);
        return true;
      }
      return false;
    case ScopeKind::NONE:
      break;
  }
  problem = "there is no scope of this kind";
  return false;
}

const PathPattern* allowingPath(const Scope& scope,
                                std::string_view path,
                                const PathVariables& variables) {
  const auto matches = [&](const ScopeEntry& entry, HiddenNames hidden) {
    const PathPattern* one = std::get_if<PathPattern>(&entry.pattern);
    return one == nullptr ? PathMatch::NO : matchPath(*one, path, variables, hidden);
  };
  for (const ScopeEntry& entry : scope.deny)
    if (matches(entry, HiddenNames::COVERED) != PathMatch::NO) return nullptr;
  for (const ScopeEntry& entry : scope.allow)
    if (matches(entry, HiddenNames::WRITTEN) == PathMatch::YES)
      return std::get_if<PathPattern>(&entry.pattern);
  return nullptr;
}

bool permitsPath(const Scope& scope, std::string_view path, const PathVariables& variables) {
  return allowingPath(scope, path, variables) != nullptr;
}

bool permitsUrl(const Scope& scope, const Url& url) {
  const auto matches = [&](const ScopeEntry& entry) {
    const UrlPattern* one = std::get_if<UrlPattern>(&entry.pattern);
    return one != nullptr && matchUrl(*one, url);
  };
  return std::none_of(scope.deny.begin(), scope.deny.end(), matches) &&
         std::any_of(scope.allow.begin(), scope.allow.end(), matches);
}

bool permitsCommand(const Scope& scope, std::string_view name) {
  const auto matches = [&](const ScopeEntry& entry) {
    const CommandPattern* one = std::get_if<CommandPattern>(&entry.pattern);
    return one != nullptr && one->name == name;
  };
  return std::none_of(scope.deny.begin(), scope.deny.end(), matches) &&
         std::any_of(scope.allow.begin(), scope.allow.end(), matches);
}

bool permitsLink(const Scope& scope, const Link& link) {
  const auto permits = [&](const std::string* recipient) {
    const auto matches = [&](const ScopeEntry& entry) {
      const LinkPattern* one = std::get_if<LinkPattern>(&entry.pattern);
      return one != nullptr && matchLink(*one, link, recipient);
    };
    return std::none_of(scope.deny.begin(), scope.deny.end(), matches) &&
           std::any_of(scope.allow.begin(), scope.allow.end(), matches);
  };
  if (link.recipients.empty()) {
    return permits(nullptr);
  }
  return std::all_of(link.recipients.begin(),
                     link.recipients.end(),
                     [&](const std::string& recipient) { return permits(&recipient); });
}

}  // namespace sallyport::capabilities
