// Resolution: for each capability the windows it means, for each of those the rows it sets. Pure.
#include "capabilities/policy.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "capabilities/located-json.h"
#include "capabilities/window-pattern.h"

namespace sallyport::capabilities {
namespace {

// Whose file it is: an app grants, an admin only takes away.
enum class Author { APP, ADMIN };

std::string suggestVariable(std::string_view text) {
  return text.starts_with('$') ? suggest(text.substr(0, text.find('/')), pathVariableNames()) : "";
}

template <typename T>
void narrow(std::optional<T>& bound, const std::optional<T>& other) {
  if (other && (!bound || *other < *bound)) {
    bound = other;
  }
}

// Written scopes were checked by then; what does not parse is left out of a refused policy.
std::vector<ScopeEntry> readScope(ScopeKind kind,
                                  ScopeSide side,
                                  const std::vector<WrittenScopeEntry>& written,
                                  Diagnostics* diagnostics) {
  std::vector<ScopeEntry> scope;
  for (const WrittenScopeEntry& entry : written) {
    ScopeEntry read{entry.text.text, {}};
    std::string problem;
    if (entry.kind != ScopeKind::NONE && entry.kind != kind) {
      problem = "this permission takes a scope of `" + std::string(scopeKindName(kind)) + "`";
    } else if (parseScopePattern(kind, side, read.text, read.pattern, problem)) {
      scope.push_back(std::move(read));
    }
    if (!problem.empty() && diagnostics != nullptr) {
      diagnostics->add(
          entry.text.at, problem, kind == ScopeKind::PATH ? suggestVariable(entry.text.text) : "");
    }
  }
  return scope;
}

void reach(Grant& grant, ScopeKind kind, const PermissionUse& use) {
  for (const auto& [side, written, held] :
       {std::tuple(ScopeSide::ALLOW, &use.allow, &grant.scope.allow),
        std::tuple(ScopeSide::DENY, &use.deny, &grant.scope.deny)}) {
    for (ScopeEntry& entry : readScope(kind, side, *written, nullptr)) {
      held->push_back(std::move(entry));
    }
  }
}

void bound(Grant& grant, const PermissionUse& use) {
  narrow(grant.limits.perMinute, use.limits.perMinute);
  narrow(grant.limits.concurrent, use.limits.concurrent);
  narrow(grant.limits.maxBytes, use.limits.maxBytes);
}

// Limits are of calls: an event has none, and takes none from a set that names commands as well.
void allow(Grant& grant, const PermissionUse& use, Author author, bool event) {
  if (author == Author::ADMIN) {
    grant.rules.push_back({Rule::Effect::NARROW, use.identifier.text, use.identifier.at});
  } else {
    grant.rules.push_back({Rule::Effect::ALLOW, use.identifier.text, use.identifier.at});
    if (!grant.allowed) {
      grant.allowed = true;
      grant.allowedAt = use.identifier.at;
    }
  }
  if (!event) {
    bound(grant, use);
  }
}

void deny(Grant& grant, const PermissionUse& use) {
  grant.rules.push_back({Rule::Effect::DENY, use.identifier.text, use.identifier.at});
  if (!grant.denied) {
    grant.denied = true;
    grant.deniedAt = use.identifier.at;
  }
}

bool hasScope(const PermissionUse& use) { return !use.allow.empty() || !use.deny.empty(); }

bool hasLimits(const Limits& limits) {
  return limits.perMinute || limits.concurrent || limits.maxBytes;
}

bool matchesAny(const std::vector<WrittenName>& patterns, std::string_view label) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const WrittenName& pattern) {
    return matchesWindow(pattern.text, label);
  });
}

void checkLabels(const std::vector<std::string>& labels, Diagnostics& diagnostics) {
  std::set<std::string_view> seen;
  for (const std::string& label : labels) {
    if (!isWindowLabel(label)) {
      diagnostics.add(
          {}, "a window label of the app is not 1 to 64 letters, digits, `_`, `-`, `/`, `:`");
    } else if (!seen.insert(label).second) {
      diagnostics.add({}, "the app has two windows with the label `" + label + "`");
    }
  }
}

