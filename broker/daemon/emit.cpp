#include "broker/daemon/emit.h"

#include <iostream>

#include "broker/commands/bindings.h"
#include "broker/daemon/idle-modules.h"
#include "capabilities/catalogue-file.h"
#include "capabilities/permission-sets.h"

namespace sallyport::daemon {

std::string emit(const Options& options, const AppDefinition& definition) {
  IdleModules modules(definition, options.appOptions);
  const auto registry = modules.registry();
  if (!registry) return capabilities::format(registry.error());
  if (options.emitCatalogue) {
    const auto sets = capabilities::shippedPermissionSets();
    if (!sets) return capabilities::format(sets.error());
    std::cout << capabilities::writeCatalogue(registry->catalogueCommands(), *sets);
  } else {
    std::cout << commands::writeBindings(*registry);
  }
  return std::cout.flush() ? "" : "the output cannot be written";
}

}  // namespace sallyport::daemon
