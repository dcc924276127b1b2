// Variant (a): a QWebChannel call that ends in the Qt process. Takes "serial N" and "flood N" lines
// on descriptor 3 and answers each with one line: the nanoseconds between arrivals, or the page's
// milliseconds.
#include <unistd.h>

#include <QApplication>
#include <QBuffer>
#include <QFile>
#include <QSocketNotifier>
#include <QWebChannel>
#include <QWebEnginePage>
#include <QWebEngineProfile>
#include <QWebEngineUrlRequestJob>
#include <QWebEngineUrlSchemeHandler>
#include <QWebEngineView>
#include <chrono>
#include <string>

#include "renderer/view/engine.h"

namespace {

constexpr int CONTROL_FD = 3;

constexpr const char* SCRIPT = R"js(
new QWebChannel(qt.webChannelTransport, (channel) => {
  const echo = channel.objects.echo;
  const call = (text) => new Promise((resolve) => echo.echo(text, resolve));
  const argument = JSON.stringify({ text: "0123456789" });
  echo.serial.connect(async (count) => {
    for (let i = 0; i < count; i++) await call(argument);
    echo.done(0);
  });
  echo.flood.connect(async (count) => {
    const start = performance.now();
    const all = [];
    for (let i = 0; i < count; i++) all.push(call(argument));
    await Promise.all(all);
    echo.done(performance.now() - start);
  });
  echo.done(-1);
});)js";

class Echo final : public QObject {
  Q_OBJECT

 public:
  Q_INVOKABLE QString echo(const QString& text) {
    m_arrivals.push_back(std::chrono::steady_clock::now());
    return text;
  }

  Q_INVOKABLE void done(double milliseconds) {
    std::string line = std::to_string(milliseconds);
    for (std::size_t i = 1; i < m_arrivals.size() && milliseconds == 0; ++i) {
      line += ' ' + std::to_string((m_arrivals[i] - m_arrivals[i - 1]).count());
    }
    line += '\n';
    m_arrivals.clear();
    if (::write(CONTROL_FD, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      QCoreApplication::exit(1);
    }
  }

 Q_SIGNALS:
  void serial(int count);
  void flood(int count);

 private:
  std::vector<std::chrono::steady_clock::time_point> m_arrivals;
};

class Files final : public QWebEngineUrlSchemeHandler {
 public:
  void requestStarted(QWebEngineUrlRequestJob* job) override {
    auto* body = new QBuffer(job);
    const bool isScript = job->requestUrl().path() == "/bench.js";
    if (isScript) {
      QFile library(":/qtwebchannel/qwebchannel.js");
      if (library.open(QIODevice::ReadOnly)) {
        body->setData(library.readAll() + SCRIPT);
      }
    } else {
      body->setData("<!doctype html><meta charset=utf-8><script src=/bench.js></script>");
    }
    body->open(QIODevice::ReadOnly);
    job->reply(isScript ? "text/javascript" : "text/html", body);
  }
};

}  // namespace

int main(int argc, char** argv) {
  sallyport::renderer::configureEngine();
  QApplication app(argc, argv);
  Files files;
  QWebEngineProfile profile;
  profile.installUrlSchemeHandler("app", &files);
  Echo echo;
  QWebChannel channel;
  channel.registerObject("echo", &echo);
  QWebEnginePage page(&profile);
  page.setWebChannel(&channel);
  QWebEngineView view;
  view.setPage(&page);
  view.show();
  QSocketNotifier control(CONTROL_FD, QSocketNotifier::Read);
  QObject::connect(&control, &QSocketNotifier::activated, &app, [&echo] {
    char line[64] = {};
    if (::read(CONTROL_FD, line, sizeof(line) - 1) <= 0) {
      QCoreApplication::quit();
      return;
    }
    const auto words = QByteArray(line).trimmed().split(' ');
    const int count = words.value(1).toInt();
    if (words.value(0) == "serial") {
      Q_EMIT echo.serial(count);
    } else {
      Q_EMIT echo.flood(count);
    }
  });
  page.load(QUrl("app://bench/index.html"));
  const int code = QApplication::exec();
  view.setPage(nullptr);
  return code;
}

#include "channel-echo.moc"
