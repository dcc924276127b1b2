// What an app is: app.json, its capability files and its page, read once at start. Everything wrong
// in them stops the start with file, line and the fix. Runs in the broker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "broker/commands/registry.h"
#include "capabilities/diagnostic.h"
#include "capabilities/policy.h"

namespace sallyport::daemon {

struct WindowSpec {
  std::string label;  // [a-z0-9-], 1 to 32 characters
  std::string title;
  std::uint16_t width;
  std::uint16_t height;
};

struct AppFile {
  std::string identifier;
  std::string title;
  std::vector<WindowSpec> windows;  // at least one; the first is opened at start
  std::string contentSecurityPolicy;
};

// file: its name for diagnostics.
capabilities::Checked<AppFile> parseAppFile(std::string_view file, std::string_view text);

// folder/app.json.
capabilities::Checked<AppFile> readAppFile(const std::filesystem::path& folder);

// folder/capabilities/*.json resolved against what is registered and against the app's windows.
capabilities::Checked<capabilities::Policy> readPolicy(const std::filesystem::path& folder,
                                                       const AppFile& app,
                                                       const commands::Registry& registry);

}  // namespace sallyport::daemon
