// Where an app's state and sockets are, for the broker and for the CLI that looks for it.
#pragma once

#include <filesystem>
#include <string>

namespace sallyport::daemon {

// $XDG_STATE_HOME/sallyport/<app>, or ~/.local/state/…; empty when neither variable is set.
std::filesystem::path defaultStateDirectory(const std::string& app);

// $XDG_RUNTIME_DIR/sallyport/<app>; empty when it is not set: there is no fallback to a folder that
// others can write.
std::filesystem::path defaultRuntimeDirectory(const std::string& app);

// The admin socket in a runtime folder.
std::filesystem::path adminSocket(const std::filesystem::path& runtimeDirectory);

}  // namespace sallyport::daemon
