// See proxy.h.
#include "renderer/tunnel/proxy.h"

#include <fcntl.h>
#include <unistd.h>

#include <QMetaObject>
#include <array>
#include <charconv>
#include <utility>

namespace sallyport::renderer {

namespace {

constexpr std::string_view ESTABLISHED = "HTTP/1.1 200 OK\r\n\r\n";
constexpr std::string_view REFUSED = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::optional<ConnectTarget> readConnect(std::string_view head) {
  constexpr std::string_view METHOD = "CONNECT ";
  if (!head.starts_with(METHOD)) {
    return std::nullopt;
  }
  head.remove_prefix(METHOD.size());
  const auto authority = head.substr(0, head.find_first_of(" \r\n"));
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return std::nullopt;
  }
  ConnectTarget target;
  for (const char c : authority.substr(0, colon)) {
    target.host.push_back(lower(c));
  }
  const auto digits = authority.substr(colon + 1);
  const auto* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, target.port);
  if (read.ec != std::errc() || read.ptr != end || target.port == 0) {
    return std::nullopt;
  }
  return target;
}

struct Proxy::Connection {
  Connection(qt_loop::QtEventPort& port, kj::AutoCloseFd peer, std::uint32_t number)
      : stream(port, kj::mv(peer), qt_loop::Descriptors::IGNORED), id(number) {}

  qt_loop::QtSocketStream stream;
  const std::uint32_t id;
  std::string head;
  kj::Array<kj::byte> bytes = kj::heapArray<kj::byte>(PageConnections::MAX_BYTES);  // going up
};

std::function<void(int)> Proxy::adopter() {
  return [this, context = std::weak_ptr(m_context)](int peer) {
    const auto alive = context.lock();
    if (!alive) {
      ::close(peer);
      return;
    }
    QMetaObject::invokeMethod(
        alive.get(), [this, peer] { adopt(kj::AutoCloseFd(peer)); }, Qt::QueuedConnection);
  };
}

void Proxy::adopt(kj::AutoCloseFd peer) {
  if (!m_isOpen || m_open >= PageConnections::MAX_OPEN) {
    return;  // closed
  }
  ::fcntl(peer.get(), F_SETFL, O_NONBLOCK);
  ++m_open;
  auto connection = kj::heap<Connection>(m_loop.port(), kj::mv(peer), ++m_lastId);
  auto& made = *connection;
  m_tasks.add(kj::evalLater([this, &made] {
                return readHead(made);
              }).then([this, &made] {
                  return serve(made);
                }).attach(kj::defer([this] { --m_open; }), kj::mv(connection)));
  m_loop.turn();
}

kj::Promise<void> Proxy::readHead(Connection& connection) {
  return connection.stream.tryRead(connection.bytes.begin(), 1, connection.bytes.size())
      .then([this, &connection](std::size_t count) -> kj::Promise<void> {
        const auto chars = connection.bytes.slice(0, count).asChars();
        connection.head.append(chars.begin(), chars.size());
        if (connection.head.ends_with("\r\n\r\n")) {
          return kj::READY_NOW;  // the engine waits for the answer before it says more
        }
        if (count == 0 || connection.head.size() > MAX_HEAD_BYTES) {
          return KJ_EXCEPTION(DISCONNECTED, "no request");
        }
        return readHead(connection);
      });
}

kj::Promise<void> Proxy::serve(Connection& connection) {
  const auto target = readConnect(connection.head);
  auto connected = target ? m_link.connections().open(connection.id, target->host, target->port)
                          : kj::Promise<bool>(false);
  return connected.then([this, &connection](bool reached) -> kj::Promise<void> {
    if (!reached) {
      return connection.stream.write(REFUSED.data(), REFUSED.size());
    }
    return connection.stream.write(ESTABLISHED.data(), ESTABLISHED.size())
        .then([this, &connection] { return up(connection).exclusiveJoin(down(connection)); })
        .attach(kj::defer([this, id = connection.id] { m_link.connections().close(id); }));
  });
}

kj::Promise<void> Proxy::up(Connection& connection) {
  return connection.stream.tryRead(connection.bytes.begin(), 1, connection.bytes.size())
      .then([this, &connection](std::size_t count) -> kj::Promise<void> {
        if (count == 0) {
          return kj::READY_NOW;
        }
        return m_link.connections()
            .send(connection.id, connection.bytes.slice(0, count))
            .then([this, &connection] { return up(connection); });
      });
}

// When there is no more, the engine reads what it has and closes: then up() ends.
kj::Promise<void> Proxy::down(Connection& connection) {
  return m_link.connections()
      .receive(connection.id)
      .then([this, &connection](kj::Array<kj::byte> bytes) -> kj::Promise<void> {
        if (bytes.size() == 0) {
          connection.stream.shutdownWrite();
          return kj::NEVER_DONE;
        }
        auto written = connection.stream.write(bytes.begin(), bytes.size());
        return written.attach(kj::mv(bytes)).then([this, &connection] { return down(connection); });
      });
}

}  // namespace sallyport::renderer
