#include "capabilities/explain.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "capabilities/located-json.h"

namespace sallyport::capabilities {
namespace {

std::string place(const Source& at) {
  if (at.file.empty()) {
    return "at run time";
  }
  return at.line == 0 ? at.file
                      : at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::string limitsText(const Limits& limits) {
  std::string text;
  const auto add = [&](const char* what, const auto& bound) {
    if (bound) {
      text += (text.empty() ? "" : ", ") + std::string(what) + " " + std::to_string(*bound);
    }
  };
  add("perMinute", limits.perMinute);
  add("concurrent", limits.concurrent);
  add("maxBytes", limits.maxBytes);
  return text;
}

// Lines for people, or one line for comparison.
std::string scopeText(const Scope& scope, const char* before, const char* after) {
  std::string text;
  for (const ScopeEntry& entry : scope.allow) {
    text += before + std::string("in reach: ") + entry.text + after;
  }
  for (const ScopeEntry& entry : scope.deny) {
    text += before + std::string("out of reach: ") + entry.text + after;
  }
  return text;
}

std::string_view verdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::ALLOWED:
      return "allowed";
    case Verdict::DENIED:
      return "denied";
    case Verdict::NOT_GRANTED:
      break;
  }
  return "not granted";
}

std::string_view effectName(Rule::Effect effect) {
  switch (effect) {
    case Rule::Effect::ALLOW:
      return "allowed by";
    case Rule::Effect::DENY:
      return "denied by";
    case Rule::Effect::NARROW:
      return "narrowed by";
    case Rule::Effect::REVOKE:
      return "revoked";
  }
  return "";
}

std::string allowPermission(const CatalogueCommand& command) {
  return command.module + ":allow-" + permissionName(command.name);
}

// The sets that hold it, beside its own allow permission.
std::string setsWith(const Catalogue& catalogue, CommandId id) {
  std::string sets;
  const std::string own = allowPermission(catalogue.commands()[static_cast<std::size_t>(id)]);
  for (const auto& [name, permission] : catalogue.permissions()) {
    if (name != own && std::find(permission.allows.begin(), permission.allows.end(), id) !=
                           permission.allows.end()) {
      sets += (sets.empty() ? "" : ", ") + name;
    }
  }
  return sets;
}

// The origins to speak of: the app's own first, granted or not.
std::vector<std::string> originsOf(const Policy& policy, std::string_view window) {
  std::vector<std::string> origins{std::string(APP_ORIGIN)};
  for (std::string& origin : policy.origins(window)) {
    if (origin != APP_ORIGIN) {
      origins.push_back(std::move(origin));
    }
  }
  return origins;
}

std::string hostsText(const Policy& policy, std::string_view window, std::string_view origin) {
  std::string text;
  for (const RemoteOrigin& remote : policy.remotes(window)) {
    if (remote.name != origin) {
      continue;
    }
    for (const RemoteHost& host : remote.hosts) {
      text += "  shows " + host.text + " at " + std::string(addressRangeName(remote.addresses)) +
              " addresses, " + place(host.at) + "\n";
    }
  }
  return text;
}

bool checkWindow(const Policy& policy, std::string_view window, Diagnostics& diagnostics) {
  const std::vector<std::string>& labels = policy.windows();
  if (std::find(labels.begin(), labels.end(), window) != labels.end()) {
    return true;
  }
  diagnostics.add({},
                  "the app has no window `" + std::string(window) + "`",
                  suggest(window, {labels.begin(), labels.end()}));
  return false;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

// The rule that decided, for a table of one line each.
const Rule* decidingRule(const Decision& decision) {
  if (decision.grant == nullptr) {
    return nullptr;
  }
  for (const Rule& rule : decision.grant->rules) {
    const bool denies = rule.effect == Rule::Effect::DENY || rule.effect == Rule::Effect::REVOKE;
    if (decision.verdict == Verdict::DENIED ? denies : rule.effect == Rule::Effect::ALLOW) {
      return &rule;
    }
  }
  return nullptr;
}

std::string line(const CatalogueCommand& command, const Decision& decision, std::size_t width) {
  std::string text = "  " + padded(std::string(verdictName(decision.verdict)), 13) +
                     padded(command.module + " " + command.name, width);
  const Rule* rule = decidingRule(decision);
  if (rule == nullptr) {
    return text + allowPermission(command) + " would grant it\n";
  }
  text += rule->permission + " " + place(rule->at);
  const std::string limits = limitsText(decision.grant->limits);
  return text + (limits.empty() || decision.verdict != Verdict::ALLOWED ? "" : "; " + limits) +
         "\n";
}

}  // namespace

Checked<Explanation> explain(const Catalogue& catalogue,
                             const Policy& policy,
                             std::string_view window,
                             std::string_view command) {
  Diagnostics diagnostics;
  checkWindow(policy, window, diagnostics);
  const std::vector<CatalogueCommand>& all = catalogue.commands();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const CatalogueCommand& one) { return one.name == command; });
  if (found == all.end()) {
    std::vector<std::string_view> names;
    names.reserve(all.size());
    for (const CatalogueCommand& one : all) {
      names.push_back(one.name);
    }
    diagnostics.add(
        {}, "there is no command or event `" + std::string(command) + "`", suggest(command, names));
  }
  if (!diagnostics.empty()) {
    return diagnostics;
  }
  const auto id = static_cast<CommandId>(found - all.begin());
  Explanation explanation;
  for (const std::string& origin : originsOf(policy, window)) {
    const Decision decision = decide(policy.grants(window, origin), id);
    explanation.allowed |= origin == APP_ORIGIN && decision.verdict == Verdict::ALLOWED;
    explanation.text += found->name + " in window " + std::string(window) + ", origin " + origin +
                        ": " + std::string(verdictName(decision.verdict)) + "\n";
    if (decision.grant != nullptr) {
      for (const Rule& rule : decision.grant->rules) {
        explanation.text += "  " + std::string(effectName(rule.effect)) + " " + place(rule.at) +
                            " (" + rule.permission + ")\n";
      }
      const std::string limits = limitsText(decision.grant->limits);
      if (!limits.empty() && decision.verdict == Verdict::ALLOWED) {
        explanation.text += "  limits: " + limits + "\n";
      }
      if (decision.verdict == Verdict::ALLOWED && found->scope != ScopeKind::NONE) {
        const std::string reach = scopeText(decision.grant->scope, "  ", "\n");
        explanation.text += reach.empty() ? "  in reach: nothing, it has no scope\n" : reach;
      }
    }
    if (decision.verdict == Verdict::NOT_GRANTED) {
      explanation.text +=
          "  would be granted by " + allowPermission(*found) + ", in a capability of this window\n";
      if (const std::string sets = setsWith(catalogue, id); !sets.empty()) {
        explanation.text += "  it is also in the sets: " + sets + "\n";
      }
    }
  }
  return explanation;
}

