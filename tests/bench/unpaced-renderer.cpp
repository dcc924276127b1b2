// The renderer without the pace that keeps a page below the guard's rate, to see what the way
// itself can carry. Only the benchmark starts it, against a session without a guard.
#include <kj/io.h>

#include <QApplication>

#include "broker/qt-loop/loop.h"
#include "renderer/view/engine.h"
#include "renderer/view/window.h"

int main(int argc, char** argv) {
  using namespace sallyport;
  renderer::configureEngine();
  QApplication app(argc, argv);
  app.setQuitOnLastWindowClosed(false);
  qt_loop::QtLoop loop;
  renderer::Window window(loop, kj::AutoCloseFd(3), {1e9, 1e12, 1e9});
  return QApplication::exec();
}
