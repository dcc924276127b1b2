// Command line and XDG defaults. Runs in the broker before anything else exists.
#include "broker/daemon/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "broker/daemon/places.h"

namespace sallyport::daemon {

namespace fs = std::filesystem;

namespace {

// One spelling for a folder, however it was typed: what is checked is what is used later.
void makePlain(fs::path& path) {
  if (path.empty()) return;
  path = fs::absolute(path).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
}

std::string fromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Beside this program, as every installation of the product has them; else where they were when the
// app was built.
fs::path binariesFor(const fs::path& self, const fs::path& programs) {
  std::error_code unreadable;
  return programs.empty() || fs::exists(self / "sallyport-vault", unreadable) ? self : programs;
}

void addOwnOptions(CLI::App& cli,
                   const AppDefinition& definition,
                   std::map<std::string, std::string>& values) {
  for (const AppOption& own : definition.options) {
    std::string& value = values.emplace(own.name, own.value).first->second;
    auto* const option = cli.add_option("--" + own.name, value, own.doc);
    if (!own.choices.empty()) option->check(CLI::IsMember(own.choices))->capture_default_str();
  }
}

#if SALLYPORT_TESTING
void addTestingOptions(CLI::App& cli, Options& options, std::vector<std::string>& renderers) {
  cli.add_option("--renderer",
                 renderers,
                 "Testing: another program in the renderer's cage, of every window or LABEL=PATH")
      ->allow_extra_args(false);
  cli.add_option("--prompt-script", options.promptScript, "Testing: answers of the prompts")
      ->check(CLI::ExistingFile);
  cli.add_option("--page-script", options.pageScript, "Testing: a script that drives the page")
      ->check(CLI::ExistingFile);
  cli.add_option("--host-programs", options.hostPrograms, "Testing: where xdg-open is looked for")
      ->check(CLI::ExistingDirectory);
  std::vector<std::string> profiles;
  for (const auto& profile : sandbox::profiles()) profiles.emplace_back(profile.name);
  cli.add_option(
         "--profile", options.profile, "Testing: what renderers have beyond the strict cage")
      ->check(CLI::IsMember(profiles))
      ->capture_default_str();
  cli.add_flag("--test-fast-kdf", options.fastKdf, "Testing: cheap key derivation");
  cli.add_flag("--test-forget-crashes",
               options.forgetsCrashes,
               "Testing: what crashed is started again at once, however often it crashes");
}

// PATH, or LABEL=PATH; a path with a '=' of its own begins with '/' or './'.
bool readRenderers(const std::string& program,
                   const std::vector<std::string>& from,
                   std::map<std::string, fs::path>& to) {
  for (const auto& text : from) {
    const auto equals = text.find('=');
    const bool hasLabel = equals != std::string::npos && text.find('/') > equals;
    const fs::path path = hasLabel ? text.substr(equals + 1) : text;
    std::error_code unreadable;
    if (!fs::is_regular_file(path, unreadable)) {
      std::cerr << program << ": --renderer: there is no file " << path << '\n';
      return false;
    }
    to[hasLabel ? text.substr(0, equals) : ""] = path;
  }
  return true;
}
#endif

}  // namespace

std::variant<Options, int> parseOptions(int argc,
                                        const char* const* argv,
                                        const AppDefinition& definition,
                                        const fs::path& programs) {
  const std::string program = fs::path(argv[0]).filename();
  Options options;
  options.program = fs::read_symlink("/proc/self/exe");
  const fs::path self = options.program.parent_path();
  options.commandLine.assign(argv, argv + argc);
  std::string app = definition.name;
  CLI::App cli("The Sallyport broker: one app of one user.", program);
  cli.add_option("--app", app, "Name of an installed app")->capture_default_str();
  cli.add_option("--app-dir", options.appDirectory, "Folder with app.json, capabilities/ and web/");
  cli.add_option(
      "--state", options.stateDirectory, "State folder (default: $XDG_STATE_HOME/sallyport/<app>)");
  cli.add_option("--runtime",
                 options.runtimeDirectory,
                 "Folder for sockets (default: $XDG_RUNTIME_DIR/sallyport/<app>)");
  const auto* policyDirectory =
      cli.add_option("--policy-dir", options.policyDirectory, "Folder of the admin's policy")
          ->capture_default_str();
  addOwnOptions(cli, definition, options.appOptions);
  cli.add_flag("--headless", options.headless, "Use a virtual display");
  cli.add_flag(
      "--emit-bindings", options.emitBindings, "Print the app's TypeScript bindings and exit");
  cli.add_option(
      "--emit-reference", options.emitReference, "Print the reference page of a module and exit");
  cli.add_flag("--emit-catalogue",
               options.emitCatalogue,
               "Print the app's commands and permission sets as JSON and exit");
#if SALLYPORT_TESTING
  std::vector<std::string> renderers;
  addTestingOptions(cli, options, renderers);
#endif
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error);
  }
#if SALLYPORT_TESTING
  if (!readRenderers(program, renderers, options.renderers)) return 2;
#endif
  options.binaryDirectory = binariesFor(self, programs);
  if (options.appDirectory.empty())
    options.appDirectory = self.parent_path() / "share" / "sallyport" / "apps" / app;
  const bool ownState = !options.stateDirectory.empty();
  if (!ownState) options.stateDirectory = defaultStateDirectory(app);
  if (options.runtimeDirectory.empty()) options.runtimeDirectory = defaultRuntimeDirectory(app);
  if (policyDirectory->count() > 0) options.policyMissing = IfMissing::WRONG;
  makePlain(options.appDirectory);
  makePlain(options.policyDirectory);
  makePlain(options.stateDirectory);
  makePlain(options.runtimeDirectory);
  options.appFolders = ownState ? files::appFoldersBeneath(options.stateDirectory)
                                : files::appFoldersOf(&fromEnvironment, app);
  for (const AppOption& own : definition.options) {
    if (!own.check) continue;
    const std::string wrong = own.check(options.appOptions.at(own.name));
    if (wrong.empty()) continue;
    std::cerr << program << ": --" << own.name << ": " << wrong << '\n';
    return 2;
  }
  if (!options.emitsOnly() && options.stateDirectory.empty()) {
    std::cerr << program
              << ": no state folder: HOME and XDG_STATE_HOME are not set. Fix: set one, "
                 "or give --state DIR\n";
    return 2;
  }
  if (!options.emitsOnly() && options.runtimeDirectory.empty()) {
    std::cerr << program
              << ": XDG_RUNTIME_DIR is not set. Fix: start it in a login session, or "
                 "give --runtime DIR\n";
    return 2;
  }
  return options;
}

}  // namespace sallyport::daemon
