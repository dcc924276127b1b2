// What the command line of a broker says, checked. Runs in the broker before anything else
// exists.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/daemon/app.h"
#include "broker/daemon/policy-files.h"
#include "broker/files/standard-folders.h"
#include "sandbox-policies/profiles.h"

namespace sallyport::daemon {

struct Options {
  std::filesystem::path program;         // this one; absolute
  std::vector<std::string> commandLine;  // as it was started, argv[0] and on
  // All folders: absolute, in their plainest spelling.
  std::filesystem::path appDirectory;      // app.json, capabilities/, web/
  std::filesystem::path binaryDirectory;   // where the other processes are
  std::filesystem::path stateDirectory;    // 0700, holds what must survive
  std::filesystem::path runtimeDirectory;  // 0700, holds the admin socket and the lock
  files::AppFolders appFolders;  // the app's own; beneath the state folder when that was given
  std::filesystem::path policyDirectory = ADMIN_POLICY_DIRECTORY;  // the admin's *.json
  IfMissing policyMissing = IfMissing::FINE;                       // WRONG when it was asked for
  std::map<std::string, std::string> appOptions;                   // by AppOption::name, checked
  std::string profile{sandbox::STRICT};  // of the renderers; another one in the testing build only
  bool headless = false;                 // a virtual display of its own instead of the user's
  bool emitBindings = false;             // print the TypeScript bindings and exit
  bool emitCatalogue = false;            // print commands and permission sets as JSON and exit
  std::string emitReference;  // print the reference page of this module and exit; empty: none
  bool emitsOnly() const { return emitBindings || emitCatalogue || !emitReference.empty(); }
#if SALLYPORT_TESTING
  // By window label what is started in the cage instead of sallyport-renderer; "": for the others.
  std::map<std::string, std::filesystem::path> renderers;
  std::filesystem::path promptScript;  // answers the prompts
  std::filesystem::path pageScript;    // served as /__script.js and loaded by the page's document
  std::filesystem::path hostPrograms;  // xdg-open is looked for here; empty: where it belongs
  bool fastKdf = false;                // cheap Argon2id, so that a test does not wait
  bool forgetsCrashes = false;         // what crashed is started again at once, each time
#endif
};

// The options, or the exit code when there is nothing to run (help was shown, or an error was named
// on stderr).
// programs: as runApp() takes it.
std::variant<Options, int> parseOptions(int argc,
                                        const char* const* argv,
                                        const AppDefinition& definition,
                                        const std::filesystem::path& programs = {});

}  // namespace sallyport::daemon
