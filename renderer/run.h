// A renderer's life: the engine, its window, Qt's loop. Each profile's program is a main() around
// it. Runs in the renderer.
#pragma once

#include <functional>
#include <memory>

#include "renderer/view/engine.h"
#include "renderer/view/window.h"

namespace sallyport::renderer {

struct Additions {
  const Drawing& drawing = RASTER;
  // Of a window that has loaded nothing yet; what it gives lives as long as the window.
  std::function<std::unique_ptr<QObject>(Window&)> toWindow;
};

// The exit code of the process. Descriptor 3 is the session, 4 the private Wayland socket.
int run(int argc, char** argv, const Additions& additions = {});

}  // namespace sallyport::renderer
