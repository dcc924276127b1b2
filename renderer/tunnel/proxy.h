// What the engine takes for its HTTP proxy: answers CONNECT with a connection that the broker lets
// this page have, and moves bytes. Everything else is refused. Runs in the renderer.
#pragma once

#include <kj/async.h>
#include <kj/io.h>

#include <QObject>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/qt-loop/loop.h"
#include "broker/qt-loop/socket-stream.h"
#include "renderer/link/session-link.h"

namespace sallyport::renderer {

struct ConnectTarget {
  std::string host;  // lower case
  std::uint16_t port = 0;
};
// Of "CONNECT host:port HTTP/1.1" and what follows it.
std::optional<ConnectTarget> readConnect(std::string_view head);

class Proxy final : private kj::TaskSet::ErrorHandler {
 public:
  static constexpr std::size_t MAX_HEAD_BYTES = 8192;

  Proxy(qt_loop::QtLoop& loop, SessionLink& link) : m_loop(loop), m_link(link), m_tasks(*this) {}
  KJ_DISALLOW_COPY(Proxy);

  // Until then every connection is closed.
  void open() { m_isOpen = true; }

  // A stream of the engine's. On any thread; may outlive this object.
  std::function<void(int peer)> adopter();

 private:
  struct Connection;

  void adopt(kj::AutoCloseFd peer);
  kj::Promise<void> readHead(Connection& connection);
  kj::Promise<void> serve(Connection& connection);
  kj::Promise<void> up(Connection& connection);
  kj::Promise<void> down(Connection& connection);
  void taskFailed(kj::Exception&&) override {}  // a connection that broke; it is closed

  qt_loop::QtLoop& m_loop;
  SessionLink& m_link;
  std::shared_ptr<QObject> m_context = std::make_shared<QObject>();
  bool m_isOpen = false;
  std::uint32_t m_lastId = 0;
  std::uint32_t m_open = 0;
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::renderer
