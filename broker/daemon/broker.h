// The broker of one app and one user: builds its parts, opens the app's windows, answers the admin
// socket, and ends everything in order (design.md, rules 7 and 8). Runs in the broker.
#pragma once

#include <kj/async-io.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/commands/registry.h"
#include "broker/daemon/admin-listener.h"
#include "broker/daemon/app-file.h"
#include "broker/daemon/app.h"
#include "broker/daemon/assets.h"
#include "broker/daemon/daemon-journal.h"
#include "broker/daemon/kept-pages.h"
#include "broker/daemon/link-opener.h"
#include "broker/daemon/open-windows.h"
#include "broker/daemon/options.h"
#include "broker/daemon/page-app.h"
#include "broker/daemon/page-clipboard.h"
#include "broker/daemon/page-files.h"
#include "broker/daemon/page-http.h"
#include "broker/daemon/page-opener.h"
#include "broker/daemon/page-process.h"
#include "broker/daemon/page-states.h"
#include "broker/daemon/page-store.h"
#include "broker/daemon/page-watches.h"
#include "broker/daemon/page-windows.h"
#include "broker/daemon/picked-files.h"
#include "broker/daemon/policy-store.h"
#include "broker/daemon/trusted-processes.h"
#include "broker/daemon/window.h"

namespace sallyport::daemon {

// What is known before a process is started; everything wrong with it has stopped the start
// already.
struct LoadedApp {
  AppFile file;
  Assets assets;
};

class Broker final : private kj::TaskSet::ErrorHandler {
 public:
  Broker(kj::AsyncIoContext& io,
         kj::Own<spawn::SpawnerLink> spawner,
         Journal& journal,
         const Options& options,
         const AppDefinition& definition,
         LoadedApp app);
  ~Broker() noexcept(false);
  KJ_DISALLOW_COPY(Broker);

  // What windows may do; loaded before run().
  PolicyStore& policy() { return m_policy; }
  // Where the folders are that the policy may name.
  const files::Places& filePlaces() const { return m_filePlaces; }

  // Starts the trusted processes, opens the windows and runs until the shutdown is over. ready:
  // everything is up.
  kj::Promise<void> run(kj::Function<void()> ready);

  // What becomes of the windows and what their pages keep.
  enum class Windows {
    COME_BACK,  // with the next start: nobody meant the app to end, or it is to start again
    ARE_CLOSED  // the user or the app itself has ended it
  };
  // Once; later calls only say that windows do not come back. why: for the journal.
  void shutdown(std::string_view why, Windows windows);
  // The same for the user and the system, who take back a startAgain() too.
  void shutdownForGood(std::string_view why, Windows windows);
  // The same, and then the program starts again with the arguments of this one.
  void startAgain(std::string_view why);

  // For the admin socket.
  std::string statusJson();
  kj::Promise<std::vector<std::pair<std::string, sandbox::CageCheck>>> doctor();
  void focusWindows();
  TrustedProcesses& processes() { return m_processes; }
  const Options& options() const { return m_options; }
  std::vector<const Window*> windows() const;

 private:
  sandbox::CageCheck profile() const;  // of the renderers, for doctor
  std::vector<CageSubject> cages();
  kj::Promise<void> verifySelf();
  kj::Promise<void> openWindows();
  kj::Promise<void> openWindow(const WindowSpec& spec);
  bool comesBack(const WindowSpec& spec);
  Window* findWindow(const std::string& label);
  kj::Promise<commands::Result<bool>> takeGesture(const std::string& label);
  kj::Promise<void> shutdownInOrder();
  void onWindowClosed(const std::string& label, std::uint64_t opening);
  void tellApp(const std::string& label, WindowChange change);
  bool mayClose(const std::string& label);
  void onPolicyChanged(const PolicyStore::Current& policy);
  void taskFailed(kj::Exception&& exception) override;

  kj::AsyncIoContext& m_io;
  Journal& m_journal;
  const Options& m_options;
  LoadedApp m_app;
  kj::Own<spawn::SpawnerLink> m_spawner;
  Surroundings m_around;
  TrustedProcesses m_processes;
  KeptPages m_keptPages;
  PageStates m_pageStates;
  WindowPlaces m_places;
  Spares m_spares;
  DaemonJournal m_sessionJournal;
  session::RunningCommands m_running;
  session::EventHub m_events;
  bool m_isWhole = false;  // every part is there; else the app's own part finds no window
  OpenWindows m_openWindows;
  const AppHost m_appHost;
  std::unique_ptr<App> m_ownPart;  // what the app itself adds
  PageApp m_pageApp;
  PageLog m_pageLog;
  PageClipboard m_pageClipboard;
  PageWindows m_pageWindows;
  const files::Places m_filePlaces;
  files::WorkerPool m_workers;
  PageFiles m_pageFiles;
  PageWatches m_pageWatches;
  FileChooser m_chooser;
  PickedFiles m_pickedFiles;
  PageHttp m_pageHttp;
  PageStore m_pageStore;
  LinkOpener m_linkOpener;
  PageOpener m_pageOpener;
  PageProcess m_pageProcess;
  commands::Registry m_registry;
  PolicyStore m_policy;
  std::optional<WindowSurroundings> m_windowSurroundings;
  std::map<std::string, kj::Own<Window>> m_windows;  // by label
  kj::Own<AdminListener> m_admin;
  const kj::TimePoint m_started;
  bool m_stopping = false;
  bool m_startsAgain = false;
  Windows m_after = Windows::COME_BACK;
  // Of each open window its opening, so that a closed one's end is not taken for its successor's.
  std::map<std::string, std::uint64_t> m_openings;
  std::uint64_t m_lastOpening = 0;
  kj::PromiseFulfillerPair<void> m_stop;
  kj::TaskSet m_tasks;
};

// What the commands of the modules work on; all of it must outlive the registry.
struct ModuleHosts {
  PageStates& pageStates;
  PageApp& pageApp;
  PageLog& pageLog;
  PageClipboard& pageClipboard;
  PageWindows& pageWindows;
  PageFiles& pageFiles;
  PageWatches& pageWatches;
  PickedFiles& pickedFiles;
  PageHttp& pageHttp;
  PageStore& pageStore;
  PageOpener& pageOpener;
  PageProcess& pageProcess;
  const files::Places& filePlaces;
};

// Every command of this broker: of the modules that all have, and of the app.
capabilities::Checked<commands::Registry> makeRegistry(const ModuleHosts& hosts, App& app);

// Where the app itself keeps what it likes.
std::filesystem::path appStateDirectory(const Options& options);

}  // namespace sallyport::daemon
