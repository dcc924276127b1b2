// sallyport-renderer-gpu: the renderer with WebGL and the engine's drawing by OpenGL, for who
// develops an app that wants them. Mesa draws in software, into shared memory: the same cage, no
// device, no call more; only a testing build has it.
#include <QWebEngineProfile>
#include <QWebEngineSettings>

#include "renderer/gpu/mesa.h"
#include "renderer/run.h"

namespace {

using namespace sallyport::renderer;

// The engine's list of drivers that it will not use has Mesa's in software.
constexpr Drawing OPENGL{
    "--ignore-gpu-blocklist",
    {{{"LIBGL_ALWAYS_SOFTWARE", "1"}, {"QT_WAYLAND_CLIENT_BUFFER_INTEGRATION", "wayland-egl"}}}};

std::unique_ptr<QObject> permitWebGl(Window& window) {
  auto* const settings = window.view().page()->profile()->settings();
  settings->setAttribute(QWebEngineSettings::WebGLEnabled, true);
  settings->setAttribute(QWebEngineSettings::Accelerated2dCanvasEnabled, true);
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  describeMesa();
  return run(argc, argv, {.drawing = OPENGL, .toWindow = permitWebGl});
}
