// The renderer without the switch that makes every name unknown to the engine, so that a test sees
// what the request filter holds back alone.
#include <kj/io.h>

#include <QApplication>

#include "broker/qt-loop/loop.h"
#include "renderer/view/engine.h"
#include "renderer/view/window.h"

int main(int argc, char** argv) {
  using namespace sallyport;
  renderer::configureEngine();
  auto switches = qgetenv("QTWEBENGINE_CHROMIUM_FLAGS");
  for (const char* name : {renderer::RESOLVER_SWITCH, renderer::PROXY_SWITCHES}) {
    const auto size = switches.size();
    switches.replace(name, "");
    if (switches.size() == size) {
      return 1;  // the switch is not there
    }
  }
  qputenv("QTWEBENGINE_CHROMIUM_FLAGS", switches);
  QApplication app(argc, argv);
  qt_loop::QtLoop loop;
  renderer::Window window(loop, kj::AutoCloseFd(3));
  return QApplication::exec();
}
