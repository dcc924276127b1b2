// The reference page of one module, from what is registered: nothing on it can be out of date.
// Runs in sallyportd --emit-reference; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/commands/registry.h"
#include "capabilities/catalogue.h"

namespace sallyport::commands {

// Markdown: what the module is, its permission sets, its commands with types, permission, scope and
// deadline. Nothing when there is no such module.
std::optional<std::string> writeReference(const Registry& registry,
                                          const std::vector<capabilities::PermissionSet>& sets,
                                          std::string_view module);

}  // namespace sallyport::commands
