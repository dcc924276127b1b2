// Two windows of one broker, each with its own socket, and all that an honest page does with one:
// calls, a batch, events, a channel, bytes both ways.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <stdexcept>
#include <string>

#include "tests/broker/session/window-fixture.h"

namespace sallyport::faults {

// One window's end of the socket, and the renderer behind the other one.
class Peer {
 public:
  Peer(session::tests::WindowFixture& fixture, const std::string& label)
      : m_fixture(fixture), m_label(label) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
      throw std::runtime_error("no pair of sockets");
    using Provider = kj::LowLevelAsyncIoProvider;
    auto& provider = *fixture.io.lowLevelProvider;
    constexpr auto FLAGS = Provider::ALREADY_CLOEXEC | Provider::ALREADY_NONBLOCK;
    m_brokerEnd = ends[0];
    m_own = provider.wrapUnixSocketFd(kj::AutoCloseFd(ends[1]), FLAGS);
    m_connection =
        fixture.connect(provider.wrapUnixSocketFd(kj::AutoCloseFd(ends[0]), FLAGS), label);
    m_renderer.emplace(fixture, *m_own);
    m_renderer->piece = [](std::uint64_t) { return std::string(UPLOADED, 'u'); };
  }

  int brokerEnd() const { return m_brokerEnd; }  // a number, for as long as the session lives

  // Whether everything was answered as it should be. Throws where the connection broke.
  bool attach() {
    m_renderer->attach();
    return m_renderer->listen({"evt_note"}, session::tests::Renderer::Document::READY).empty();
  }
  bool work() { return calls() && event() && channel() && bytes(); }

  std::optional<session::EndReason> ended() {
    m_fixture.poll();
    std::optional<session::EndReason> reason;
    auto ending = m_connection->ended().then([&](session::EndReason why) { reason = why; });
    if (ending.poll(m_fixture.io.waitScope)) ending.wait(m_fixture.io.waitScope);
    return reason;
  }

 private:
  static constexpr std::size_t UPLOADED = 3000;
  static constexpr int DOWNLOADED = 400'000;  // more than a socket takes at once

  bool calls() {
    const std::uint64_t first = m_next;
    m_next += 3;
    const bool one = m_renderer->invoke("cmd_echo", R"({"text":"a"})", first).value == "\"a\"";
    const auto wrong =
        m_renderer->invokeMany({{"cmd_echo", R"({"text":"b"})"}, {"cmd_missing"}}, first + 1);
    auto& settlements = m_renderer->settlements;
    return one && wrong.empty() && settlements.of(first + 1).value == "\"b\"" &&
           settlements.of(first + 2).code == "not-found";
  }
  bool event() {
    m_renderer->controlCalls.clear();
    m_fixture.handlers.note.emitTo(m_label, "n");
    // An answer that comes behind the event.
    m_renderer->invoke("cmd_echo", R"({"text":"a"})", m_next++);
    m_fixture.poll();
    return m_renderer->controlCalls == std::vector<std::string>{"deliver evt_note\"n\""};
  }
  bool channel() {
    const std::uint64_t number = m_next++;
    if (!m_renderer->open(number, "cmd_count", R"({"to":3})").code.empty()) return false;
    std::size_t items = 0;
    for (bool more = true; more;) {
      const auto step = m_renderer->next(number);
      if (!step.failure.code.empty() || !step.failure.broken.empty()) return false;
      items += step.items.size();
      more = step.more;
    }
    return items == 3;
  }
  bool bytes() {
    const std::uint64_t upload = m_next++;
    const auto taken = m_fixture.answer(
        m_renderer->start("cmd_take", R"({"data":0})", m_next++, {{upload, UPLOADED}}));
    if (taken.value != std::to_string(UPLOADED)) return false;
    const auto given =
        m_renderer->invoke("cmd_give", "{\"bytes\":" + std::to_string(DOWNLOADED) + "}", m_next++);
    if (given.downloads.size() != 1) return false;
    std::size_t size = 0;
    for (auto piece = m_renderer->readPiece(given.downloads[0]); !piece.bytes.empty();
         piece = m_renderer->readPiece(given.downloads[0]))
      size += piece.bytes.size();
    return size == DOWNLOADED;
  }

  session::tests::WindowFixture& m_fixture;
  const std::string m_label;
  int m_brokerEnd = -1;
  kj::Own<kj::AsyncCapabilityStream> m_own;
  kj::Own<session::WindowConnection> m_connection;
  std::optional<session::tests::Renderer> m_renderer;
  std::uint64_t m_next = 1;
};

}  // namespace sallyport::faults
