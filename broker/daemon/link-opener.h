// Links handed to the desktop: for each a process that is started for it and is the user's from
// then on. Runs in the broker, which starts nothing itself.
#pragma once

#include <kj/async.h>

#include <cstddef>
#include <string>

#include "broker/daemon/service.h"
#include "broker/opener/opener-wire.h"

namespace sallyport::daemon {

class LinkOpener final : private kj::TaskSet::ErrorHandler {
 public:
  // Processes that are starting, or that stay with a program of the user where no service manager
  // takes it.
  static constexpr std::size_t MAX_RUNNING = 16;
  static constexpr kj::Duration PATIENCE = 10 * kj::SECONDS;  // until it has to say how it went

  explicit LinkOpener(Surroundings& around) : m_around(around), m_tasks(*this) {}
  KJ_DISALLOW_COPY(LinkOpener);

  bool full() const { return m_running >= MAX_RUNNING; }

  // Only when not full. link: as capabilities::parseLink() spells it. Rejects when there is no
  // process, or it does not answer. A promise that is dropped opens the link all the same, once
  // the process has been asked.
  kj::Promise<opener::Opened> open(std::string link);

 private:
  void taskFailed(kj::Exception&&) override {}

  Surroundings& m_around;
  std::size_t m_running = 0;
  kj::TaskSet m_tasks;
};

}  // namespace sallyport::daemon
