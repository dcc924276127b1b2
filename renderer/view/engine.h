// What must be set before the engine starts: environment, Chromium's switches, the app:// scheme.
// Runs in the renderer.
#pragma once

#include <string>

namespace sallyport::renderer {

constexpr const char* APP_SCHEME = "app";

// Before QApplication. Chromium reads its switches from the environment only.
void configureEngine();

// Versions of Qt WebEngine, Chromium and its security patches, for doctor; at most 128 bytes.
std::string engineVersion();

}  // namespace sallyport::renderer
