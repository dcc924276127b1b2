// All commands of the running broker: the attack surface as one table. Built once at start from the
// modules, read by the dispatcher, the policy and the bindings writer. Runs in the broker.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/commands/command.h"
#include "broker/commands/module.h"
#include "capabilities/catalogue.h"
#include "capabilities/diagnostic.h"

namespace sallyport::commands {

struct ModuleDescription {
  std::string name;
  std::string doc;
};

class Registry {
 public:
  // Commands get dense ids in the order given. Refused, with everything that is wrong: a command
  // registered twice (both modules are named), two modules of one name, names and docs that are not
  // well formed, and names that would collide in the TypeScript bindings.
  static capabilities::Checked<Registry> create(std::vector<Module> modules);

  // Null when there is no such command. The pointer lives as long as the registry.
  const Command* find(std::string_view name) const noexcept;

  // By CommandId.
  const std::vector<RegisteredCommand>& commands() const { return m_commands; }
  const std::vector<ModuleDescription>& modules() const { return m_modules; }

  // What capabilities::Catalogue::create takes beside the permission sets.
  std::vector<capabilities::CatalogueCommand> catalogueCommands() const;
  // With the shipped permission sets.
  capabilities::Checked<capabilities::Catalogue> catalogue() const;

 private:
  Registry() = default;

  std::vector<RegisteredCommand> m_commands;
  std::vector<ModuleDescription> m_modules;
  std::vector<std::size_t> m_byName;  // indexes of m_commands, sorted by name
};

}  // namespace sallyport::commands
