#include "broker/daemon/emit.h"

#include <iostream>

#include "broker/commands/bindings.h"
#include "broker/commands/reference.h"
#include "broker/daemon/idle-modules.h"
#include "capabilities/catalogue-file.h"
#include "capabilities/permission-sets.h"

namespace sallyport::daemon {

std::string emit(const Options& options, const AppDefinition& definition) {
  IdleModules modules(definition, options.appOptions);
  const auto registry = modules.registry();
  if (!registry) return capabilities::format(registry.error());
  const auto sets = capabilities::shippedPermissionSets();
  if (!sets) return capabilities::format(sets.error());
  if (!options.emitReference.empty()) {
    const auto page = commands::writeReference(*registry, *sets, options.emitReference);
    if (!page) return "there is no module `" + options.emitReference + "`";
    std::cout << *page;
  } else if (options.emitCatalogue) {
    std::cout << capabilities::writeCatalogue(registry->catalogueCommands(), *sets);
  } else {
    std::cout << commands::writeBindings(*registry);
  }
  return std::cout.flush() ? "" : "the output cannot be written";
}

}  // namespace sallyport::daemon