void checkIdentifiers(const std::vector<Capability>& capabilities, Diagnostics& diagnostics) {
  std::map<std::string_view, const WrittenName*> seen;
  for (const Capability& capability : capabilities) {
    const WrittenName& identifier = capability.identifier;
    const auto [first, isNew] = seen.emplace(identifier.text, &identifier);
    if (!isNew) {
      const Source& other = first->second->at;
      diagnostics.add(identifier.at,
                      "the identifier `" + identifier.text + "` is taken by " + other.file + ":" +
                          std::to_string(other.line),
                      "give every capability an identifier of its own");
    }
  }
}

void checkPatterns(const std::vector<WrittenName>& patterns,
                   const std::vector<std::string>& labels,
                   Diagnostics& diagnostics) {
  for (const WrittenName& pattern : patterns) {
    const auto matches = [&](const std::string& label) {
      return matchesWindow(pattern.text, label);
    };
    if (std::none_of(labels.begin(), labels.end(), matches)) {
      diagnostics.add(pattern.at,
                      "no window of this app can match `" + pattern.text + "`",
                      suggest(pattern.text, {labels.begin(), labels.end()}));
    }
  }
}

// Labels that the capability means; reports patterns without a window.
std::vector<std::string_view> windowsOf(const Capability& capability,
                                        const std::vector<std::string>& labels,
                                        Author author,
                                        Diagnostics& diagnostics) {
  checkPatterns(capability.windows, labels, diagnostics);
  checkPatterns(capability.webviews, labels, diagnostics);
  std::vector<std::string_view> windows;
  const bool byWindow = !capability.windows.empty();
  const bool byWebview = !capability.webviews.empty();
  for (const std::string& label : labels) {
    // A window here has one web view, under the window's own label. With neither given, which only
    // an admin's file may do, all are meant.
    if ((byWindow || byWebview || author == Author::ADMIN) &&
        (!byWindow || matchesAny(capability.windows, label)) &&
        (!byWebview || matchesAny(capability.webviews, label))) {
      windows.push_back(label);
    }
  }
  if (windows.empty() && byWindow && byWebview) {
    diagnostics.add(capability.identifier.at,
                    "no window of this app matches `windows` and `webviews` both");
  }
  return windows;
}

void checkScope(const PermissionUse& use,
                const Permission& permission,
                const Catalogue& catalogue,
                Author author,
                Diagnostics& diagnostics) {
  if (!hasScope(use)) {
    return;
  }
  const std::string quoted = "`" + use.identifier.text + "`";
  const std::optional<ScopeKind> kind = scopeKindOf(catalogue.commands(), permission);
  if (!kind || *kind == ScopeKind::NONE) {
    diagnostics.add(use.identifier.at,
                    quoted + " has no scope that could be enforced",
                    use.deny.empty() ? "remove `allow`" : "remove `allow` and `deny`");
    return;
  }
  if (!permission.allows.empty() && !permission.denies.empty()) {
    diagnostics.add(use.identifier.at,
                    quoted + " allows and denies, so a scope would mean both",
                    "name its permissions one by one");
  }
  if (permission.allows.empty() && !use.allow.empty()) {
    diagnostics.add(
        use.identifier.at, quoted + " only denies, so it has no `allow`", "write it as `deny`");
  }
  if (author == Author::ADMIN && !use.allow.empty()) {
    diagnostics.add(
        use.identifier.at,
        "the `allow` of " + quoted + " would widen, and the admin's policy only narrows",
        "write what is out of reach, as `deny`");
  }
  readScope(*kind, ScopeSide::ALLOW, use.allow, &diagnostics);
  readScope(*kind, ScopeSide::DENY, use.deny, &diagnostics);
}

bool allowsOnlyEvents(const Permission& permission, const Catalogue& catalogue) {
  return std::all_of(permission.allows.begin(), permission.allows.end(), [&](CommandId id) {
    return isEvent(catalogue.commands()[static_cast<std::size_t>(id)]);
  });
}

