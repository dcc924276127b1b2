// Everything that a capability can grant: the commands and events of all modules, their allow and
// deny permissions, and the sets that bundle them. Built once at start from the registry
// (broker/commands). Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/diagnostic.h"
#include "capabilities/grants.h"
#include "capabilities/written-name.h"

namespace sallyport::capabilities {

// An event is a row like a command: it is decided in the same table, and has the same pair.
struct CatalogueCommand {
  std::string name;                   // "cmd_get_balance", "evt_balance_changed"
  std::string module;                 // "wallet"
  ScopeKind scope = ScopeKind::NONE;  // what its grants' `allow` and `deny` hold
};

// A bundle of permissions under one name, "core:default". Sets may name other sets.
struct PermissionSet {
  WrittenName identifier;
  std::string description;
  std::vector<WrittenName> permissions;
};

// What one identifier stands for, sets already taken apart.
struct Permission {
  std::string description;  // empty for the pair that every command has
  std::vector<CommandId> allows;
  std::vector<CommandId> denies;
};

// The one kind of all commands of a permission. Nothing, when they differ or there is none.
std::optional<ScopeKind> scopeKindOf(const std::vector<CatalogueCommand>& commands,
                                     const Permission& permission);

// Which of the two a name is: "evt_…" or not.
bool isEvent(const CatalogueCommand& command);

// "cmd_get_balance" -> "get-balance", as in wallet:allow-get-balance;
// "evt_balance_changed" -> "on-balance-changed", as in wallet:allow-on-balance-changed.
std::string permissionName(std::string_view name);

class Catalogue {
 public:
  // A command's or an event's id is its index. Sets of modules without a command are left out:
  // their module is not in this build. Refused: sets that name what does not exist, sets that
  // contain themselves, taken names.
  static Checked<Catalogue> create(std::vector<CatalogueCommand> commands,
                                   const std::vector<PermissionSet>& sets);

  // This one with an app's own sets (app.json), which may hold those that are here already. Refused
  // beside what create() refuses: a set of a module that is not here, and a name that is not
  // module:name of a-z, 0-9 and -, or that reads like a command's pair.
  Checked<Catalogue> with(const std::vector<PermissionSet>& sets) const;

  const std::vector<CatalogueCommand>& commands() const { return m_commands; }
  const Permission* find(std::string_view identifier) const;
  const std::map<std::string, Permission, std::less<>>& permissions() const {
    return m_permissions;
  }
  bool hasModule(std::string_view module) const;

  // Adds "unknown permission …" with the nearest right one.
  void reportUnknown(const WrittenName& identifier, Diagnostics& diagnostics) const;

 private:
  Catalogue() = default;
  void addPairs();
  void addSets(const std::vector<const PermissionSet*>& sets, Diagnostics& diagnostics);

  std::vector<CatalogueCommand> m_commands;
  std::map<std::string, Permission, std::less<>> m_permissions;  // by identifier
};

}  // namespace sallyport::capabilities
