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

// Only the form: net reads URLs strictly, but it is asked long after the start.
bool isBaseUrl(const std::string& url) {
  const auto scheme = url.find("://");
  return (url.substr(0, scheme) == "http" || url.substr(0, scheme) == "https") &&
         scheme != std::string::npos && url.size() > scheme + 3 &&
         url.find_first_of(" \t\r\n?#@\\") == std::string::npos;
}

}  // namespace

std::variant<Options, int> parseOptions(int argc, const char* const* argv) {
  const fs::path self = fs::read_symlink("/proc/self/exe").parent_path();
  Options options;
  std::string app = "wallet";
  CLI::App cli("The Sallyport broker: one app of one user.", "sallyportd");
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
  cli.add_option("--network", options.network, "Bitcoin network")
      ->check(CLI::IsMember({"mainnet", "testnet4", "signet", "regtest"}))
      ->capture_default_str();
  cli.add_option("--esplora", options.esploraUrl, "Base URL of an Esplora REST server");
  cli.add_flag("--headless", options.headless, "Use a virtual display");
  cli.add_flag(
      "--emit-bindings", options.emitBindings, "Print the app's TypeScript bindings and exit");
  cli.add_flag("--emit-catalogue",
               options.emitCatalogue,
               "Print the app's commands and permission sets as JSON and exit");
#if SALLYPORT_TESTING
  cli.add_option("--renderer", options.renderer, "Testing: another program in the renderer's cage")
      ->check(CLI::ExistingFile);
  cli.add_option("--prompt-script", options.promptScript, "Testing: answers of the prompts")
      ->check(CLI::ExistingFile);
  cli.add_option("--page-script", options.pageScript, "Testing: a script that drives the page")
      ->check(CLI::ExistingFile);
  cli.add_flag("--test-fast-kdf", options.fastKdf, "Testing: cheap key derivation");
#endif
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error);
  }
  options.binaryDirectory = self;
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
  while (!options.esploraUrl.empty() && options.esploraUrl.back() == '/')
    options.esploraUrl.pop_back();
  if (!options.esploraUrl.empty() && !isBaseUrl(options.esploraUrl)) {
    std::cerr << "sallyportd: --esplora: `" << options.esploraUrl
              << "` is no base URL. Fix: write it as https://host/path, without user and query\n";
    return 2;
  }
  if (!options.emitsOnly() && options.stateDirectory.empty()) {
    std::cerr << "sallyportd: no state folder: HOME and XDG_STATE_HOME are not set. Fix: set one, "
                 "or give --state DIR\n";
    return 2;
  }
  if (!options.emitsOnly() && options.runtimeDirectory.empty()) {
    std::cerr << "sallyportd: XDG_RUNTIME_DIR is not set. Fix: start it in a login session, or "
                 "give --runtime DIR\n";
    return 2;
  }
  return options;
}

}  // namespace sallyport::daemon
