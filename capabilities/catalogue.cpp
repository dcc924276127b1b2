// Building the catalogue: a pair of permissions for each command, then the sets, flattened. Pure.
#include "capabilities/catalogue.h"

#include <algorithm>
#include <set>
#include <utility>

#include "capabilities/located-json.h"

namespace sallyport::capabilities {
namespace {

constexpr std::string_view COMMAND_PREFIX = "cmd_";
constexpr std::string_view EVENT_PREFIX = "evt_";

std::string_view moduleOf(std::string_view identifier) {
  const std::size_t colon = identifier.find(':');
  return colon == std::string_view::npos ? std::string_view() : identifier.substr(0, colon);
}

// "notes:reading"
bool isSetName(std::string_view identifier) {
  const std::string_view module = moduleOf(identifier);
  if (module.empty()) {
    return false;
  }
  const std::string_view name = identifier.substr(module.size() + 1);
  return !name.empty() && !name.starts_with("allow-") && !name.starts_with("deny-") &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

void addOnce(std::vector<CommandId>& all, const std::vector<CommandId>& more) {
  for (const CommandId id : more) {
    if (std::find(all.begin(), all.end(), id) == all.end()) {
      all.push_back(id);
    }
  }
}

// Takes sets apart depth first; a set that is met again while it is open contains itself.
class Flattener {
 public:
  Flattener(const std::map<std::string_view, const PermissionSet*>& sets,
            const Catalogue& catalogue,
            std::map<std::string, Permission, std::less<>>& permissions,
            Diagnostics& diagnostics)
      : m_sets(sets),
        m_catalogue(catalogue),
        m_permissions(permissions),
        m_diagnostics(diagnostics) {}

  void flatten(const PermissionSet& set) {
    const std::string& identifier = set.identifier.text;
    if (m_permissions.contains(identifier)) {
      return;
    }
    m_open.insert(identifier);
    Permission whole{set.description, {}, {}};
    for (const WrittenName& name : set.permissions) {
      if (m_open.contains(name.text)) {
        m_diagnostics.add(name.at, "the set `" + name.text + "` contains itself");
        continue;
      }
      if (const auto inner = m_sets.find(name.text); inner != m_sets.end()) {
        flatten(*inner->second);
      }
      if (const auto part = m_permissions.find(name.text); part != m_permissions.end()) {
        addOnce(whole.allows, part->second.allows);
        addOnce(whole.denies, part->second.denies);
      } else {
        m_catalogue.reportUnknown(name, m_diagnostics);
      }
    }
    m_open.erase(identifier);
    m_permissions.emplace(identifier, std::move(whole));
  }

 private:
  const std::map<std::string_view, const PermissionSet*>& m_sets;
  const Catalogue& m_catalogue;
  std::map<std::string, Permission, std::less<>>& m_permissions;
  Diagnostics& m_diagnostics;
  std::set<std::string_view> m_open;
};

}  // namespace

std::optional<ScopeKind> scopeKindOf(const std::vector<CatalogueCommand>& commands,
                                     const Permission& permission) {
  std::optional<ScopeKind> kind;
  for (const std::vector<CommandId>* ids : {&permission.allows, &permission.denies}) {
    for (const CommandId id : *ids) {
      const ScopeKind one = commands[static_cast<std::size_t>(id)].scope;
      if (kind && *kind != one) {
        return std::nullopt;
      }
      kind = one;
    }
  }
  return kind;
}

bool isEvent(const CatalogueCommand& command) { return command.name.starts_with(EVENT_PREFIX); }

std::string permissionName(std::string_view written) {
  std::string name(written);
  if (name.starts_with(COMMAND_PREFIX)) {
    name.erase(0, COMMAND_PREFIX.size());
  } else if (name.starts_with(EVENT_PREFIX)) {
    name.replace(0, EVENT_PREFIX.size(), "on-");
  }
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

void Catalogue::addPairs() {
  for (std::size_t row = 0; row < m_commands.size(); ++row) {
    const CatalogueCommand& command = m_commands[row];
    const auto id = static_cast<CommandId>(row);
    const std::string name = permissionName(command.name);
    m_permissions[command.module + ":allow-" + name].allows.push_back(id);
    m_permissions[command.module + ":deny-" + name].denies.push_back(id);
  }
}

Checked<Catalogue> Catalogue::create(std::vector<CatalogueCommand> commands,
                                     const std::vector<PermissionSet>& sets) {
  Catalogue catalogue;
  catalogue.m_commands = std::move(commands);
  catalogue.addPairs();
  std::vector<const PermissionSet*> here;
  for (const PermissionSet& set : sets) {
    if (catalogue.hasModule(moduleOf(set.identifier.text))) {
      here.push_back(&set);
    }
  }
  Diagnostics diagnostics;
  catalogue.addSets(here, diagnostics);
  if (!diagnostics.empty()) {
    return diagnostics;
  }
  return catalogue;
}

void Catalogue::addSets(const std::vector<const PermissionSet*>& sets, Diagnostics& diagnostics) {
  std::map<std::string_view, const PermissionSet*> byName;
  for (const PermissionSet* set : sets) {
    if (m_permissions.contains(set->identifier.text) ||
        !byName.emplace(set->identifier.text, set).second) {
      diagnostics.add(set->identifier.at, "`" + set->identifier.text + "` is defined twice");
    }
  }
  Flattener flattener(byName, *this, m_permissions, diagnostics);
  for (const auto& [name, set] : byName) {
    flattener.flatten(*set);
  }
}

Checked<Catalogue> Catalogue::with(const std::vector<PermissionSet>& sets) const {
  Catalogue more = *this;
  Diagnostics diagnostics;
  std::vector<const PermissionSet*> good;
  for (const PermissionSet& set : sets) {
    const auto& [name, at] = set.identifier;
    if (!isSetName(name)) {
      diagnostics.add(at,
                      "`" + name + "` is no name of a set",
                      "write it as module:name, of a-z, 0-9 and -; names that begin with allow- "
                      "or deny- are those of commands");
    } else if (!hasModule(moduleOf(name))) {
      std::vector<std::string_view> modules;
      for (const CatalogueCommand& command : m_commands) modules.push_back(command.module);
      diagnostics.add(at,
                      "`" + name + "`: there is no module `" + std::string(moduleOf(name)) + "`",
                      suggest(moduleOf(name), modules));
    } else {
      good.push_back(&set);
    }
  }
  more.addSets(good, diagnostics);
  if (!diagnostics.empty()) {
    return diagnostics;
  }
  return more;
}

const Permission* Catalogue::find(std::string_view identifier) const {
  const auto found = m_permissions.find(identifier);
  return found == m_permissions.end() ? nullptr : &found->second;
}

bool Catalogue::hasModule(std::string_view module) const {
  return std::any_of(m_commands.begin(), m_commands.end(), [&](const CatalogueCommand& command) {
    return command.module == module;
  });
}

void Catalogue::reportUnknown(const WrittenName& identifier, Diagnostics& diagnostics) const {
  const std::string_view text = identifier.text;
  const std::string_view module = moduleOf(text);
  const std::string unknown = "unknown permission `" + identifier.text + "`";
  std::vector<std::string_view> near;
  if (!module.empty() && !hasModule(module)) {
    std::set<std::string_view> modules;
    for (const CatalogueCommand& command : m_commands) {
      modules.insert(command.module);
    }
    near.assign(modules.begin(), modules.end());
    diagnostics.add(identifier.at,
                    unknown + ": there is no module `" + std::string(module) + "`",
                    suggest(module, near));
    return;
  }
  std::string_view tail = text.substr(module.empty() ? 0 : module.size() + 1);
  if (module.empty()) {
    // Tauri's own commands have no prefix; ours always name their module.
    for (const auto& [name, permission] : m_permissions) {
      if (name.ends_with(":" + std::string(tail))) {
        diagnostics.add(identifier.at, unknown + ": it names no module", "write `" + name + "`");
        return;
      }
    }
  }
  std::string why;
  for (const std::string_view kind : {"allow-", "deny-"}) {
    if (!module.empty() && tail.starts_with(kind)) {
      std::string name(tail.substr(kind.size()));
      const bool event = name.starts_with("on-");
      name.replace(0, event ? 3 : 0, event ? EVENT_PREFIX : COMMAND_PREFIX);
      std::replace(name.begin(), name.end(), '-', '_');
      why = ": module `" + std::string(module) + "` has no " + (event ? "event" : "command") +
            " `" + name + "`";
    }
  }
  for (const auto& [name, permission] : m_permissions) {
    near.push_back(name);
  }
  const std::string allow = std::string(module) + ":allow-" + permissionName(tail);
  diagnostics.add(
      identifier.at,
      unknown + why,
      m_permissions.contains(allow) ? "did you mean `" + allow + "`?" : suggest(text, near));
}

}  // namespace sallyport::capabilities
