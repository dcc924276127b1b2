// One capability file: which windows may do what. The format is close to Tauri 2's; its JSON Schema
// is schema/capability.schema.json. Pure; the text is the app's, so it is checked in full but not
// hostile.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/diagnostic.h"
#include "capabilities/grants.h"
#include "capabilities/remote-origin.h"
#include "capabilities/written-name.h"

namespace sallyport::capabilities {

// The origin class of the app's own assets.
constexpr std::string_view APP_ORIGIN = "app";

// What `platforms` may name, as Tauri does; this project runs on the first of them.
constexpr std::array<std::string_view, 5> PLATFORMS{"linux", "macOS", "windows", "android", "iOS"};

// An entry of `allow` or `deny`: "$APPDATA/**", or { "path": "$APPDATA/**" }.
struct WrittenScopeEntry {
  WrittenName text;
  ScopeKind kind = ScopeKind::NONE;  // as the field says; NONE when there is none
};

struct PermissionUse {
  WrittenName identifier;
  Limits limits;
  std::vector<WrittenScopeEntry> allow{};
  std::vector<WrittenScopeEntry> deny{};
};

// "remote": the capability speaks of the pages of one named class of hosts, and not of the app's
// own.
struct RemoteUse {
  WrittenName origin;
  std::vector<RemoteHost> hosts;
  AddressRange addresses = AddressRange::PUBLIC;
  std::vector<std::string> authorities;
};

struct Capability {
  WrittenName identifier;
  std::string description;
  std::vector<WrittenName> windows;   // labels or patterns (window-pattern.h)
  std::vector<WrittenName> webviews;  // the same; where both are given, both must match
  std::vector<std::string> origins{std::string(APP_ORIGIN)};
  // Written for this platform. A capability for others only is checked in full and grants nothing.
  bool here = true;
  std::optional<RemoteUse> remote;  // then `origins` is its class alone
  std::vector<PermissionUse> permissions;
  std::vector<WrittenName> apps;  // only in the admin's files: which apps are meant; none: all
};

// Shape only; names are looked up and scopes read by resolve() in policy.h, which knows what takes
// one.
Checked<Capability> parseCapability(std::string_view file, std::string_view text);

// A file of the admin's policy (/etc/sallyport/policy.d): the same, but `windows` may be left out
// and means all then, `apps` may name the apps that are meant, and there is no `remote`. That it
// only narrows is for resolve() to check, which knows what the names stand for.
Checked<Capability> parseAdminPolicy(std::string_view file, std::string_view text);

}  // namespace sallyport::capabilities
