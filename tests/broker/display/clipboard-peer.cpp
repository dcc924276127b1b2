// Another program of the user, as far as the clipboard is concerned. `read` prints what it holds;
// `write TEXT` takes it, says "set" and stays its owner.
#include <QClipboard>
#include <QGuiApplication>
#include <QTimer>
#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
  QGuiApplication app(argc, argv);
  if (argc == 3 && std::strcmp(argv[1], "write") == 0) {
    const auto text = QString::fromUtf8(argv[2]);
    QTimer::singleShot(0, [text] {
      QGuiApplication::clipboard()->setText(text);
      std::puts("set");
      std::fflush(stdout);
    });
    return QGuiApplication::exec();
  }
  std::fputs(qUtf8Printable(QGuiApplication::clipboard()->text()), stdout);
  return 0;
}
