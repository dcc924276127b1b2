// See run.h.
#include "renderer/run.h"

#include <kj/io.h>

#include <QApplication>

#include "broker/qt-loop/loop.h"
#include "renderer/tunnel/stream-sockets.h"

namespace sallyport::renderer {

namespace {

constexpr int SESSION_FD = 3;

}  // namespace

int run(int argc, char** argv, const Additions& additions) {
  configureEngine(additions.drawing);
  QApplication app(argc, argv);
  app.setQuitOnLastWindowClosed(false);  // the broker closes windows
  qt_loop::QtLoop loop;
  Window window(loop, kj::AutoCloseFd(SESSION_FD));
  const auto added = additions.toWindow ? additions.toWindow(window) : nullptr;
  setOnConnect(window.proxy().adopter());
  const int code = QApplication::exec();
  setOnConnect({});
  return code;
}

}  // namespace sallyport::renderer
