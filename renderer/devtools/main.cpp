// sallyport-renderer-devtools: the renderer with the engine's inspector, for who develops an app.
// In the same cage, by the same policy as sallyport-renderer; only a testing build has it.
#include "renderer/devtools/inspector.h"
#include "renderer/run.h"

int main(int argc, char** argv) {
  using namespace sallyport::renderer;
  return run(argc, argv, {.toWindow = [](Window& window) {
               return std::make_unique<Inspector>(window.view());
             }});
}
