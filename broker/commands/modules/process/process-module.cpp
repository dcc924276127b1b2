// cmd_relaunch_app. Runs in the broker.
#include "broker/commands/modules/process/process-module.h"

namespace sallyport::commands::process {

Module makeModule(Host& host) {
  Module module{"process", "The app as a process, right after a click or a key."};
  module.add("cmd_relaunch_app",
             "Ends the app in order and starts it again, as it was started.",
             [&host](const Caller& caller, RelaunchApp) { return host.relaunch(caller); });
  return module;
}

}  // namespace sallyport::commands::process
