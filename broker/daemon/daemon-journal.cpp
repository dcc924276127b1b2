#include "broker/daemon/daemon-journal.h"

namespace sallyport::daemon {
namespace {

constexpr unsigned REFUSALS_PER_MINUTE = 30;  // of one window; the rest is counted

std::string source(std::string_view window) { return "window " + std::string(window); }

}  // namespace

void DaemonJournal::attached(std::string_view window, std::string_view engine) {
  m_engines[std::string(window)] = std::string(engine);
  m_journal.write(Level::INFO, source(window), "attached: " + std::string(engine));
}

void DaemonJournal::ended(std::string_view window, session::EndReason reason) {
  m_journal.write(session::isBreach(reason) ? Level::WARNING : Level::INFO,
                  source(window),
                  "session ended: " + std::string(session::endReasonName(reason)));
}

void DaemonJournal::refused(std::string_view window,
                            std::string_view command,
                            commands::Code code) {
  const kj::TimePoint now = m_timer.now();
  auto& refusals = m_refusals.try_emplace(std::string(window), Refusals{now}).first->second;
  if (now - refusals.since > 1 * kj::MINUTES) {
    if (refusals.dropped > 0)
      m_journal.write(Level::WARNING,
                      source(window),
                      std::to_string(refusals.dropped) + " more calls were refused");
    refusals = {now};
  }
  if (refusals.written == REFUSALS_PER_MINUTE) {
    ++refusals.dropped;
    return;
  }
  ++refusals.written;
  m_journal.write(Level::INFO,
                  source(window),
                  "refused " +
                      (command.empty() ? std::string("an unknown command") : std::string(command)) +
                      ": " + std::string(commands::codeName(code)));
}

void DaemonJournal::incident(std::string_view window,
                             std::string_view command,
                             std::string_view incident,
                             std::string_view detail) {
  m_journal.write(Level::ERROR,
                  source(window),
                  "incident " + std::string(incident) + " in " + std::string(command) + ": " +
                      std::string(detail));
}

void DaemonJournal::pageLine(std::string_view window,
                             session::PageLevel level,
                             std::string_view text) {
  static constexpr Level LEVELS[] = {Level::DEBUG, Level::INFO, Level::WARNING, Level::ERROR};
  m_journal.write(LEVELS[static_cast<int>(level)], "page " + std::string(window), text);
}

std::string DaemonJournal::engineOf(const std::string& window) const {
  const auto found = m_engines.find(window);
  return found == m_engines.end() ? std::string() : found->second;
}

}  // namespace sallyport::daemon
