// See window.h.
#include "renderer/view/window.h"

#include <unistd.h>

#include <QCoreApplication>
#include <QGuiApplication>
#include <QScreen>
#include <QTimer>
#include <chrono>

#include "renderer/view/authorities.h"
#include "renderer/view/engine.h"

namespace sallyport::renderer {

namespace {

// A page or engine that hangs while it is taken down must not keep the process: SIGALRM ends it.
constexpr unsigned EXIT_SECONDS = 3;

}  // namespace

// Everything but the load happens before the broker has answered: it verifies the cage meanwhile.
Window::Window(qt_loop::QtLoop& loop, kj::AutoCloseFd session, Pace::Rates rates)
    : m_link(loop, kj::mv(session), *this, rates),
      m_bridge(loop, m_link),
      m_proxy(loop, m_link),
      m_profile(m_link, m_bridge, m_origin),
      m_page(m_profile.engine(), m_link, m_origin) {
  m_link.attach(engineVersion());
  m_channel.registerObject("bridge", &m_bridge);
  m_page.setWebChannel(&m_channel);
  m_view.setPage(&m_page);
  m_view.setContextMenuPolicy(Qt::NoContextMenu);
  m_view.setWindowFlag(Qt::FramelessWindowHint);
  QObject::connect(&m_page, &QWebEnginePage::renderProcessTerminated, &m_view, [this] {
    exit(ExitCode::PAGE_CRASHED);
  });
}

Window::~Window() { m_view.setPage(nullptr); }

void Window::started(const Start& start) {
  m_bridge.start(start);
  m_origin.set(start);
  if (m_origin.isRemote()) {
    trustOnly(start.authorities);
    m_proxy.open();
  }
  m_view.setWindowTitle(QString::fromStdString(start.title));
  // The frame's one output is as large as its host window. Without a size of its own the view has
  // none (Qt 6.4), and an empty window is never shown, so it would never learn the size from the
  // frame's configure either.
  m_view.resize(QGuiApplication::primaryScreen()->size());
  m_view.show();
  load(start.url);
}

bool Window::load(const std::string& url) {
  const QUrl target(QString::fromStdString(url));
  if (!m_origin.contains(target)) {
    return false;
  }
  m_page.load(target);
  return true;
}

void Window::close() { exit(ExitCode::CLOSED); }

void Window::disconnected() {
  m_bridge.disconnected();
  exit(ExitCode::BROKER_GONE);
}

// Posted, so that what this turn wrote (the answer to close, the rejections) leaves first.
void Window::exit(ExitCode code) {
  ::alarm(EXIT_SECONDS);
  QTimer::singleShot(std::chrono::milliseconds(0), &m_view, [code] {
    QCoreApplication::exit(static_cast<int>(code));
  });
}

}  // namespace sallyport::renderer
