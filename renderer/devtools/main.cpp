// sallyport-renderer-devtools: the renderer with the engine's inspector, for who develops an app.
// In the same cage, by the same policy as sallyport-renderer; only a testing build has it.
#include <kj/io.h>

#include <QApplication>

#include "broker/qt-loop/loop.h"
#include "renderer/devtools/inspector.h"
#include "renderer/tunnel/stream-sockets.h"
#include "renderer/view/engine.h"
#include "renderer/view/window.h"

namespace {

constexpr int SESSION_FD = 3;

}  // namespace

int main(int argc, char** argv) {
  using namespace sallyport;
  renderer::configureEngine();
  QApplication app(argc, argv);
  app.setQuitOnLastWindowClosed(false);  // the broker closes windows
  qt_loop::QtLoop loop;
  renderer::Window window(loop, kj::AutoCloseFd(SESSION_FD));
  renderer::setOnConnect(window.proxy().adopter());
  const renderer::Inspector inspector(window.view());
  const int code = QApplication::exec();
  renderer::setOnConnect({});
  return code;
}
