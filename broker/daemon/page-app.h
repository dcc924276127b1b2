// The modules `app` and `log` for the running broker. Runs in the broker.
#pragma once

#include <kj/timer.h>

#include <functional>
#include <map>
#include <string>

#include "broker/commands/modules/app/app-module.h"
#include "broker/commands/modules/log/log-module.h"
#include "broker/commands/modules/os/os-module.h"
#include "broker/daemon/app-file.h"
#include "broker/daemon/journal.h"

namespace sallyport::daemon {

class PageApp final : public commands::app::Host {
 public:
  // exit: begins the shutdown, in a turn of its own; why is for the journal.
  PageApp(const AppFile& app, std::function<void(std::string why)> exit)
      : m_app(app), m_exit(std::move(exit)) {}

  commands::app::AppInfo info() const override;
  void exit(const commands::Caller& caller) override {
    m_exit("window " + caller.window + " asked for it");
  }

 private:
  const AppFile& m_app;
  std::function<void(std::string)> m_exit;
};

class PageLog final : public commands::log::Host {
 public:
  static constexpr unsigned LINES_PER_MINUTE = 120;  // of one window

  PageLog(Journal& journal, kj::Timer& timer) : m_journal(journal), m_timer(timer) {}

  commands::Result<commands::Null> write(const commands::Caller& caller,
                                         commands::log::LogLevel level,
                                         const std::string& message) override;

 private:
  struct Minute {
    kj::TimePoint since;
    unsigned lines = 0;
  };

  Journal& m_journal;
  kj::Timer& m_timer;
  std::map<std::string, Minute> m_minutes;  // by label, so as many as the app declares
};

// Of this process: its build and its environment.
commands::os::SystemInfo systemInfo();

}  // namespace sallyport::daemon
