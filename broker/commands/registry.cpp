// Start-time checks and look-up by name. Runs in the broker.
#include "broker/commands/registry.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "broker/commands/naming.h"
#include "broker/commands/type-walk.h"
#include "capabilities/permission-sets.h"

namespace sallyport::commands {
namespace {

using capabilities::Diagnostics;

bool isDoc(std::string_view doc) {
  return !doc.empty() && doc.find_first_of("\r\n\t") == std::string_view::npos &&
         doc.find("*/") == std::string_view::npos;
}

class Checker {
 public:
  explicit Checker(Diagnostics& diagnostics) : m_diagnostics(diagnostics) {}

  void check(const ModuleDescription& module) {
    if (!isModuleName(module.name)) {
      report("the module name `" + module.name + "` is not words of a-z and 0-9 joined by `-`");
    }
    if (!isDoc(module.doc)) {
      report("the module `" + module.name + "` needs a doc of one line");
    }
    if (!m_modules.emplace(module.name, module.name).second) {
      report("two modules are called `" + module.name + "`");
    }
  }

  void check(const RegisteredCommand& registered) {
    const Command& command = registered.command;
    if (!isCommandName(command.name)) {
      report("`" + command.name + "` of module `" + command.module +
             "` is not a command name: cmd_ and words of a-z and 0-9, at most 64 bytes");
    }
    if (!isDoc(command.doc)) {
      report("`" + command.name + "` of module `" + command.module + "` needs a doc of one line");
    }
    const auto [first, isNew] = m_commands.emplace(command.name, command.module);
    if (!isNew) {
      report("`" + command.name + "` is registered twice: by module `" + first->second +
             "` and by module `" + command.module + "`");
      return;
    }
    if (command.streams && command.onAbandon == OnAbandon::RUN_TO_END) {
      report("`" + command.name + "` of module `" + command.module +
             "` streams, and nobody is there for a stream that runs to its end");
    }
    const auto [other, isFree] = m_functions.emplace(functionName(command.name), command.name);
    if (!isFree) {
      report("`" + command.name + "` and `" + other->second +
             "` would have the same name in TypeScript: `" + other->first + "`");
    }
    const std::string whose = "`" + command.name + "` of module `" + command.module + "`";
    checkConverted(whose, registered.signature.result());
    if (command.streams) {
      checkSmall(whose, registered.signature.result());
      if (reachesLargeBytes(registered.signature.arguments())) {
        report(whose + " answers with a channel, so its arguments may not hold LargeBytes");
      }
    }
    for (const TypeOf root : {registered.signature.arguments, registered.signature.result}) {
      checkTypes(whose, root());
    }
  }

  void check(const RegisteredEvent& registered) {
    const Event& event = registered.event;
    const std::string whose = "`" + event.name + "` of module `" + event.module + "`";
    if (!isEventName(event.name)) {
      report(whose + " is not an event name: evt_ and words of a-z and 0-9, at most 64 bytes");
    }
    if (!isDoc(event.doc)) {
      report(whose + " needs a doc of one line");
    }
    const auto [first, isNew] = m_commands.emplace(event.name, event.module);
    if (!isNew) {
      report("`" + event.name + "` is registered twice: by module `" + first->second +
             "` and by module `" + event.module + "`");
      return;
    }
    // The listener's name is also the permission's, so commands and events share the names.
    const auto [other, isFree] = m_functions.emplace(listenerName(event.name), event.name);
    if (!isFree) {
      report("`" + event.name + "` and `" + other->second +
             "` would have the same name in TypeScript: `" + other->first + "`");
    }
    const auto [sent, isOwn] = m_emitters.emplace(registered.emitter, event.name);
    if (!isOwn) {
      report("`" + event.name + "` and `" + sent->second + "` have the same emitter");
    }
    checkConverted(whose, registered.payload());
    checkSmall(whose, registered.payload());
    checkTypes(whose, registered.payload());
  }

 private:
  void checkConverted(const std::string& whose, const Type& toPage) {
    if (hidesConverted(toPage)) {
      report(
          whose +
          " sends a variant that holds a BigInt or Bytes, which a page cannot tell from a string");
    }
  }

  void checkSmall(const std::string& whose, const Type& sent) {
    if (reachesLargeBytes(sent)) {
      report(whose + " sends LargeBytes in an event or in the items of a stream; only an answer " +
             "may hold them");
    }
  }

