#include "broker/daemon/idle-modules.h"

#include <unistd.h>

namespace sallyport::daemon {

IdleModules::IdleModules()
    : m_timer(kj::origin<kj::TimePoint>()),
      m_wallet({{}, {}, m_timer, {}, {}, wallet::Network::REGTEST, {}}),
      m_journal(STDERR_FILENO),
      m_pageApp(m_app, {}),
      m_pageLog(m_journal, m_timer),
      m_pageClipboard([](const std::string&) { return nullptr; }),
      m_pageWindows({m_app.windows, {}, {}}),
      m_pageFiles(m_filePlaces, m_workers),
      m_pickedFiles({m_app, {}, {}, {}, m_workers, 0}) {}

capabilities::Checked<commands::Registry> IdleModules::registry() {
  return makeRegistry({m_pageStates,
                       m_pageApp,
                       m_pageLog,
                       m_pageClipboard,
                       m_pageWindows,
                       m_pageFiles,
                       m_pickedFiles,
                       m_filePlaces,
                       m_wallet});
}

}  // namespace sallyport::daemon
