// The window of a renderer process: link, bridge, profile, page and view, put together. Runs in the
// renderer.
#pragma once

#include <kj/io.h>

#include <QWebChannel>
#include <QWebEngineView>
#include <memory>

#include "broker/qt-loop/loop.h"
#include "renderer/bridge/bridge.h"
#include "renderer/link/session-link.h"
#include "renderer/tunnel/proxy.h"
#include "renderer/view/page-origin.h"
#include "renderer/view/page.h"
#include "renderer/view/profile.h"

namespace sallyport::renderer {

// How the process ends; the broker restarts the window for anything but CLOSED.
enum class ExitCode : int { CLOSED = 0, BROKER_GONE = 3, PAGE_CRASHED = 4 };

class Window final : private SessionEvents {
 public:
  Window(qt_loop::QtLoop& loop, kj::AutoCloseFd session, Pace::Rates rates = SessionLink::RATES);
  ~Window();

  Proxy& proxy() { return m_proxy; }
  QWebEngineView& view() { return m_view; }
  KJ_DISALLOW_COPY(Window);

 private:
  void started(const Start& start) override;
  void succeeded(CallId id,
                 std::string_view json,
                 const std::vector<OpenDownload>& downloads) override {
    m_bridge.succeeded(id, json, downloads);
  }
  void failed(const Failure& failure) override { m_bridge.failed(failure); }
  bool load(const std::string& url) override;
  void close() override;
  void deliver(const std::vector<Event>& events, const std::vector<Dropped>& dropped) override {
    m_bridge.deliver(events, dropped);
  }
  void disconnected() override;
  void exit(ExitCode code);

  SessionLink m_link;
  Bridge m_bridge;
  PageOrigin m_origin;
  Proxy m_proxy;
  Profile m_profile;
  QWebChannel m_channel;
  Page m_page;
  QWebEngineView m_view;
};

}  // namespace sallyport::renderer
