// Two ways in one page. "serial N" and "flood N": a QWebChannel call that ends in the Qt process.
// "raw-serial N" and "raw-flood N": the raw way, on which each call goes on over a socketpair to a
// process that sends it back, and comes to the page as a signal. Takes such lines on descriptor 3
// and answers each with one: the nanoseconds between arrivals, or the page's milliseconds.
#include <poll.h>
#include <sys/socket.h>
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
#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>

#include "renderer/view/engine.h"

namespace {

constexpr int CONTROL_FD = 3;

constexpr const char* SCRIPT = R"js(
new QWebChannel(qt.webChannelTransport, (channel) => {
  const echo = channel.objects.echo;
  const call = (text) => new Promise((resolve) => echo.echo(text, resolve));
  const waiting = new Map();
  let lastId = 0;
  const raw = (text) => new Promise((resolve) => {
    waiting.set(++lastId, resolve);
    echo.raw(lastId, text);
  });
  echo.answered.connect((id, text) => {
    waiting.get(id)(text);
    waiting.delete(id);
  });
  const argument = JSON.stringify({ text: "0123456789" });
  echo.serial.connect(async (isRaw, count) => {
    const way = isRaw ? raw : call;
    for (let i = 0; i < count; i++) await way(argument);
    echo.done(0);
  });
  echo.flood.connect(async (isRaw, count) => {
    const way = isRaw ? raw : call;
    const start = performance.now();
    const all = [];
    for (let i = 0; i < count; i++) all.push(way(argument));
    await Promise.all(all);
    echo.done(performance.now() - start);
  });
  echo.done(-1);
});)js";

struct RawFrame {
  int id;
  char text[60];
};

// The other process of the raw way; ends with its socket.
int startRawPeer() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return -1;
  if (::fork() == 0) {
    ::close(pair[0]);
    ::close(CONTROL_FD);
    RawFrame frame;
    while (::recv(pair[1], &frame, sizeof(frame), 0) == sizeof(frame)) {
      if (::send(pair[1], &frame, sizeof(frame), MSG_NOSIGNAL) != sizeof(frame)) break;
    }
    ::_exit(0);
  }
  ::close(pair[1]);
  return pair[0];
}

class Echo final : public QObject {
  Q_OBJECT

 public:
  explicit Echo(int peer) : m_peer(peer) {}

  Q_INVOKABLE QString echo(const QString& text) {
    m_arrivals.push_back(std::chrono::steady_clock::now());
    return text;
  }

  // Frames of a fixed size: the id and the text. A full socket is emptied first, as one that only
  // echoes must be.
  Q_INVOKABLE void raw(int id, const QString& text) {
    m_arrivals.push_back(std::chrono::steady_clock::now());
    RawFrame frame{id, {}};
    const auto bytes = text.toUtf8();
    std::memcpy(
        frame.text,
        bytes.constData(),
        std::min<std::size_t>(sizeof(frame.text) - 1, static_cast<std::size_t>(bytes.size())));
    while (::send(m_peer, &frame, sizeof(frame), MSG_DONTWAIT) != sizeof(frame)) {
      pollfd wait{m_peer, POLLIN | POLLOUT, 0};
      ::poll(&wait, 1, -1);
      if ((wait.revents & POLLIN) != 0) readRaw();
    }
  }

  void readRaw() {
    RawFrame frame;
    while (::recv(m_peer, &frame, sizeof(frame), MSG_DONTWAIT) == sizeof(frame)) {
      Q_EMIT answered(frame.id, QString::fromUtf8(frame.text));
    }
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
  void serial(bool isRaw, int count);
  void flood(bool isRaw, int count);
  void answered(int id, const QString& text);

 private:
  int m_peer;
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
  const int peer = startRawPeer();  // before there are threads
  sallyport::renderer::configureEngine();
  QApplication app(argc, argv);
  Files files;
  QWebEngineProfile profile;
  profile.installUrlSchemeHandler("app", &files);
  Echo echo(peer);
  QSocketNotifier answers(peer, QSocketNotifier::Read);
  QObject::connect(&answers, &QSocketNotifier::activated, &echo, [&echo] { echo.readRaw(); });
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
    const bool isRaw = words.value(0).startsWith("raw-");
    if (words.value(0).endsWith("serial")) {
      Q_EMIT echo.serial(isRaw, count);
    } else {
      Q_EMIT echo.flood(isRaw, count);
    }
  });
  page.load(QUrl("app://bench/index.html"));
  const int code = QApplication::exec();
  view.setPage(nullptr);
  return code;
}

#include "channel-echo.moc"
