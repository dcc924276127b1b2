// Calls a command of a module as the dispatcher does after its decision, and shows the answer as
// text.
#pragma once

#include <kj/async.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "broker/commands/registry.h"

namespace sallyport::commands::test {

inline Registry registryOf(Module module) {
  std::vector<Module> modules;
  modules.push_back(std::move(module));
  auto registry = Registry::create(std::move(modules));
  return std::move(registry.value());
}

// The answer as JSON, or "code: message".
inline std::string call(const Registry& registry,
                        std::string_view name,
                        std::string_view arguments = "{}",
                        const Caller& caller = {"main", "app"}) {
  const Command* command = registry.find(name);
  if (command == nullptr) throw std::logic_error("no such command");
  kj::EventLoop loop;
  kj::WaitScope scope(loop);
  const Reply reply =
      command->run(caller, boost::json::parse(arguments).as_object(), {}).wait(scope);
  if (reply.has_error())
    return std::string(codeName(reply.error().code)) + ": " + reply.error().message;
  return boost::json::serialize(reply->value);
}

// What a permission of the module's own set or pair allows, by the names of commands and events.
inline std::vector<std::string> allowed(const Registry& registry, std::string_view permission) {
  const auto catalogue = registry.catalogue();
  const auto* found = catalogue ? catalogue->find(permission) : nullptr;
  if (found == nullptr) throw std::logic_error("no such permission");
  std::vector<std::string> names;
  for (const auto id : found->allows)
    names.push_back(catalogue->commands().at(static_cast<std::size_t>(id)).name);
  return names;
}

}  // namespace sallyport::commands::test