Checked<std::string> list(const Catalogue& catalogue,
                          const Policy& policy,
                          std::string_view window) {
  Diagnostics diagnostics;
  if (!window.empty() && !checkWindow(policy, window, diagnostics)) {
    return diagnostics;
  }
  std::size_t width = 0;
  for (const CatalogueCommand& command : catalogue.commands()) {
    width = std::max(width, command.module.size() + command.name.size() + 3);
  }
  std::string text;
  for (const std::string& label : policy.windows()) {
    if (!window.empty() && label != window) {
      continue;
    }
    for (const std::string& origin : originsOf(policy, label)) {
      text += "window " + label + ", origin " + origin + "\n";
      text += hostsText(policy, label, origin);
      const Grants& grants = policy.grants(label, origin);
      for (std::size_t row = 0; row < catalogue.commands().size(); ++row) {
        text += line(catalogue.commands()[row], decide(grants, static_cast<CommandId>(row)), width);
      }
    }
  }
  return text;
}

namespace {

// What a call of this command would meet, by "window origin command".
std::map<std::string, std::string> outcomes(const PolicySide& side) {
  std::map<std::string, std::string> all;
  for (const std::string& window : side.policy.windows()) {
    for (const std::string& origin : originsOf(side.policy, window)) {
      for (const RemoteOrigin& remote : side.policy.remotes(window)) {
        for (const RemoteHost& host : remote.hosts) {
          if (remote.name == origin) {
            all[window + " " + origin + " " + host.text] =
                "shown at " + std::string(addressRangeName(remote.addresses)) + " addresses" +
                (remote.authorities.empty() ? "" : ", with authorities of its own");
          }
        }
      }
      const Grants& grants = side.policy.grants(window, origin);
      for (std::size_t row = 0; row < side.catalogue.commands().size(); ++row) {
        const Decision decision = decide(grants, static_cast<CommandId>(row));
        if (decision.verdict != Verdict::ALLOWED) {
          continue;  // denied or not granted: the call ends the same way
        }
        const std::string limits = limitsText(decision.grant->limits);
        all[window + " " + origin + " " + side.catalogue.commands()[row].name] =
            "allowed" + (limits.empty() ? "" : ", " + limits) +
            scopeText(decision.grant->scope, ", ", "");
      }
    }
  }
  return all;
}

}  // namespace

std::string difference(const PolicySide& before, const PolicySide& after) {
  const std::map<std::string, std::string> former = outcomes(before);
  const std::map<std::string, std::string> latter = outcomes(after);
  std::set<std::string> keys;
  for (const auto* side : {&former, &latter}) {
    for (const auto& [key, outcome] : *side) {
      keys.insert(key);
    }
  }
  std::string text;
  for (const std::string& key : keys) {
    const auto was = former.find(key);
    const auto is = latter.find(key);
    if (was == former.end()) {
      text += "+ " + key + ": " + is->second + "\n";
    } else if (is == latter.end()) {
      text += "- " + key + ": " + was->second + "\n";
    } else if (was->second != is->second) {
      text += "~ " + key + ": " + was->second + " -> " + is->second + "\n";
    }
  }
  return text;
}

}  // namespace sallyport::capabilities
