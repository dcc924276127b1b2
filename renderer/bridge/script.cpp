// See script.h.
#include "renderer/bridge/script.h"

#include <QFile>
#include <QResource>

// A static library's resources are left out by the linker unless somebody asks for them; the macro
// must be expanded outside of any namespace.
static void initializeResources() { Q_INIT_RESOURCE(sallyport_bridge); }

namespace sallyport::renderer {

namespace {

QString resource(const QString& name) {
  QFile file(name);
  if (!file.open(QIODevice::ReadOnly)) {
    qFatal("missing resource %s", qPrintable(name));
  }
  return QString::fromUtf8(file.readAll());
}

}  // namespace

QString bridgeScript() {
  initializeResources();
  return QStringLiteral("(() => {\n\"use strict\";\n%1\n%2\n})();\n")
      .arg(resource(":/qtwebchannel/qwebchannel.js"), resource(":/sallyport/bridge.js"));
}

}  // namespace sallyport::renderer
