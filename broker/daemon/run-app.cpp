// The life of a broker, from its command line to its exit code. First it forks the spawner, which
// keeps the right to start processes; then it gives that right up itself, and opens the app's
// windows.
#include <kj/async-io.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "broker/daemon/admin-link.h"
#include "broker/daemon/app.h"
#include "broker/daemon/broker.h"
#include "broker/daemon/emit.h"
#include "broker/daemon/options.h"
#include "broker/daemon/places.h"
#include "broker/daemon/private-directory.h"
#include "broker/daemon/spawner-process.h"
#include "broker/daemon/virtual-display.h"
#include "broker/session/piece-memory.h"
#include "broker/spawn/connect-spawner.h"
#include "sandbox-policies/self-cage.h"

namespace sallyport {
namespace {

// A call takes a few of these. With 64, ten windows that flood delayed an honest one's call by up
// to a third more.
constexpr kj::uint EVENTS_BEFORE_IO = 8;

int fail(const std::string& message) {
  std::cerr << program_invocation_short_name << ": " << message << '\n';
  return 1;
}

// Another broker of this app runs: its windows come to the front, and this one ends.
int activateFirst(const daemon::Options& options) {
  auto io = kj::setupAsyncIo();
  daemon::AdminLink link(io, daemon::adminSocket(options.runtimeDirectory));
  link.admin().activateRequest().send().wait(io.waitScope);
  std::cerr << program_invocation_short_name
            << ": this app runs already; its windows were brought to the front\n";
  return 0;
}

std::variant<daemon::LoadedApp, std::string> loadApp(const daemon::Options& options) {
  auto file = daemon::readAppFile(options.appDirectory);
  if (!file) return capabilities::format(file.error());
  auto assets = daemon::Assets::load(options.appDirectory / "web", file->contentSecurityPolicy);
  if (auto* wrong = std::get_if<std::string>(&assets)) return std::move(*wrong);
#if SALLYPORT_TESTING
  if (!options.pageScript.empty()) {
    std::ifstream in(options.pageScript, std::ios::binary);
    std::get<daemon::Assets>(assets).addScript(std::string(std::istreambuf_iterator<char>(in), {}));
  }
#endif
  return daemon::LoadedApp{std::move(*file), std::move(std::get<daemon::Assets>(assets))};
}

spawn::SpawnerConfig spawnerConfig(const daemon::Options& options,
                                   const daemon::AppFile& app,
                                   const daemon::VirtualDisplay* display) {
  spawn::SpawnerConfig config;
  config.binaries = options.binaryDirectory;
  config.stateDirectory = options.stateDirectory;
  config.appId = app.identifier;
  config.program = options.program;
  config.commandLine = options.commandLine;
  config.linkSchemes = app.opens;
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime == '/')
    config.userRuntime = runtime;
#if SALLYPORT_TESTING
  config.promptScript = options.promptScript;
  config.rendererReplacements = options.renderers;
  config.fastKdf = options.fastKdf;
  config.profile = options.profile;
  if (!options.hostPrograms.empty()) config.hostPrograms = options.hostPrograms;
#endif
  if (display != nullptr) {
    config.displayEnvironment = {{"DISPLAY", display->display()},
                                 {"XAUTHORITY", display->authority().string()},
                                 {"QT_QPA_PLATFORM", "xcb"},
                                 {"LANG", "C.UTF-8"}};
    return config;
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (const auto equals = text.find('='); equals != std::string_view::npos)
      config.displayEnvironment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return config;
}

// What it lacks, and what its renderers have beyond the strict profile, is in the journal.
void enterCage(const sandbox::BrokerPaths& paths,
               const std::string& profile,
               daemon::Journal& journal) {
  for (const auto& check : sandbox::enterBrokerCage(paths))
    if (check.state == sandbox::CheckState::DEGRADED)
      journal.write(
          daemon::Level::WARNING, "broker", "degraded: " + check.name + ": " + check.value);
  if (profile != sandbox::STRICT)
    journal.write(daemon::Level::WARNING,
                  "broker",
                  "degraded: profile " + profile + ": no user runs this one");
}

int serve(const daemon::Options& options, const AppDefinition& definition) {
  const auto& own = options.appFolders;
  for (const auto& folder : {options.runtimeDirectory,
                             options.stateDirectory,
                             daemon::appStateDirectory(options),
                             own.data,
                             own.config,
                             own.cache,
                             own.log,
                             own.temporary()})
    if (auto wrong = folder.empty() ? std::nullopt : daemon::preparePrivateDirectory(folder))
      return fail(*wrong);
  const auto lock = daemon::lockDirectory(options.runtimeDirectory);
  if (!lock) return activateFirst(options);
  const auto stateLock = daemon::lockDirectory(options.stateDirectory);
  if (!stateLock)
    return fail(options.stateDirectory.string() + ": another broker uses this state folder");

  auto app = loadApp(options);
  if (const auto* wrong = std::get_if<std::string>(&app)) return fail(*wrong);
  auto& loaded = std::get<daemon::LoadedApp>(app);
  std::optional<daemon::VirtualDisplay> display;
  if (options.headless) display.emplace(options.runtimeDirectory);
  daemon::SpawnerProcess spawner(spawnerConfig(options, loaded.file, display ? &*display : nullptr),
                                 display ? display->pid() : 0);

  daemon::Journal journal(STDERR_FILENO);
  if (display)
    journal.write(daemon::Level::INFO, "broker", "virtual display " + display->display());
  kj::UnixEventPort::captureSignal(SIGTERM);
  kj::UnixEventPort::captureSignal(SIGINT);
  auto io = kj::setupAsyncIo();
  daemon::Broker broker(
      io,
      spawn::connectSpawner(spawner.takeControl(), io.unixEventPort, spawner.pid()),
      journal,
      options,
      definition,
      std::move(loaded));
  if (const auto wrong = broker.policy().load(); !wrong.empty())
    return fail(capabilities::format(wrong));

  if (!options.headless && std::getenv("WAYLAND_DISPLAY") == nullptr &&
      std::getenv("DISPLAY") == nullptr && std::getenv("QT_QPA_PLATFORM") == nullptr)
    return fail(
        "no display: neither WAYLAND_DISPLAY nor DISPLAY is set. Fix: start it in a graphical "
        "session, or give --headless");

  auto paths = daemon::reachedFolders(
      *broker.policy().current(), broker.policy().catalogue(), broker.filePlaces().variables);
  paths.writable.insert(paths.writable.end(), {options.stateDirectory, options.runtimeDirectory});
  paths.readable.insert(paths.readable.end(), {options.appDirectory, options.policyDirectory});
  enterCage(paths, options.profile, journal);
  const auto onSignal = [&](int number, const char* why) {
    return io.unixEventPort.onSignal(number)
        .then([&broker, why](siginfo_t) {
          broker.shutdownForGood(why, daemon::Broker::Windows::COME_BACK);
        })
        .eagerlyEvaluate(nullptr);
  };
  const auto terminated = onSignal(SIGTERM, "SIGTERM");
  const auto interrupted = onSignal(SIGINT, "SIGINT");
  bool crippled = false;
  const auto spawnerEnded =
      spawner.ended(io.unixEventPort)
          .then([&] {
            crippled = true;  // its children ended with it
            broker.shutdown("the spawner ended", daemon::Broker::Windows::COME_BACK);
          })
          .eagerlyEvaluate(nullptr);
  // Else nothing new is read, nor any clock looked at, as long as one renderer's messages last.
  io.waitScope.setBusyPollInterval(EVENTS_BEFORE_IO);
  broker.run([] {}).wait(io.waitScope);
  return crippled ? 1 : 0;
}

}  // namespace

int runApp(int argc, char** argv, const AppDefinition& definition, const char* programs) {
  // No more than that yet: what the starter starts, forked from here, is the user's.
  sandbox::hideProcess();
  std::signal(SIGPIPE, SIG_IGN);
  session::keepPieceMemory();
  const auto parsed = daemon::parseOptions(argc, argv, definition, programs);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& options = std::get<daemon::Options>(parsed);
  try {
    if (!options.emitsOnly()) return serve(options, definition);
    if (const auto wrong = daemon::emit(options, definition); !wrong.empty()) return fail(wrong);
    return 0;
  } catch (const kj::Exception& exception) {
    return fail(std::string("cannot go on: ") + exception.getDescription().cStr());
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

}  // namespace sallyport
