// Commands that run to their end although their window is gone. Owned by the broker, not by a
// session; the shutdown waits for onEmpty(). Runs in the broker.
#pragma once

#include <kj/async.h>

#include "broker/session/journal.h"

namespace sallyport::session {

class RunningCommands final : private kj::TaskSet::ErrorHandler {
 public:
  explicit RunningCommands(SessionJournal& journal) : m_journal(journal), m_tasks(*this) {}
  KJ_DISALLOW_COPY(RunningCommands);

  void add(kj::Promise<void>&& running) { m_tasks.add(kj::mv(running)); }
  kj::Promise<void> onEmpty() { return m_tasks.onEmpty(); }

 private:
  void taskFailed(kj::Exception&& exception) override;

  SessionJournal& m_journal;
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::session
