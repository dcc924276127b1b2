// The permission sets that come with the modules (capabilities/sets), and the reading of such
// files. The shipped ones are compiled in: a set that could be edited on disk would be a way around
// the review. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "capabilities/catalogue.h"
#include "capabilities/diagnostic.h"
#include "capabilities/located-json.h"

namespace sallyport::capabilities {

// { "sets": [ { "identifier": "core:default", "description": "…", "permissions": ["core:allow-…"] }
// ] }
Checked<std::vector<PermissionSet>> parsePermissionSets(std::string_view file,
                                                        std::string_view text);

// The entries of such a list; what is wrong with one leaves it out.
std::vector<PermissionSet> readPermissionSets(const LocatedJson& document,
                                              const boost::json::array& entries,
                                              Diagnostics& diagnostics);

// All files of capabilities/sets. Diagnostics here are a broken build; a test reads them.
Checked<std::vector<PermissionSet>> shippedPermissionSets();

}  // namespace sallyport::capabilities
