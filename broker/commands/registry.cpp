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
    checkTypes(registered);
  }

 private:
  void checkTypes(const RegisteredCommand& registered) {
    if (hidesBigInteger(registered.signature.result())) {
      report(
          "`" + registered.command.name + "` of module `" + registered.command.module +
          "` answers with a variant that holds a BigInt, which a page cannot tell from a string");
    }
    for (const TypeOf root : {registered.signature.arguments, registered.signature.result}) {
      for (const Type* type : namedTypes(root())) {
        const auto [other, isNew] = m_types.emplace(type->name, type);
        if (!isNew && other->second != type) {
          report("`" + registered.command.name + "` of module `" + registered.command.module +
                 "` brings a second type with the name `" + type->name + "`");
        }
      }
    }
  }

  void report(std::string message) { m_diagnostics.add({}, std::move(message)); }

  Diagnostics& m_diagnostics;
  std::map<std::string, std::string> m_modules;
  std::map<std::string, std::string> m_commands;   // to module
  std::map<std::string, std::string> m_functions;  // to command
  std::map<std::string, const Type*> m_types;
};

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
  if (!diagnostics.empty()) {
    return diagnostics;
  }
  registry.m_byName.resize(registry.m_commands.size());
  std::iota(registry.m_byName.begin(), registry.m_byName.end(), std::size_t{0});
  std::sort(
      registry.m_byName.begin(), registry.m_byName.end(), [&](std::size_t left, std::size_t right) {
        return registry.m_commands[left].command.name < registry.m_commands[right].command.name;
      });
  return registry;
}

const Command* Registry::find(std::string_view name) const noexcept {
  const auto place = std::lower_bound(
      m_byName.begin(), m_byName.end(), name, [&](std::size_t index, std::string_view wanted) {
        return m_commands[index].command.name < wanted;
      });
  if (place == m_byName.end() || m_commands[*place].command.name != name) {
    return nullptr;
  }
  return &m_commands[*place].command;
}

std::vector<capabilities::CatalogueCommand> Registry::catalogueCommands() const {
  std::vector<capabilities::CatalogueCommand> all;
  for (const RegisteredCommand& registered : m_commands) {
    all.push_back({registered.command.name, registered.command.module, registered.command.scope});
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
