#include "broker/daemon/places.h"

#include <cstdlib>

namespace sallyport::daemon {
namespace {

namespace fs = std::filesystem;

// XDG Base Directory Specification 0.8: a relative path in these variables is ignored.
fs::path fromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || value[0] != '/') return {};
  return value;
}

}  // namespace

fs::path defaultStateDirectory(const std::string& app) {
  if (const fs::path base = fromEnvironment("XDG_STATE_HOME"); !base.empty())
    return base / "sallyport" / app;
  const fs::path home = fromEnvironment("HOME");
  return home.empty() ? fs::path() : home / ".local" / "state" / "sallyport" / app;
}

fs::path defaultRuntimeDirectory(const std::string& app) {
  const fs::path base = fromEnvironment("XDG_RUNTIME_DIR");
  return base.empty() ? fs::path() : base / "sallyport" / app;
}

fs::path adminSocket(const fs::path& runtimeDirectory) { return runtimeDirectory / "admin.sock"; }

}  // namespace sallyport::daemon
