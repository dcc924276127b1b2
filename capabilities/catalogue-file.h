// The catalogue as a file: `sallyportd --emit-catalogue` writes it beside an app at build time, so
// that capability files can be checked where no broker runs. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capabilities/catalogue.h"
#include "capabilities/diagnostic.h"

namespace sallyport::capabilities {

// { "commands": [{ "name": "cmd_…", "module": "…", "scope": "path" }], "events": [{ "name":
// "evt_…", "module": "…" }], "sets": [as in permission-sets.h] }
// commands: with the events behind them, as in a catalogue.
std::string writeCatalogue(const std::vector<CatalogueCommand>& commands,
                           const std::vector<PermissionSet>& sets);

Checked<Catalogue> readCatalogue(std::string_view file, std::string_view text);

}  // namespace sallyport::capabilities
