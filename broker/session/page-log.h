// Console lines of a page on their way to the journal: cut, escaped, counted. Runs in the broker;
// the text is hostile and may try to forge lines or drive a terminal.
#pragma once

#include <kj/async.h>
#include <kj/timer.h>

#include <string>
#include <string_view>

#include "broker/session/journal.h"

namespace sallyport::session {

// Printable ASCII as it is, everything else (and the backslash) as \xNN; at most maxBytes of
// result, cut between escapes.
std::string escaped(std::string_view text, std::size_t maxBytes);

class PageLog {
 public:
  PageLog(std::string window, kj::Timer& timer, SessionJournal& journal);
  KJ_DISALLOW_COPY(PageLog);

  // Past proto logLinesPerMinute, lines are counted, and the count is one line at the end of the
  // minute.
  void line(PageLevel level, std::string_view text);

  // No line after this one, also not the summary.
  void stop() { m_summary = nullptr; }

 private:
  void summarise();

  std::string m_window;
  kj::Timer& m_timer;
  SessionJournal& m_journal;
  kj::TimePoint m_minuteFrom;
  std::uint32_t m_lines = 0;
  std::uint64_t m_dropped = 0;
  kj::Promise<void> m_summary = nullptr;
};

}  // namespace sallyport::session
