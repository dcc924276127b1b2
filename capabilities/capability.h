// One capability file: which windows may do what. The format is close to Tauri 2's; its JSON Schema
// is schema/capability.schema.json. Pure; the text is the app's, so it is checked in full but not
// hostile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capabilities/diagnostic.h"
#include "capabilities/grants.h"
#include "capabilities/written-name.h"

namespace sallyport::capabilities {

// The origin class of the app's own assets.
constexpr std::string_view APP_ORIGIN = "app";

struct PermissionUse {
  WrittenName identifier;
  Limits limits;
};

struct Capability {
  WrittenName identifier;
  std::string description;
  std::vector<WrittenName> windows;   // labels or patterns (window-pattern.h)
  std::vector<WrittenName> webviews;  // the same; where both are given, both must match
  std::vector<std::string> origins{std::string(APP_ORIGIN)};
  std::vector<PermissionUse> permissions;
};

// Shape only; names are looked up by resolve() in policy.h. Scopes (`allow`, `deny`) and `remote`
// are checked for shape and then refused, because nothing enforces them yet.
Checked<Capability> parseCapability(std::string_view file, std::string_view text);

}  // namespace sallyport::capabilities
