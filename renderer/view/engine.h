// What must be set before the engine starts: environment, Chromium's switches, the app:// scheme.
// Runs in the renderer.
#pragma once

#include <array>
#include <string>
#include <utility>

namespace sallyport::renderer {

constexpr const char* APP_SCHEME = "app";

// An address that is nobody's: what is connected to it does not leave this process.
constexpr const char* RESOLVER_SWITCH =
    "--host-resolver-rules=\"MAP * ~NOTFOUND, EXCLUDE 192.0.2.1\"";
constexpr const char* PROXY_SWITCHES =
    "--proxy-server=http://192.0.2.1:3128 --proxy-bypass-list=<-loopback>";

// Who draws the page, into buffers in shared memory: the cage has no graphics device.
struct Drawing {
  const char* engineSwitch;
  std::array<std::pair<const char*, const char*>, 2> environment;
};

// Qt and the engine themselves, so there is no WebGL.
inline constexpr Drawing RASTER{
    "--disable-gpu",
    {{{"QT_QUICK_BACKEND", "software"}, {"QT_WAYLAND_DISABLE_HW_INTEGRATION", "1"}}}};

// Before QApplication. Qt and Chromium read what is asked of them from the environment only.
void configureEngine(const Drawing& drawing = RASTER);

// Versions of Qt WebEngine, Chromium and its security patches, for doctor; at most 128 bytes.
std::string engineVersion();

}  // namespace sallyport::renderer
