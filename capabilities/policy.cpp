// Resolution: for each capability the windows it means, for each of those the rows it sets. Pure.
#include "capabilities/policy.h"

#include <algorithm>
#include <set>
#include <utility>

#include "capabilities/located-json.h"
#include "capabilities/window-pattern.h"

namespace sallyport::capabilities {
namespace {

template <typename T>
void narrow(std::optional<T>& bound, const std::optional<T>& other) {
  if (other && (!bound || *other < *bound)) {
    bound = other;
  }
}

void allow(Grant& grant, const PermissionUse& use) {
  if (!grant.allowed) {
    grant.allowed = true;
    grant.allowedAt = use.identifier.at;
  }
  narrow(grant.limits.perMinute, use.limits.perMinute);
  narrow(grant.limits.concurrent, use.limits.concurrent);
  narrow(grant.limits.maxBytes, use.limits.maxBytes);
}

void deny(Grant& grant, const PermissionUse& use) {
  if (!grant.denied) {
    grant.denied = true;
    grant.deniedAt = use.identifier.at;
  }
}

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
                                        Diagnostics& diagnostics) {
  checkPatterns(capability.windows, labels, diagnostics);
  checkPatterns(capability.webviews, labels, diagnostics);
  std::vector<std::string_view> windows;
  const bool byWindow = !capability.windows.empty();
  const bool byWebview = !capability.webviews.empty();
  for (const std::string& label : labels) {
    // A window here has one web view, under the window's own label.
    if ((byWindow || byWebview) && (!byWindow || matchesAny(capability.windows, label)) &&
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

void checkPermissions(const Capability& capability,
                      const Catalogue& catalogue,
                      Diagnostics& diagnostics) {
  for (const PermissionUse& use : capability.permissions) {
    const Permission* permission = catalogue.find(use.identifier.text);
    if (permission == nullptr) {
      catalogue.reportUnknown(use.identifier, diagnostics);
    } else if (permission->allows.empty() && hasLimits(use.limits)) {
      diagnostics.add(use.identifier.at,
                      "`" + use.identifier.text + "` only denies, so its `limits` bound nothing",
                      "remove `limits`");
    }
  }
}

void apply(const Capability& capability, const Catalogue& catalogue, Grants& grants) {
  grants.rows.resize(catalogue.commands().size());
  for (const PermissionUse& use : capability.permissions) {
    const Permission* permission = catalogue.find(use.identifier.text);
    if (permission == nullptr) {
      continue;  // reported by checkPermissions; the policy is refused
    }
    for (const CommandId id : permission->allows) {
      allow(grants.rows[static_cast<std::size_t>(id)], use);
    }
    for (const CommandId id : permission->denies) {
      deny(grants.rows[static_cast<std::size_t>(id)], use);
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

Checked<Policy> resolve(const Catalogue& catalogue,
                        const std::vector<std::string>& windowLabels,
                        const std::vector<Capability>& capabilities) {
  Diagnostics diagnostics;
  Policy policy;
  checkLabels(windowLabels, diagnostics);
  checkIdentifiers(capabilities, diagnostics);
  for (const Capability& capability : capabilities) {
    checkPermissions(capability, catalogue, diagnostics);
    for (const std::string_view window : windowsOf(capability, windowLabels, diagnostics)) {
      for (const std::string& origin : capability.origins) {
        apply(capability, catalogue, policy.m_tables[std::string(window)][origin]);
      }
    }
  }
  if (!diagnostics.empty()) {
    return diagnostics;
  }
  return policy;
}

}  // namespace sallyport::capabilities
