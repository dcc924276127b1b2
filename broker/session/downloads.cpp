// A download is adopted, read, over; in this order the functions below. Runs in the broker.
#include "broker/session/downloads.h"

#include <iterator>
#include <utility>

#include "broker/session/incident.h"
#include "proto/session.capnp.h"

namespace sallyport::session {

using commands::Code;

Downloads::Downloads(Parts parts, const std::string& window) : m_parts(parts), m_window(window) {}

Settled Downloads::adopt(Settled settled) {
  if (settled.attachments.empty()) return settled;
  const commands::Attachments attachments = std::exchange(settled.attachments, {});
  if (!m_parts.dispatcher.stillReaches(*settled.command, settled.scope)) {
    return {{}, m_parts.dispatcher.denied(*settled.command)};
  }
  if (m_downloads.size() + attachments.size() > proto::MAX_OPEN_DOWNLOADS) {
    m_parts.journal.refused(m_window, settled.command->name, Code::RATE_LIMITED);
    return {{},
            Refusal{Code::RATE_LIMITED, "Too many downloads are open.", settled.command->name, {}}};
  }
  for (const commands::LargeBytes& bytes : attachments) {
    m_downloads.emplace_hint(
        m_downloads.end(),
        ++m_last,
        Download{settled.command, settled.scope, bytes.source, bytes.size, m_parts.timer.now()});
    settled.downloads.push_back({m_last, bytes.size});
  }
  watch();
  return settled;
}

std::optional<EndReason> Downloads::mayRead(std::uint64_t number) const {
  if (number == 0 || number > m_last) return EndReason::BAD_TRANSFER;
  const auto found = m_downloads.find(number);
  if (found != m_downloads.end() && found->second.reading) return EndReason::BAD_TRANSFER;
  return std::nullopt;
}

kj::Promise<Downloads::Piece> Downloads::read(std::uint64_t number) {
  const auto found = m_downloads.find(number);
  if (found == m_downloads.end()) return Piece{{}, cancelled(), {}};
  Download& download = found->second;
  if (download.refusal) return over(number, std::move(*download.refusal));
  auto paf = kj::newPromiseAndFulfiller<Piece>();
  auto stop = std::make_shared<Stop>(kj::mv(paf.fulfiller));
  download.reading = stop;
  auto source = download.source;  // it may be discarded meanwhile
  commands::ByteSource& from = *source;
  return kj::evalNow([&] { return from.read(); })
      .then([this, number](Source&& piece) { return take(number, kj::mv(piece)); },
            [this, number](kj::Exception&& exception) {
              const auto open = m_downloads.find(number);
              if (open == m_downloads.end()) return Piece{{}, cancelled(), {}};
              const auto& command = *open->second.command;
              return over(number, m_parts.dispatcher.internal(command, describe(exception)));
            })
      .then([this](Piece piece) -> kj::Promise<Piece> {
        const std::size_t bytes = piece.bytes.size();
        if (bytes < Guard::LARGE_REPLY_BYTES) return kj::mv(piece);
        return m_parts.guard.room(bytes, bytes)
            .then([piece = kj::mv(piece)](kj::Own<Guard::Room> room) mutable {
              piece.room = kj::mv(room);
              return kj::mv(piece);
            });
      })
      .attach(kj::mv(source))
      .exclusiveJoin(kj::mv(paf.promise))
      .attach(kj::mv(stop), kj::defer([this, number] {
                const auto open = m_downloads.find(number);
                if (open != m_downloads.end()) open->second.reading = nullptr;
              }));
}

Downloads::Piece Downloads::take(std::uint64_t number, Source&& piece) {
  const auto found = m_downloads.find(number);
  if (found == m_downloads.end()) return {{}, cancelled(), {}};
  Download& download = found->second;
  if (download.refusal) return over(number, std::move(*download.refusal));
  if (piece.has_error()) {
    return over(number, m_parts.dispatcher.failed(*download.command, piece.error()));
  }
  const std::size_t bytes = piece->size();
  if (bytes > proto::PIECE_BYTES || bytes > download.left || (bytes == 0 && download.left > 0)) {
    return over(number,
                m_parts.dispatcher.internal(*download.command,
                                            "a source of bytes is not as large as it said"));
  }
  download.left -= bytes;
  download.lastRead = m_parts.timer.now();
  if (bytes == 0) m_downloads.erase(found);
  return {kj::mv(*piece), std::nullopt, {}};
}

Downloads::Piece Downloads::over(std::uint64_t number, Refusal why) {
  m_downloads.erase(number);
  return {{}, std::move(why), {}};
}

Refusal Downloads::cancelled() { return {Code::CANCELLED, "The download is over.", {}, {}}; }

void Downloads::discard(std::uint64_t number) {
  const auto found = m_downloads.find(number);
  if (found == m_downloads.end()) return;
  if (found->second.reading) (*found->second.reading)->fulfill(Piece{{}, cancelled(), {}});
  m_downloads.erase(found);
}

void Downloads::watch() {
  if (m_watching) return;
  m_watching = true;
  m_watch = dropIdle().eagerlyEvaluate(nullptr);
}

// Looks at twice the rate at which it drops, as long as there is anything.
kj::Promise<void> Downloads::dropIdle() {
  const auto idle = proto::TRANSFER_IDLE_MS * kj::MILLISECONDS;
  return m_parts.timer.afterDelay(idle / 2).then([this, idle]() -> kj::Promise<void> {
    for (auto at = m_downloads.begin(); at != m_downloads.end();) {
      const Download& download = at->second;
      const bool isIdle = !download.reading && m_parts.timer.now() - download.lastRead >= idle;
      at = isIdle ? m_downloads.erase(at) : std::next(at);
    }
    m_watching = !m_downloads.empty();
    return m_watching ? dropIdle() : kj::READY_NOW;
  });
}

void Downloads::grantsChanged() {
  m_regrant = kj::evalLater([this] {
                for (auto& [number, download] : m_downloads) {
                  if (download.refusal ||
                      m_parts.dispatcher.stillReaches(*download.command, download.scope)) {
                    continue;
                  }
                  download.refusal = m_parts.dispatcher.denied(*download.command);
                  download.source = nullptr;
                  if (download.reading) {
                    (*download.reading)->fulfill(Piece{{}, *download.refusal, {}});
                  }
                }
              }).eagerlyEvaluate(nullptr);
}

void Downloads::stop() {
  m_regrant = nullptr;
  m_watch = nullptr;
  m_watching = true;  // for good
  m_downloads.clear();
}

}  // namespace sallyport::session
