// What must be set before the engine starts: environment, Chromium's switches, the app:// scheme.
// Runs in the renderer.
#pragma once

#include <string>

namespace sallyport::renderer {

constexpr const char* APP_SCHEME = "app";

// An address that is nobody's: what is connected to it does not leave this process.
constexpr const char* RESOLVER_SWITCH =
    "--host-resolver-rules=\"MAP * ~NOTFOUND, EXCLUDE 192.0.2.1\"";
constexpr const char* PROXY_SWITCHES =
    "--proxy-server=http://192.0.2.1:3128 --proxy-bypass-list=<-loopback>";

// Who draws, into buffers in shared memory; the cage has no graphics device.
enum class Drawing {
  RASTER,  // Qt and the engine themselves; no WebGL
  OPENGL,  // Mesa, in software
};

// Before QApplication. Qt and Chromium read what is asked of them from the environment only.
void configureEngine(Drawing drawing = Drawing::RASTER);

// Versions of Qt WebEngine, Chromium and its security patches, for doctor; at most 128 bytes.
std::string engineVersion();

}  // namespace sallyport::renderer
