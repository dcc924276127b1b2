// Described types as TypeScript: the text of a type where it is used, and the declaration of a
// named one. Laid out as Prettier does. Runs in the broker; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/commands/type.h"

namespace sallyport::commands {

constexpr std::size_t PRINT_WIDTH = 100;

// "number | Balance", "Payment[]"
std::string typescriptType(const Type& type);

// "export interface Balance {…}", "export type Network = …;" with a line end. `type` has a name.
std::string typescriptDeclaration(const Type& type);

std::string joined(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace sallyport::commands
