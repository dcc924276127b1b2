// What a grant reaches beyond its command: which paths, URLs, links or programs. Read and checked
// with the capability files, kept on the grant, asked by the framework's modules with the value
// that they are about to use. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "capabilities/link.h"
#include "capabilities/path-pattern.h"
#include "capabilities/url.h"

namespace sallyport::capabilities {

enum class ScopeKind { NONE, PATH, URL, COMMAND, LINK };
// All that a grant may have.
constexpr std::array<ScopeKind, 4> SCOPE_KINDS{
    ScopeKind::PATH, ScopeKind::URL, ScopeKind::COMMAND, ScopeKind::LINK};

// "path", "url", "command", "link"; empty for NONE.
std::string_view scopeKindName(ScopeKind kind);

// The name of a program that the app named, without a slash; no wildcards.
struct CommandPattern {
  std::string name;
};

using ScopePattern = std::variant<PathPattern, UrlPattern, CommandPattern, LinkPattern>;

struct ScopeEntry {
  std::string text;  // as written, for explain
  ScopePattern pattern;
};

// As written in `allow` and `deny`. Whatever is in no allow is out of reach; a deny beats an allow.
// Empty: nothing is in reach.
struct Scope {
  std::vector<ScopeEntry> allow;
  std::vector<ScopeEntry> deny;

  bool empty() const { return allow.empty() && deny.empty(); }
};

enum class ScopeSide { ALLOW, DENY };

// Nothing, with the reason in `problem`, for what is no pattern of this kind, and for an allow
// that names no place.
bool parseScopePattern(ScopeKind kind,
                       ScopeSide side,
                       std::string_view text,
                       ScopePattern& pattern,
                       std::string& problem);

// path: absolute and plain, as it will be opened. A deny whose variable has no value here denies
// everything: what it means to protect is not known.
bool permitsPath(const Scope& scope, std::string_view path, const PathVariables& variables);
// The allow that permits this path, null when none does or a deny matches. It says beneath which
// folder the path is opened.
const PathPattern* allowingPath(const Scope& scope,
                                std::string_view path,
                                const PathVariables& variables);
// Of each hop of a redirect again.
bool permitsUrl(const Scope& scope, const Url& url);
bool permitsCommand(const Scope& scope, std::string_view name);
// Of a mail: every recipient is in reach, and none denied.
bool permitsLink(const Scope& scope, const Link& link);

}  // namespace sallyport::capabilities
