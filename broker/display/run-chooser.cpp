// Role chooser: one dialog for the broker, then the broker ends it.
#include <capnp/rpc-twoparty.h>

#include <QApplication>
#include <QDialogButtonBox>
#include <QJsonArray>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QStyleFactory>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "broker/display/chooser-session.h"
#include "broker/display/display-cage.h"
#include "broker/display/roles.h"
#include "broker/qt-loop/loop.h"
#include "broker/qt-loop/socket-stream.h"
#if SALLYPORT_TESTING
#include "broker/display/prompt-script.h"
#endif

namespace sallyport::display {
namespace {

constexpr int BROKER_FD = 3;

int serve(int argc, char** argv, ChooserSession::Shown shown) {
  int noArguments = argc > 0 ? 1 : 0;  // Qt reads options of its own from the command line
  QApplication app(noArguments, argv);
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QApplication::setDesktopFileName(QStringLiteral("org.sallyport.Chooser"));
  QApplication::setQuitOnLastWindowClosed(false);
  // What the dialog would remember of one app's folders is nothing for the next app to show.
  QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, QStringLiteral("/nonexistent"));

  qt_loop::QtLoop loop;
  qt_loop::QtSocketStream broker(
      loop.port(), kj::AutoCloseFd(BROKER_FD), qt_loop::Descriptors::IGNORED);
  capnp::TwoPartyClient rpc(broker,
                            proto::MAX_PICKED_FILES,
                            kj::heap<ChooserSession>(std::move(shown)),
                            capnp::rpc::twoparty::Side::SERVER);
  auto gone =
      rpc.onDisconnect()
          .then([] { QCoreApplication::exit(); }, [](kj::Exception&&) { QCoreApplication::exit(); })
          .eagerlyEvaluate(nullptr);
  const int code = QApplication::exec();
  gone = nullptr;
  return code;
}

#if SALLYPORT_TESTING
// Types the paths into the real dialog and clicks its button once that is awake.
void answer(FileDialog& dialog, const QJsonValue& answer) {
  QStringList paths;
  for (const auto& path : answer.isArray() ? answer.toArray() : QJsonArray{answer})
    paths.append(u'"' + path.toString() + u'"');
  auto* name = dialog.findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
  auto* buttons = dialog.findChild<QDialogButtonBox*>(QStringLiteral("buttonBox"));
  name->setText(paths.size() == 1 ? paths.front().mid(1, paths.front().size() - 2)
                                  : paths.join(u' '));
  auto* poll = new QTimer(&dialog);
  poll->callOnTimeout(&dialog, [&dialog, buttons, poll] {
    if (!dialog.isArmed()) return;
    poll->stop();
    buttons
        ->button(dialog.acceptMode() == QFileDialog::AcceptSave ? QDialogButtonBox::Save
                                                                : QDialogButtonBox::Open)
        ->click();
  });
  poll->start(20);
}

int serveByScript(int argc, char** argv) try {
  PromptScript script(QString::fromLocal8Bit(argv[4]));
  enterChooserCage();
  return serve(argc, argv, [&script](FileDialog& dialog, proto::FileQuestion::Kind kind) {
    const auto line =
        script.answerTo(kind == proto::FileQuestion::Kind::SAVE ? QStringLiteral("chooseSave")
                                                                : QStringLiteral("chooseOpen"));
    if (line.isNull() || line.isUndefined() || line == QJsonValue(QStringLiteral("declined"))) {
      QTimer::singleShot(0, &dialog, [&dialog] { dialog.reject(); });
    } else if (line != QJsonValue(QStringLiteral("none"))) {
      answer(dialog, line);
    }
  });
} catch (const std::runtime_error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 2;
}
#endif

}  // namespace

int runChooser(int argc, char** argv) {
#if SALLYPORT_TESTING
  if (argc == 5 && std::strcmp(argv[3], "--prompt-script") == 0) return serveByScript(argc, argv);
#endif
  if (argc != 3) {
    std::fputs("usage: sallyport-display --role chooser\n", stderr);
    return 2;
  }
  enterChooserCage();
  return serve(argc, argv, {});
}

}  // namespace sallyport::display
