// Runs in the broker.
#include "broker/session/page-log.h"

#include "proto/session.capnp.h"

namespace sallyport::session {

std::string escaped(std::string_view text, std::size_t maxBytes) {
  constexpr std::string_view DIGITS = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte < 0x7f && byte != '\\';
    if (out.size() + (plain ? 1 : 4) > maxBytes) break;
    if (plain) {
      out += c;
    } else {
      out += "\\x";
      out += DIGITS[byte >> 4];
      out += DIGITS[byte & 0xf];
    }
  }
  return out;
}

PageLog::PageLog(std::string window, kj::Timer& timer, SessionJournal& journal)
    : m_window(std::move(window)), m_timer(timer), m_journal(journal), m_minuteFrom(timer.now()) {}

void PageLog::line(PageLevel level, std::string_view text) {
  const kj::TimePoint now = m_timer.now();
  if (now - m_minuteFrom >= 1 * kj::MINUTES) {
    summarise();
    m_minuteFrom = now;
    m_lines = 0;
  }
  if (m_lines < proto::LOG_LINES_PER_MINUTE) {
    ++m_lines;
    m_journal.pageLine(m_window, level, escaped(text, proto::MAX_LOG_TEXT_BYTES));
    return;
  }
  if (++m_dropped == 1) {
    m_summary = m_timer.atTime(m_minuteFrom + 1 * kj::MINUTES)
                    .then([this] { summarise(); })
                    .eagerlyEvaluate(nullptr);
  }
}

void PageLog::summarise() {
  if (m_dropped == 0) return;
  const std::string text = std::to_string(m_dropped) + " more lines were dropped";
  m_dropped = 0;
  m_journal.pageLine(m_window, PageLevel::WARNING, text);
}

}  // namespace sallyport::session
