// Puts what sessions report into the journal, within a budget for what a renderer can cause. Runs
// in the broker.
#pragma once

#include <kj/timer.h>

#include <map>
#include <string>

#include "broker/daemon/journal.h"
#include "broker/session/journal.h"

namespace sallyport::daemon {

class DaemonJournal final : public session::SessionJournal {
 public:
  DaemonJournal(Journal& journal, kj::Timer& timer) : m_journal(journal), m_timer(timer) {}

  void attached(std::string_view window, std::string_view engine) override;
  void ended(std::string_view window, session::EndReason reason) override;
  void refused(std::string_view window, std::string_view command, commands::Code code) override;
  void incident(std::string_view window,
                std::string_view command,
                std::string_view incident,
                std::string_view detail) override;
  void pageLine(std::string_view window, session::PageLevel level, std::string_view text) override;

  // What the renderer of this window says it is; empty before its first attach.
  std::string engineOf(const std::string& window) const;

 private:
  struct Refusals {
    kj::TimePoint since;
    unsigned written = 0;
    unsigned dropped = 0;
  };

  Journal& m_journal;
  kj::Timer& m_timer;
  std::map<std::string, Refusals, std::less<>> m_refusals;  // by window
  std::map<std::string, std::string, std::less<>> m_engines;
};

}  // namespace sallyport::daemon
