#include "broker/daemon/page-app.h"

#include <cstdlib>

#include "broker/daemon/version.h"

namespace sallyport::daemon {
namespace {

Level levelOf(commands::log::LogLevel level) {
  switch (level) {
    case commands::log::LogLevel::DEBUG:
      return Level::DEBUG;
    case commands::log::LogLevel::INFO:
      return Level::INFO;
    case commands::log::LogLevel::WARNING:
      return Level::WARNING;
    case commands::log::LogLevel::ERROR:
      break;
  }
  return Level::ERROR;
}

}  // namespace

commands::app::AppInfo PageApp::info() const {
  commands::app::AppInfo info{m_app.identifier, m_app.title, {}, VERSION};
  if (!m_app.version.empty()) info.version = m_app.version;
  return info;
}

commands::Result<commands::Null> PageLog::write(const commands::Caller& caller,
                                                commands::log::LogLevel level,
                                                const std::string& message) {
  const kj::TimePoint now = m_timer.now();
  auto& minute = m_minutes.try_emplace(caller.window, Minute{now}).first->second;
  if (now - minute.since >= 1 * kj::MINUTES) minute = {now};
  if (minute.lines == LINES_PER_MINUTE)
    return commands::Error{commands::Code::RATE_LIMITED, "More than 120 lines a minute."};
  ++minute.lines;
  m_journal.write(levelOf(level), "page " + caller.window, message);
  return commands::Null{};
}

commands::os::SystemInfo systemInfo() {
  std::string locale = "en";
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* text = std::getenv(name);
    if (text == nullptr || *text == '\0') continue;
    locale = commands::os::localeFrom(text);
    break;
  }
  return {"linux", std::string(commands::os::architecture()), locale};
}

}  // namespace sallyport::daemon