  void checkTypes(const std::string& whose, const Type& root) {
    for (const Type* type : namedTypes(root)) {
      const auto [other, isNew] = m_types.emplace(type->name, type);
      if (!isNew && other->second != type) {
        report(whose + " brings a second type with the name `" + type->name + "`");
      }
    }
  }

  void report(std::string message) { m_diagnostics.add({}, std::move(message)); }

  Diagnostics& m_diagnostics;
  std::map<std::string, std::string> m_modules;
  std::map<std::string, std::string> m_commands;   // and events, to module
  std::map<std::string, std::string> m_functions;  // to command or event
  std::map<const EmitterBase*, std::string> m_emitters;
  std::map<std::string, const Type*> m_types;
};

std::string_view nameOf(const RegisteredCommand& registered) { return registered.command.name; }
std::string_view nameOf(const RegisteredEvent& registered) { return registered.event.name; }

// Indexes of all, sorted by name.
template <typename All>
std::vector<std::size_t> sortedByName(const All& all) {
  std::vector<std::size_t> indexes(all.size());
  std::iota(indexes.begin(), indexes.end(), std::size_t{0});
  std::sort(indexes.begin(), indexes.end(), [&](std::size_t left, std::size_t right) {
    return nameOf(all[left]) < nameOf(all[right]);
  });
  return indexes;
}

// Null when there is none of that name.
template <typename Registered>
const Registered* findByName(const std::vector<Registered>& all,
                             const std::vector<std::size_t>& byName,
                             std::string_view name) noexcept {
  const auto place = std::lower_bound(
      byName.begin(), byName.end(), name, [&](std::size_t index, std::string_view wanted) {
        return nameOf(all[index]) < wanted;
      });
  return place == byName.end() || nameOf(all[*place]) != name ? nullptr : &all[*place];
}

}  // namespace

capabilities::Checked<Registry> Registry::create(std::vector<Module> modules) {
  Diagnostics diagnostics;
  Checker checker(diagnostics);
  Registry registry;
  for (Module& module : modules) {
    registry.m_modules.push_back({module.m_name, module.m_doc});
    checker.check(registry.m_modules.back());
    for (RegisteredCommand& registered : module.m_commands) {
      checker.check(registered);
      registered.command.id = static_cast<capabilities::CommandId>(registry.m_commands.size());
      registry.m_commands.push_back(std::move(registered));
    }
  }
  for (Module& module : modules) {
    for (RegisteredEvent& registered : module.m_events) {
      checker.check(registered);
      registered.event.id = static_cast<capabilities::CommandId>(registry.rows());
      registry.m_events.push_back(std::move(registered));
    }
  }
  if (!diagnostics.empty()) {
    return diagnostics;
  }
  registry.m_byName = sortedByName(registry.m_commands);
  registry.m_eventByName = sortedByName(registry.m_events);
  return registry;
}

const Command* Registry::find(std::string_view name) const noexcept {
  const RegisteredCommand* found = findByName(m_commands, m_byName, name);
  return found == nullptr ? nullptr : &found->command;
}

const Event* Registry::findEvent(std::string_view name) const noexcept {
  const RegisteredEvent* found = findByName(m_events, m_eventByName, name);
  return found == nullptr ? nullptr : &found->event;
}

void Registry::connect(EventSink& sink) const {
  for (const RegisteredEvent& registered : m_events) {
    registered.emitter->m_event = &registered.event;
    registered.emitter->m_sink = &sink;
  }
}

std::vector<capabilities::CatalogueCommand> Registry::catalogueCommands() const {
  std::vector<capabilities::CatalogueCommand> all;
  for (const RegisteredCommand& registered : m_commands) {
    all.push_back({registered.command.name, registered.command.module, registered.command.scope});
  }
  for (const RegisteredEvent& registered : m_events) {
    all.push_back({registered.event.name, registered.event.module});
  }
  return all;
}

capabilities::Checked<capabilities::Catalogue> Registry::catalogue() const {
  auto sets = capabilities::shippedPermissionSets();
  if (!sets) {
    return sets.error();
  }
  return capabilities::Catalogue::create(catalogueCommands(), *sets);
}

}  // namespace sallyport::commands
