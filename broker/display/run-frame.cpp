// Role frame: builds the parts, runs the loop until the broker closes the window or goes away.
#include <capnp/rpc-twoparty.h>
#include <kj/debug.h>

#include <QApplication>
#include <QStyleFactory>
#include <cstdio>
#include <cstring>

#include "broker/display/display-cage.h"
#include "broker/display/frame-session.h"
#include "broker/display/private-runtime-directory.h"
#include "broker/display/roles.h"
#include "broker/qt-loop/loop.h"
#include "broker/qt-loop/socket-stream.h"

namespace sallyport::display {
namespace {

constexpr int BROKER_FD = 3;

}  // namespace

int runFrame(int argc, char** argv) {
  if (argc != 5 || std::strcmp(argv[3], "--label") != 0) {
    std::fputs("usage: sallyport-display --role frame --label LABEL\n", stderr);
    return 2;
  }
  enterCage("frame", {});
  removeAbandonedDirectories();
  const auto label = QString::fromUtf8(argv[4]);
  int noArguments = 1;  // Qt reads options of its own from the command line
  QApplication app(noArguments, argv);
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QApplication::setDesktopFileName(QStringLiteral("org.sallyport.Sallyport"));
  QApplication::setQuitOnLastWindowClosed(false);

  qt_loop::QtLoop loop;
  qt_loop::QtSocketStream broker(
      loop.port(), kj::AutoCloseFd(BROKER_FD), qt_loop::Descriptors::ACCEPTED);
  capnp::TwoPartyClient rpc(
      broker, 1, kj::heap<FrameSession>(label), capnp::rpc::twoparty::Side::SERVER);
  auto gone =
      rpc.onDisconnect()
          .then([] { QCoreApplication::exit(); }, [](kj::Exception&&) { QCoreApplication::exit(); })
          .eagerlyEvaluate(nullptr);
  return QApplication::exec();
}

}  // namespace sallyport::display
