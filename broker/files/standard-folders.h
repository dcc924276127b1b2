// The folders that a desktop gives to a user and an app: XDG Base Directory Specification 0.8 and
// xdg-user-dirs. Read once at start, before the broker's cage.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "capabilities/path-pattern.h"

namespace sallyport::files {

// The app's own, made at start.
struct AppFolders {
  std::filesystem::path data;
  std::filesystem::path config;
  std::filesystem::path cache;
  std::filesystem::path log;
  std::filesystem::path temporary() const { return cache.empty() ? cache : cache / "temp"; }
};

// Value of an environment variable, empty when it is not set.
using Environment = std::function<std::string(const char* name)>;

// $XDG_DATA_HOME/sallyport/<app> and so on; empty paths where there is no home.
AppFolders appFoldersOf(const Environment& environment, const std::string& app);
// data, config, cache and log in a folder that was given for all that the app keeps.
AppFolders appFoldersBeneath(const std::filesystem::path& state);

// $HOME, $CONFIG, $DATA, $CACHE, $DOCUMENT and so on, as far as they are there and lead to absolute
// plain paths. $RUNTIME has no value: it holds the sockets of the user's other programs.
capabilities::PathVariables userFolders(const Environment& environment);

// $APPDATA, $APPCONFIG, $APPCACHE, $APPLOG, $TEMP (beneath the cache) and $RESOURCE (what the app
// brings along).
capabilities::PathVariables appVariables(const AppFolders& folders,
                                         const std::filesystem::path& resources);

// The lines of user-dirs.dirs: XDG_DOCUMENTS_DIR="$HOME/Documents". What is no such line is left
// out, as the specification asks.
capabilities::PathVariables parseUserDirs(std::string_view text, const std::string& home);

}  // namespace sallyport::files
