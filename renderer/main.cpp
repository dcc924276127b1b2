// sallyport-renderer: Qt WebEngine and one page, in the cage, with two descriptors: 3 is the
// session, 4 the private Wayland socket. Hostile by policy; the broker believes nothing from here.
#include <kj/io.h>

#include <QApplication>

#include "broker/qt-loop/loop.h"
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
  const int code = QApplication::exec();
  renderer::setOnConnect({});
  return code;
}
