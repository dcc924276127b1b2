// cmd_get_app_info, cmd_exit_app. Runs in the broker.
#include "broker/commands/modules/app/app-module.h"

namespace sallyport::commands::app {

Module makeModule(Host& host) {
  Module module{"app", "The app as a whole."};
  module.add("cmd_get_app_info",
             "Tells the app's identifier, title and version, and the framework's version.",
             [&host](const Caller&, GetAppInfo) -> Result<AppInfo> { return host.info(); });
  module.add("cmd_exit_app",
             "Closes all windows of the app and ends it.",
             [&host](const Caller& caller, ExitApp) -> Result<Null> {
               host.exit(caller);
               return Null{};
             });
  return module;
}

}  // namespace sallyport::commands::app
