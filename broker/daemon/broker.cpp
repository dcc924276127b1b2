#include "broker/daemon/broker.h"

#include <boost/json.hpp>

#include "broker/commands/modules/path/path-module.h"
#include "broker/daemon/admin-session.h"
#include "broker/daemon/cage-verification.h"
#include "broker/daemon/frame-answer.h"
#include "broker/daemon/places.h"
#include "broker/daemon/version.h"

namespace sallyport::daemon {
namespace {

capabilities::Checked<capabilities::Catalogue> catalogueOf(const commands::Registry& registry,
                                                           const AppFile& app) {
  const auto modules = registry.catalogue();
  if (!modules) return modules.error();
  return modules->with(app.permissionSets);
}

std::vector<std::string> labelsOf(const AppFile& app) {
  std::vector<std::string> labels;
  for (const auto& spec : app.windows) labels.push_back(spec.label);
  return labels;
}

Surroundings surroundings(kj::AsyncIoContext& io,
                          spawn::SpawnerLink& spawner,
                          Journal& journal,
                          [[maybe_unused]] const Options& options) {
  Surroundings around{
      spawner, io.unixEventPort, *io.lowLevelProvider, io.provider->getTimer(), journal};
#if SALLYPORT_TESTING
  if (options.forgetsCrashes) around.crashMemory = 0 * kj::SECONDS;
#endif
  return around;
}

}  // namespace

std::filesystem::path appStateDirectory(const Options& options) {
  return options.stateDirectory / "app";
}

capabilities::Checked<commands::Registry> makeRegistry(const ModuleHosts& hosts, App& app) {
  std::vector<commands::Module> modules;
  modules.push_back(commands::core::makeModule(hosts.pageStates));
  modules.push_back(commands::app::makeModule(hosts.pageApp));
  modules.push_back(commands::os::makeModule(systemInfo()));
  modules.push_back(commands::log::makeModule(hosts.pageLog));
  modules.push_back(commands::clipboard::makeModule(hosts.pageClipboard));
  modules.push_back(commands::window::makeModule(hosts.pageWindows, hosts.pageWindows.events()));
  modules.push_back(commands::path::makeModule(hosts.filePlaces.variables));
  modules.push_back(
      commands::fs::makeModule(hosts.pageFiles, hosts.pickedFiles, hosts.pageWatches));
  modules.push_back(commands::http::makeModule(hosts.pageHttp));
  modules.push_back(commands::store::makeModule(hosts.pageStore));
  modules.push_back(commands::opener::makeModule(hosts.pageOpener));
  modules.push_back(commands::process::makeModule(hosts.pageProcess));
  for (auto& module : app.modules()) modules.push_back(std::move(module));
  return commands::Registry::create(std::move(modules));
}

Broker::Broker(kj::AsyncIoContext& io,
               kj::Own<spawn::SpawnerLink> spawner,
               Journal& journal,
               const Options& options,
               const AppDefinition& definition,
               LoadedApp app)
    : m_io(io),
      m_journal(journal),
      m_options(options),
      m_app(std::move(app)),
      m_spawner(kj::mv(spawner)),
      m_around(surroundings(io, *m_spawner, journal, options)),
      m_processes(m_around),
      m_keptPages(options.runtimeDirectory / "pages", m_around.timer, journal),
      m_pageStates(m_keptPages, labelsOf(m_app.file)),
      m_places(options.stateDirectory / "windows.json", m_around.timer, journal),
      m_spares(m_around.timer),
      m_sessionJournal(journal, m_around.timer),
      m_running(m_sessionJournal),
      m_events(m_sessionJournal),
      m_openWindows(
          {m_app.file.windows,
           [this](const std::string& label) { return m_isWhole ? findWindow(label) : nullptr; },
           [this](const WindowSpec& spec) -> kj::Promise<void> {
             if (!m_isWhole || !m_windowSurroundings)
               return KJ_EXCEPTION(DISCONNECTED, "the broker has not started");
             return openWindow(spec);
           }}),
      m_appHost{m_around.timer,
                appStateDirectory(options),
                options.appOptions,
                [&journal, name = definition.name](std::string_view line) {
                  journal.write(Level::INFO, name, line);
                },
                [this] { return m_processes.vault(); },
                [this] { return m_processes.net(); },
                m_openWindows},
      m_ownPart(definition.make(m_appHost)),
      m_pageApp(m_app.file,
                [this](std::string why) {
                  m_tasks.add(kj::evalLater(
                      [this, why = std::move(why)] { shutdown(why, Windows::ARE_CLOSED); }));
                }),
      m_pageLog(journal, m_around.timer),
      m_pageClipboard([this](const std::string& label) { return findWindow(label); }),
      m_pageWindows(m_openWindows),
      m_filePlaces(daemon::filePlaces(options)),
      m_pageFiles(m_filePlaces, m_workers),
      m_pageWatches({&m_around.port, m_around.timer, m_workers}, m_filePlaces),
      m_chooser(m_around),
      m_pickedFiles(
          {m_app.file,
           [this](const std::string& label) { return findWindow(label); },
           [this](FileChooser::Question question) { return m_chooser.ask(std::move(question)); },
           [this] { return m_chooser.busy(); },
           m_workers,
           m_filePlaces.keepFree}),
      m_pageHttp([this] { return m_processes.net(); }),
      m_pageStore({[this] { return m_processes.vault(); },
                   [this](const std::string& label) { return takeGesture(label); }}),
      m_linkOpener(m_around),
      m_pageOpener({m_app.file,
                    m_around.timer,
                    [this](const std::string& label) { return takeGesture(label); },
                    [this] { return m_linkOpener.full(); },
                    [this](std::string link) { return m_linkOpener.open(std::move(link)); }}),
      m_pageProcess({[this](const std::string& label) { return takeGesture(label); },
                     [this](std::string why) {
                       m_tasks.add(
                           kj::evalLater([this, why = std::move(why)] { startAgain(why); }));
                     }}),
      // What is wrong with the modules stops the start here, as an exception with its text.
      m_registry(makeRegistry({m_pageStates,
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
                              *m_ownPart)
                     .value()),
      m_policy({options.appDirectory, options.policyDirectory, options.policyMissing},
               m_app.file,
               catalogueOf(m_registry, m_app.file).value(),
               journal,
               [this](const PolicyStore::Current& policy) { onPolicyChanged(policy); }),
      m_started(m_around.timer.now()),
      m_stop(kj::newPromiseAndFulfiller<void>()),
      m_tasks(*this) {
  m_registry.connect(m_events);
  m_isWhole = true;
}

Broker::~Broker() noexcept(false) { m_isWhole = false; }

kj::Promise<void> Broker::run(kj::Function<void()> ready) {
  m_windowSurroundings.emplace(
      WindowSurroundings{m_around,
                         {m_around.timer, m_registry, m_sessionJournal, m_running},
                         m_events,
                         m_pageWindows.events(),
                         m_app.file,
                         m_policy.current(),
                         m_app.assets,
                         m_pageStates,
                         m_places,
                         [this] { return m_processes.net(); },
                         [this](const std::string& label) { return mayClose(label); },
                         m_app.file.spareRenderer ? &m_spares : nullptr});
  m_admin = kj::heap<AdminListener>(m_io.unixEventPort,
                                    *m_io.lowLevelProvider,
                                    m_around.timer,
                                    m_journal,
                                    adminSocket(m_options.runtimeDirectory),
                                    kj::heap<AdminSession>(*this));
  // Whoever asks for the end during the start is not made to wait for it.
  return m_processes.start()
      .then([this] { return verifySelf(); })
      .then([this] { return openWindows(); })
      .then([this, ready = kj::mv(ready)]() mutable -> kj::Promise<void> {
        m_journal.write(Level::INFO, "broker", "ready");
        ready();
        return kj::NEVER_DONE;
      })
      .exclusiveJoin(kj::mv(m_stop.promise))
      .then([this] { return shutdownInOrder(); });
}

sandbox::CageCheck Broker::profile() const {
  std::string known;
  for (const auto& one : sandbox::profiles())
    known += (known.empty() ? "" : ", ") + std::string(one.name);
  const auto* profile = sandbox::findProfile(m_options.profile);
  KJ_REQUIRE(profile != nullptr, "there is no such profile");
  return {
      "profile",
      m_options.profile + " (of " + known + "): renderers have " + std::string(profile->adds) +
          " beyond the strict one",
      profile->name == sandbox::STRICT ? sandbox::CheckState::OK : sandbox::CheckState::DEGRADED};
}

// The spawner reads the broker's, the broker the spawner's.
std::vector<CageSubject> Broker::cages() {
  return {{"broker", [this] { return m_spawner->inspectBroker(); }},
          {"spawner", [this] { return m_spawner->inspectSpawner(); }}};
}

// Nobody but itself can end it, so it does: a process that was tampered with that far is not
// stopped by this, one that was started wrongly is.
kj::Promise<void> Broker::verifySelf() {
  kj::Vector<kj::Promise<void>> all;
  for (const auto& cage : cages())
    all.add(verifyCage(m_around, cage).then([this, cage](bool holds) {
      const auto what = "the " + cage.name + "'s own cage does not hold";
      KJ_REQUIRE(holds, "a cage does not hold; the lines above say why", what);
      m_tasks.add(untilCageFails(m_around, cage).then([this, what] {
        shutdownForGood(what.c_str(), Windows::COME_BACK);
      }));
    }));
  return kj::joinPromises(all.releaseAsArray());
}

kj::Promise<void> Broker::openWindows() {
  kj::Vector<kj::Promise<void>> all;
  for (const auto& spec : m_app.file.windows) {
    if (spec.open == WindowSpec::Open::START) {
      all.add(openWindow(spec));
    } else if (comesBack(spec)) {
      // Noted in the journal by who opens; the app starts without it.
      all.add(openWindow(spec).catch_([](kj::Exception&&) {}));
    } else {
      m_pageStates.forget(spec.label);
    }
  }
  return kj::joinPromises(all.releaseAsArray());
}

// A window goes with its parent, which stands before it in the file.
bool Broker::comesBack(const WindowSpec& spec) {
  return m_pageStates.wasOpen(spec.label) &&
         (spec.parent.empty() || findWindow(spec.parent) != nullptr);
}

kj::Promise<void> Broker::openWindow(const WindowSpec& spec) {
  if (m_stopping) return KJ_EXCEPTION(DISCONNECTED, "the broker is stopping");
  const auto opening = ++m_lastOpening;
  auto window = kj::heap<Window>(
      *m_windowSurroundings,
      spec,
      [this, opening](const std::string& label) { onWindowClosed(label, opening); },
      [this](const std::string& label) {
        m_pageWindows.ready(label);
        m_tasks.add(kj::evalLater([this, label] { tellApp(label, WindowChange::READY); }));
      });
  auto opened = window->open();
  m_windows[spec.label] = kj::mv(window);
  m_openings[spec.label] = opening;
  m_pageStates.opened(spec.label);
  m_pageWindows.opened(spec.label);
  m_tasks.add(kj::evalLater([this, label = spec.label] { tellApp(label, WindowChange::OPENED); }));
  return opened.catch_([this, label = spec.label, opening](kj::Exception&& why) {
    m_journal.write(Level::ERROR,
                    "broker",
                    "window " + label + " does not open: " + why.getDescription().cStr());
    onWindowClosed(label, opening);
    kj::throwFatalException(kj::mv(why));
  });
}

Window* Broker::findWindow(const std::string& label) {
  const auto found = m_windows.find(label);
  return found == m_windows.end() ? nullptr : found->second.get();
}

kj::Promise<commands::Result<bool>> Broker::takeGesture(const std::string& label) {
  Window* window = findWindow(label);
  if (window == nullptr) return commands::Result<bool>(frameAway());
  return orFrameAway<bool>(window->frameObject().takeGestureRequest().send().then(
      [](auto&& answer) { return commands::Result<bool>(answer.getGiven()); }));
}

void Broker::onWindowClosed(const std::string& label, std::uint64_t opening) {
  // In a turn of its own: this is called by a promise that belongs to the window.
  m_tasks.add(kj::evalLater([this, label, opening] {
    const auto found = m_openings.find(label);
    // A window that is closed before it is open says so twice.
    if (found == m_openings.end() || found->second != opening) return;
    m_openings.erase(found);
    m_windows.erase(label);
    m_pageStates.forget(label);
    m_pickedFiles.forget(label);
    m_pageWindows.closed(label);
    for (auto& [other, window] : m_windows)
      if (window->parent() == label) window->closeAtOnce();
    tellApp(label, WindowChange::CLOSED);
    if (m_windows.empty()) shutdown("the last window was closed", Windows::ARE_CLOSED);
  }));
}

// What the app's own part throws costs it this turn and nobody else.
void Broker::tellApp(const std::string& label, WindowChange change) {
  KJ_IF_MAYBE (thrown, kj::runCatchingExceptions([&] { m_ownPart->windowChanged(label, change); }))
    taskFailed(kj::mv(*thrown));
}

bool Broker::mayClose(const std::string& label) {
  bool may = true;
  KJ_IF_MAYBE (thrown, kj::runCatchingExceptions([&] { may = m_ownPart->mayClose(label); }))
    taskFailed(kj::mv(*thrown));
  return may;
}

// For every window in the same turn: no call comes between.
void Broker::onPolicyChanged(const PolicyStore::Current& policy) {
  if (!m_windowSurroundings) return;
  m_windowSurroundings->policy = policy;
  for (auto& [label, window] : m_windows) window->takePolicy();
}

void Broker::shutdown(std::string_view why, Windows windows) {
  if (windows == Windows::ARE_CLOSED) m_after = windows;
  if (m_stopping) return;
  m_stopping = true;
  m_journal.write(Level::INFO, "broker", "shutdown: " + std::string(why));
  m_stop.fulfiller->fulfill();
}

void Broker::shutdownForGood(std::string_view why, Windows windows) {
  m_startsAgain = false;
  shutdown(why, windows);
}

void Broker::startAgain(std::string_view why) {
  if (m_stopping) return;
  m_startsAgain = true;
  shutdown(why, Windows::COME_BACK);
}

// Windows first, then what was still running for them, then net and prompt, then the vault, then
// the broker itself.
kj::Promise<void> Broker::shutdownInOrder() {
  static constexpr kj::Duration COMMANDS_PATIENCE = 5 * kj::SECONDS;
  m_admin->close();  // whoever asked for this still gets the answer
  auto closing = kj::Vector<kj::Promise<void>>();
  for (auto& [label, window] : m_windows) closing.add(window->close());
  return kj::joinPromises(closing.releaseAsArray())
      .then([this] {
        m_journal.write(Level::INFO, "broker", "shutdown: windows closed");
        m_windows.clear();
        m_places.writeNow();
        m_keptPages.writeNow();
        if (m_after == Windows::ARE_CLOSED)
          for (const auto& label : labelsOf(m_app.file)) m_pageStates.forget(label);
        auto underWay = kj::heapArrayBuilder<kj::Promise<void>>(2);
        underWay.add(m_running.onEmpty());
        underWay.add(m_ownPart->settled());
        return kj::joinPromises(underWay.finish())
            .exclusiveJoin(m_around.timer.afterDelay(COMMANDS_PATIENCE));
      })
      .then([this] { return m_processes.stop(); })
      .then([this] {
        m_admin = nullptr;
        // A spawner that is gone starts nothing, and the journal says that it is.
        if (!m_startsAgain) return kj::Promise<void>(kj::READY_NOW);
        return m_spawner->startAgain()
            .catch_([](kj::Exception&&) {})
            .exclusiveJoin(m_around.timer.afterDelay(COMMANDS_PATIENCE));  // one that is stopped
      });
}

std::vector<const Window*> Broker::windows() const {
  std::vector<const Window*> list;
  for (const auto& [label, window] : m_windows) list.push_back(window.get());
  return list;
}

void Broker::focusWindows() {
  for (auto& [label, window] : m_windows) window->focus();
}

std::string Broker::statusJson() {
  namespace json = boost::json;
  json::array processes, windows;
  const auto process = [&](const std::string& name, pid_t pid, unsigned restarts) {
    processes.push_back({{"name", name}, {"pid", pid}, {"restarts", restarts}});
  };
  process("broker", getpid(), 0);
  for (const Service* service : m_processes.list())
    process(service->name(), service->pid(), service->restarts());
  for (const auto& [label, window] : m_windows) {
    process(window->frame().name(), window->frame().pid(), window->frame().restarts());
    process("renderer " + label, window->rendererPid(), window->rendererRestarts());
    if (const pid_t spare = window->spare().pid(); spare != 0)
      process("spare renderer " + label, spare, 0);
    windows.push_back(
        {{"label", label},
         {"attached", window->attached()},
         {"hung", window->hung()},
         {"engine", m_sessionJournal.engineOf(label)},
         {"cage",
          window->cage() ? (window->cage()->holds() ? "holds" : "FAILED") : "not read yet"}});
  }
  json::object options;
  for (const auto& [name, value] : m_options.appOptions) options.emplace(name, value);
  return json::serialize(json::object{
      {"version", VERSION},
      {"app", m_app.file.identifier},
      {"options", std::move(options)},
      {"uptimeSeconds", (m_around.timer.now() - m_started) / kj::SECONDS},
      {"windows", std::move(windows)},
      {"processes", std::move(processes)},
  });
}

kj::Promise<std::vector<std::pair<std::string, sandbox::CageCheck>>> Broker::doctor() {
  using Lines = std::vector<std::pair<std::string, sandbox::CageCheck>>;
  struct Subject {
    std::string name;
    pid_t pid;
    spawn::ProcessKind kind;
  };
  std::vector<Subject> subjects;
  static constexpr spawn::ProcessKind TRUSTED[] = {
      spawn::ProcessKind::VAULT, spawn::ProcessKind::PROMPT, spawn::ProcessKind::NET};
  std::size_t index = 0;
  for (const Service* service : m_processes.list())
    subjects.push_back({service->name(), service->pid(), TRUSTED[index++]});
  auto readings = kj::Vector<kj::Promise<Lines>>();
  auto windowsRead = kj::Vector<kj::Promise<void>>();
  for (auto& [label, window] : m_windows) {
    subjects.push_back({window->frame().name(), window->frame().pid(), spawn::ProcessKind::FRAME});
    windowsRead.add(window->inspectAgain());
  }
  const auto named = [](const std::string& name) {
    return [name](sandbox::CageReport report) {
      Lines lines;
      for (auto& check : report.checks) lines.emplace_back(name, std::move(check));
      return lines;
    };
  };
  readings.add(Lines{{"broker", profile()}});
  for (const auto& cage : cages()) readings.add(cage.read().then(named(cage.name)));
  for (const auto& subject : subjects) {
    if (subject.pid == 0) {
      readings.add(
          Lines{{subject.name, {"process", "is not running", sandbox::CheckState::FAILED}}});
      continue;
    }
    readings.add(m_spawner->inspect(subject.pid, subject.kind).then(named(subject.name)));
  }
  return kj::joinPromises(windowsRead.releaseAsArray())
      .then([readings = kj::joinPromises(readings.releaseAsArray())]() mutable {
        return kj::mv(readings);
      })
      .then([this](kj::Array<Lines> trusted) {
        Lines all;
        for (auto& lines : trusted) all.insert(all.end(), lines.begin(), lines.end());
        for (const auto& [label, window] : m_windows) {
          if (const auto& spare = window->spare().cage())
            for (const auto& check : spare->checks)
              all.emplace_back("spare renderer " + label, check);
          if (!window->cage()) continue;
          for (const auto& check : window->cage()->checks)
            all.emplace_back("renderer " + label, check);
          all.emplace_back(
              "renderer " + label,
              sandbox::CageCheck{
                  "engine", m_sessionJournal.engineOf(label), sandbox::CheckState::OK});
        }
        return all;
      });
}

void Broker::taskFailed(kj::Exception&& exception) {
  m_journal.write(Level::ERROR, "broker", exception.getDescription().cStr());
}

}  // namespace sallyport::daemon