void checkPermissions(const Capability& capability,
                      const Catalogue& catalogue,
                      Author author,
                      Diagnostics& diagnostics) {
  for (const PermissionUse& use : capability.permissions) {
    const Permission* permission = catalogue.find(use.identifier.text);
    const std::string quoted = "`" + use.identifier.text + "`";
    if (permission == nullptr) {
      catalogue.reportUnknown(use.identifier, diagnostics);
    } else if (permission->allows.empty() && hasLimits(use.limits)) {
      diagnostics.add(use.identifier.at,
                      quoted + " only denies, so its `limits` bound nothing",
                      "remove `limits`");
    } else if (hasLimits(use.limits) && allowsOnlyEvents(*permission, catalogue)) {
      diagnostics.add(use.identifier.at,
                      quoted + " is about events, and `limits` bound calls",
                      "remove `limits`");
    } else if (author == Author::ADMIN && !permission->allows.empty() && !hasLimits(use.limits) &&
               use.allow.empty() && use.deny.empty()) {
      diagnostics.add(use.identifier.at,
                      quoted + " would allow, and the admin's policy can only narrow",
                      "write the deny permission, or give `limits`");
    }
    if (permission != nullptr) {
      checkScope(use, *permission, catalogue, author, diagnostics);
    }
  }
}

void apply(const Capability& capability,
           const Catalogue& catalogue,
           Author author,
           Grants& grants) {
  grants.rows.resize(catalogue.commands().size());
  for (const PermissionUse& use : capability.permissions) {
    const Permission* permission = catalogue.find(use.identifier.text);
    if (permission == nullptr) {
      continue;  // reported by checkPermissions; the policy is refused
    }
    for (const CommandId id : permission->allows) {
      Grant& grant = grants.rows[static_cast<std::size_t>(id)];
      allow(grant, use, author, isEvent(catalogue.commands()[static_cast<std::size_t>(id)]));
      reach(grant, catalogue.commands()[static_cast<std::size_t>(id)].scope, use);
    }
    for (const CommandId id : permission->denies) {
      Grant& grant = grants.rows[static_cast<std::size_t>(id)];
      if (use.deny.empty()) {
        deny(grant, use);
      } else {  // only there, and the command stays
        grant.rules.push_back({Rule::Effect::NARROW, use.identifier.text, use.identifier.at});
        reach(grant, catalogue.commands()[static_cast<std::size_t>(id)].scope, use);
      }
    }
  }
}

// Several capabilities may speak of one class: its hosts and authorities add up.
void addRemote(const RemoteUse& use, std::vector<RemoteOrigin>& remotes, Diagnostics& diagnostics) {
  auto found = std::find_if(remotes.begin(), remotes.end(), [&](const RemoteOrigin& remote) {
    return remote.name == use.origin.text;
  });
  if (found == remotes.end()) {
    found = remotes.insert(remotes.end(), {use.origin.text, {}, use.addresses, {}});
  } else if (found->addresses != use.addresses) {
    diagnostics.add(use.origin.at,
                    "the remote origin `" + use.origin.text + "` has other `addresses` elsewhere",
                    "write the same in each");
  }
  for (const RemoteHost& host : use.hosts) {
    for (const RemoteOrigin& other : remotes) {
      for (const RemoteHost& taken : other.hosts) {
        if (other.name != use.origin.text && overlap(host.pattern, taken.pattern)) {
          diagnostics.add(host.at,
                          "`" + host.text + "` overlaps `" + taken.text +
                              "` of the remote origin `" + other.name + "` in the same window",
                          "give each host to one of them");
        }
      }
    }
    found->hosts.push_back(host);
  }
  for (const std::string& authority : use.authorities) {
    if (std::find(found->authorities.begin(), found->authorities.end(), authority) ==
        found->authorities.end()) {
      found->authorities.push_back(authority);
    }
  }
}

}  // namespace

const Grants& Policy::grants(std::string_view window, std::string_view origin) const noexcept {
  static const Grants NOTHING;
  const auto byOrigin = m_tables.find(window);
  if (byOrigin == m_tables.end()) {
    return NOTHING;
  }
  const auto table = byOrigin->second.find(origin);
  return table == byOrigin->second.end() ? NOTHING : table->second;
}

