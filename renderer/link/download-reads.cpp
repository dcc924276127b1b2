// See download-reads.h.
#include "renderer/link/download-reads.h"

#include <utility>

#include "renderer/link/failure.h"
#include "renderer/link/paced.h"

namespace sallyport::renderer {

DownloadReads::DownloadReads(proto::Session::Client session, Pace& pace, kj::Timer& timer)
    : m_session(kj::mv(session)), m_pace(pace), m_timer(timer), m_tasks(*this) {}

void DownloadReads::read(std::uint64_t number, Came came) {
  m_waiting.push_back({number, std::move(came)});
  start();
}

void DownloadReads::start() {
  while (m_inFlight < IN_FLIGHT && !m_waiting.empty()) {
    Wanted wanted = std::move(m_waiting.front());
    m_waiting.pop_front();
    ++m_inFlight;
    m_tasks.add(ask(std::move(wanted)).then([this] {
      --m_inFlight;
      start();
    }));
  }
}

kj::Promise<void> DownloadReads::ask(Wanted wanted) {
  // A source of small pieces is read no faster than the guard lets it.
  return paced(m_pace, m_timer, {MESSAGES_OF_CALL, 0, 1})
      .then([this, number = wanted.number]() -> kj::Promise<Piece> {
        if (m_lost) {
          return Piece{{}, disconnected(0)};
        }
        auto request = m_session.readRequest();
        request.setDownload(number);
        return request.send().then([](auto&& response) -> Piece {
          auto piece = response.getPiece();
          if (piece.isFailed()) {
            return {{}, readFailure(piece.getFailed(), 0)};
          }
          return {kj::heapArray<kj::byte>(piece.getBytes()), std::nullopt};
        });
      })
      .catch_([](kj::Exception&& exception) -> Piece {
        const bool gone = exception.getType() == kj::Exception::Type::DISCONNECTED;
        return {{}, gone ? disconnected(0) : broken(0)};
      })
      .then([came = std::move(wanted.came)](Piece&& piece) { came(kj::mv(piece)); });
}

void DownloadReads::discard(std::uint64_t number) {
  if (m_lost) {
    return;
  }
  m_pace.owe(MESSAGES_OF_CALL, Pace::Clock::now());
  auto request = m_session.discardRequest();
  request.initDownloads(1).set(0, number);
  m_tasks.add(request.send().ignoreResult());
}

void DownloadReads::lost() { m_lost = true; }

}  // namespace sallyport::renderer
