#include "broker/daemon/idle-modules.h"

#include <unistd.h>

namespace sallyport::daemon {

IdleModules::IdleModules(const AppDefinition& definition,
                         const std::map<std::string, std::string>& options)
    : m_timer(kj::origin<kj::TimePoint>()),
      m_openWindows({m_app.windows, {}, {}}),
      m_host{m_timer, {}, options, [](std::string_view) {}, {}, {}, m_openWindows},
      m_ownPart(definition.make(m_host)),
      m_journal(STDERR_FILENO),
      m_pageApp(m_app, {}),
      m_pageLog(m_journal, m_timer),
      m_pageClipboard([](const std::string&) { return nullptr; }),
      m_pageWindows(m_openWindows),
      m_pageFiles(m_filePlaces, m_workers),
      m_pageWatches({nullptr, m_timer, m_workers}, m_filePlaces),
      m_pickedFiles({m_app, {}, {}, {}, m_workers, 0}),
      m_pageHttp({}),
      m_pageStore({}),
      m_pageOpener({m_app, m_timer, {}, {}, {}}),
      m_pageProcess({}) {}

capabilities::Checked<commands::Registry> IdleModules::registry() {
  return makeRegistry({m_pageStates,
                       m_pageApp,
                       m_pageLog,
                       m_pageClipboard,
                       m_pageWindows,
                       m_pageFiles,
                       m_pageWatches,
                       m_pickedFiles,
                       m_pageHttp,
                       m_pageStore,
                       m_pageOpener,
                       m_pageProcess,
                       m_filePlaces},
                      *m_ownPart);
}

}  // namespace sallyport::daemon