std::vector<std::string> Policy::origins(std::string_view window) const {
  std::vector<std::string> names;
  if (const auto byOrigin = m_tables.find(window); byOrigin != m_tables.end()) {
    for (const auto& [origin, grants] : byOrigin->second) {
      names.push_back(origin);
    }
  }
  return names;
}

const std::vector<RemoteOrigin>& Policy::remotes(std::string_view window) const noexcept {
  static const std::vector<RemoteOrigin> NONE;
  const auto found = m_remotes.find(window);
  return found == m_remotes.end() ? NONE : found->second;
}

const RemoteOrigin* Policy::remoteOf(std::string_view window, const Url& url) const noexcept {
  for (const RemoteOrigin& origin : remotes(window)) {
    if (belongsTo(origin, url)) {
      return &origin;
    }
  }
  return nullptr;
}

Checked<Policy> resolve(const Catalogue& catalogue,
                        const std::vector<std::string>& windowLabels,
                        const std::vector<Capability>& capabilities,
                        const std::vector<Capability>& admin) {
  Diagnostics diagnostics;
  Policy policy;
  policy.m_windows = windowLabels;
  checkLabels(windowLabels, diagnostics);
  checkIdentifiers(capabilities, diagnostics);
  checkIdentifiers(admin, diagnostics);
  for (const Capability& capability : capabilities) {
    checkPermissions(capability, catalogue, Author::APP, diagnostics);
    for (const std::string_view window :
         windowsOf(capability, windowLabels, Author::APP, diagnostics)) {
      if (capability.remote) {
        addRemote(*capability.remote, policy.m_remotes[std::string(window)], diagnostics);
      }
      for (const std::string& origin : capability.origins) {
        if (!capability.here) continue;  // checked like any other, so that it is right elsewhere
        apply(capability, catalogue, Author::APP, policy.m_tables[std::string(window)][origin]);
      }
    }
  }
  // After all that grants, so that every origin has its table by now.
  for (const Capability& capability : admin) {
    checkPermissions(capability, catalogue, Author::ADMIN, diagnostics);
    for (const std::string_view window :
         windowsOf(capability, windowLabels, Author::ADMIN, diagnostics)) {
      Policy::ByOrigin& tables = policy.m_tables[std::string(window)];
      tables.try_emplace(std::string(APP_ORIGIN));  // so that explain can name who denies
      for (auto& [origin, grants] : tables) {
        apply(capability, catalogue, Author::ADMIN, grants);
      }
    }
  }
  if (!diagnostics.empty()) {
    return diagnostics;
  }
  return policy;
}

Checked<Policy> revoke(const Policy& policy,
                       const Catalogue& catalogue,
                       std::string_view window,
                       std::string_view permission) {
  Diagnostics diagnostics;
  const std::vector<std::string>& labels = policy.m_windows;
  if (std::find(labels.begin(), labels.end(), window) == labels.end()) {
    diagnostics.add({},
                    "the app has no window `" + std::string(window) + "`",
                    suggest(window, {labels.begin(), labels.end()}));
  }
  const PermissionUse revoked{{std::string(permission), {}}, {}};
  const Permission* known = catalogue.find(permission);
  if (known == nullptr) {
    catalogue.reportUnknown(revoked.identifier, diagnostics);
  } else if (known->allows.empty()) {
    diagnostics.add({}, "`" + std::string(permission) + "` allows nothing that could be revoked");
  }
  if (!diagnostics.empty()) {
    return diagnostics;
  }
  Policy narrowed = policy;
  Policy::ByOrigin& tables = narrowed.m_tables[std::string(window)];
  tables.try_emplace(std::string(APP_ORIGIN));
  for (auto& [origin, grants] : tables) {
    grants.rows.resize(catalogue.commands().size());
    for (const CommandId id : known->allows) {
      Grant& grant = grants.rows[static_cast<std::size_t>(id)];
      grant.rules.push_back({Rule::Effect::REVOKE, std::string(permission), {}});
      grant.denied = true;
    }
  }
  return narrowed;
}

}  // namespace sallyport::capabilities
