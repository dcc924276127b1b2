// Every command of the broker over hosts that do nothing: for what only looks at commands, such as
// bindings, catalogue and reference. None of them may be called. Runs in a
// broker's program when it is given --emit-….
#pragma once

#include <kj/timer.h>

#include <map>
#include <memory>
#include <string>

#include "broker/commands/registry.h"
#include "broker/daemon/app.h"
#include "broker/daemon/broker.h"

namespace sallyport::daemon {

class IdleModules {
 public:
  // The app's own options have these values.
  IdleModules(const AppDefinition& definition, const std::map<std::string, std::string>& options);
  IdleModules(const IdleModules&) = delete;
  IdleModules& operator=(const IdleModules&) = delete;

  // Lives as long as this.
  capabilities::Checked<commands::Registry> registry();

 private:
  kj::TimerImpl m_timer;
  PageStates m_pageStates;
  const AppFile m_app{};
  OpenWindows m_openWindows;
  const AppHost m_host;
  std::unique_ptr<App> m_ownPart;
  Journal m_journal;
  PageApp m_pageApp;
  PageLog m_pageLog;
  PageClipboard m_pageClipboard;
  PageWindows m_pageWindows;
  const files::Places m_filePlaces{};
  files::WorkerPool m_workers;
  PageFiles m_pageFiles;
  PageWatches m_pageWatches;
  PickedFiles m_pickedFiles;
  PageHttp m_pageHttp;
  PageStore m_pageStore;
  PageOpener m_pageOpener;
  PageProcess m_pageProcess;
};

}  // namespace sallyport::daemon
