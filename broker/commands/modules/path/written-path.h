// A path as a page writes it, brought to the one spelling that scopes are asked with. Pure; the
// text is hostile.
#pragma once

#include <string>
#include <string_view>

#include "broker/commands/error.h"
#include "capabilities/path-pattern.h"

namespace sallyport::commands::path {

// "/home/anna/a.txt", or "$APPDATA/a.txt" with the variable's value in its place. INVALID_ARGUMENT,
// with the field's name, for what is not absolute and plain (`.`, `..`, empty names, a slash at the
// end) or has control characters, or is longer than capabilities::MAX_PATH_BYTES; NOT_FOUND for a
// variable that has no value here.
Result<std::string> plainPath(std::string_view field,
                              std::string_view text,
                              const capabilities::PathVariables& variables);

}  // namespace sallyport::commands::path
