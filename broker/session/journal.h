// Where the session writes what happened; the daemon puts the journal and the audit log behind it.
// Broker only. detail may hold exception text, values and paths: it never goes anywhere else.
#pragma once

#include <string_view>

#include "broker/commands/error.h"
#include "broker/session/end-reason.h"

namespace sallyport::session {

enum class PageLevel { DEBUG, INFO, WARNING, ERROR };

class SessionJournal {
 public:
  virtual ~SessionJournal() = default;

  virtual void attached(std::string_view window, std::string_view engine) = 0;
  virtual void ended(std::string_view window, EndReason reason) = 0;
  // A call that the dispatcher did not let through. command is empty when it is not registered.
  virtual void refused(std::string_view window, std::string_view command, commands::Code code) = 0;
  virtual void incident(std::string_view window,
                        std::string_view command,
                        std::string_view incident,
                        std::string_view detail) = 0;
  // One console line: at most proto maxLogTextBytes of printable ASCII, everything else escaped.
  virtual void pageLine(std::string_view window, PageLevel level, std::string_view text) = 0;
};

}  // namespace sallyport::session
