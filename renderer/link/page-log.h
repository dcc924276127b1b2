// What the page writes to its console, on its way to the broker's journal, as far as the budget
// goes. Runs in the renderer.
#pragma once

#include <kj/async.h>

#include <cstddef>
#include <string_view>

#include "proto/session.capnp.h"
#include "renderer/link/log-budget.h"
#include "renderer/link/types.h"

namespace sallyport::renderer {

class PageLog final : private kj::TaskSet::ErrorHandler {
 public:
  static constexpr std::size_t IN_FLIGHT = 16;  // more are left out, without being counted

  explicit PageLog(proto::Session::Client session);
  KJ_DISALLOW_COPY(PageLog);

  // Does nothing before open() and after lost().
  void write(LogLevel level, std::string_view line);
  void open() { m_isOpen = true; }
  void lost() { m_isOpen = false; }

 private:
  void taskFailed(kj::Exception&&) override {}  // a line that is lost is lost

  proto::Session::Client m_session;
  LogBudget m_budget{proto::LOG_LINES_PER_MINUTE};
  std::size_t m_inFlight = 0;
  bool m_isOpen = false;
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::renderer
