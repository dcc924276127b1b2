// Role prompt: builds the parts, runs the loop until the broker closes it or either peer goes away.
#include <capnp/rpc-twoparty.h>
#include <kj/debug.h>

#include <QApplication>
#include <QStyleFactory>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "broker/display/display-cage.h"
#include "broker/display/prompt-desk.h"
#include "broker/display/prompt-session.h"
#include "broker/display/roles.h"
#include "broker/qt-loop/loop.h"
#include "broker/qt-loop/socket-stream.h"
#if SALLYPORT_TESTING
#include "broker/display/prompt-script.h"
#endif

namespace sallyport::display {
namespace {

constexpr int BROKER_FD = 3;
constexpr int VAULT_FD = 4;

int serve(int argc, char** argv, PromptDesk& desk) {
  int noArguments = argc > 0 ? 1 : 0;  // Qt reads options of its own from the command line
  QApplication app(noArguments, argv);
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QApplication::setDesktopFileName(QStringLiteral("org.sallyport.Prompt"));
  QApplication::setQuitOnLastWindowClosed(false);

  qt_loop::QtLoop loop;
  qt_loop::QtSocketStream broker(
      loop.port(), kj::AutoCloseFd(BROKER_FD), qt_loop::Descriptors::IGNORED);
  qt_loop::QtSocketStream vault(
      loop.port(), kj::AutoCloseFd(VAULT_FD), qt_loop::Descriptors::IGNORED);
  capnp::TwoPartyClient brokerRpc(
      broker, kj::heap<PromptControlSession>(desk), capnp::rpc::twoparty::Side::SERVER);
  capnp::TwoPartyClient vaultRpc(
      vault, kj::heap<PromptSession>(desk), capnp::rpc::twoparty::Side::SERVER);
  // exit(), not quit(): quit() asks the windows, and ours say no.
  // Without the vault there is nobody to ask for, without the broker nobody to stop us.
  auto gone =
      brokerRpc.onDisconnect()
          .exclusiveJoin(vaultRpc.onDisconnect())
          .then([] { QCoreApplication::exit(); }, [](kj::Exception&&) { QCoreApplication::exit(); })
          .eagerlyEvaluate(nullptr);
  const int code = QApplication::exec();
  gone = nullptr;
  return code;
}

#if SALLYPORT_TESTING
int serveByScript(int argc, char** argv, PromptDesk& desk) try {
  PromptScript script(QString::fromLocal8Bit(argv[4]));
  desk.onShown([&script](PromptDialog& dialog) { script.shown(dialog); });
  enterCage("prompt", script.writableDirectories());
  return serve(argc, argv, desk);
} catch (const std::runtime_error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 2;
}
#endif

}  // namespace

int runPrompt(int argc, char** argv) {
  PromptDesk desk;
#if SALLYPORT_TESTING
  if (argc == 5 && std::strcmp(argv[3], "--prompt-script") == 0) {
    return serveByScript(argc, argv, desk);
  }
#endif
  if (argc != 3) {
    std::fputs("usage: sallyport-display --role prompt\n", stderr);
    return 2;
  }
  enterCage("prompt", {});
  return serve(argc, argv, desk);
}

}  // namespace sallyport::display
