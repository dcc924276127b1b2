// What an app is: app.json, read once at start. Everything wrong in it stops the start with file,
// line and the fix. Runs in the broker, and in the CLI that checks an app's files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "capabilities/catalogue.h"
#include "capabilities/diagnostic.h"

namespace sallyport::daemon {

struct WindowSpec {
  std::string label;  // [a-z0-9-], 1 to 32 characters
  std::string title;
  std::uint16_t width;
  std::uint16_t height;
  enum class Open { START, DEMAND } open = Open::START;
  std::string parent = {};  // who opens it, when it is opened on demand; else who may see it
};

struct AppFile {
  std::string identifier;
  std::string title;
  std::vector<WindowSpec>
      windows;  // at least one; the first is opened at start, a parent comes before its children
  std::string contentSecurityPolicy;
  std::vector<capabilities::PermissionSet> permissionSets = {};  // for Catalogue::with
  std::string version = {};  // the app's own: 1 to 32 of letters, digits and .+-~; or empty
  std::vector<std::string> opens = {};  // schemes beside https and mailto that its pages may open
  bool spareRenderer = true;            // one is started ahead (spares.h)
};

// file: its name for diagnostics.
capabilities::Checked<AppFile> parseAppFile(std::string_view file, std::string_view text);

// folder/app.json.
capabilities::Checked<AppFile> readAppFile(const std::filesystem::path& folder);

}  // namespace sallyport::daemon
