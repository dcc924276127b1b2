// All commands and events of the running broker: the attack surface as one table. Built once at
// start from the modules, read by the dispatcher, the policy and the bindings writer. Runs in the
// broker.
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
  // Commands get dense ids in the order given, and events the ones behind them. Refused, with
  // everything that is wrong: a command or an event registered twice (both modules are named), two
  // modules of one name, names and docs that are not well formed, names that would collide in the
  // TypeScript bindings, and an emitter of two events.
  static capabilities::Checked<Registry> create(std::vector<Module> modules);

  // Null when there is no such command. The pointer lives as long as the registry.
  const Command* find(std::string_view name) const noexcept;

  const Event* findEvent(std::string_view name) const noexcept;

  // From now on what the emitters send goes there; it must outlive what emits.
  void connect(EventSink& sink) const;

  // By CommandId.
  const std::vector<RegisteredCommand>& commands() const { return m_commands; }
  // The id of the first is the number of commands.
  const std::vector<RegisteredEvent>& events() const { return m_events; }
  std::size_t rows() const { return m_commands.size() + m_events.size(); }
  const std::vector<ModuleDescription>& modules() const { return m_modules; }

  // What capabilities::Catalogue::create takes beside the permission sets: also the events.
  std::vector<capabilities::CatalogueCommand> catalogueCommands() const;
  // With the shipped permission sets.
  capabilities::Checked<capabilities::Catalogue> catalogue() const;

 private:
  Registry() = default;

  std::vector<RegisteredCommand> m_commands;
  std::vector<RegisteredEvent> m_events;
  std::vector<ModuleDescription> m_modules;
  std::vector<std::size_t> m_byName;       // indexes of m_commands, sorted by name
  std::vector<std::size_t> m_eventByName;  // the same of m_events
};

}  // namespace sallyport::commands
