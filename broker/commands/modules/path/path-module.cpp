// cmd_list_folders, cmd_resolve_path. Runs in the broker.
#include "broker/commands/modules/path/path-module.h"

#include <utility>

#include "broker/commands/modules/path/written-path.h"

namespace sallyport::commands::path {

Module makeModule(capabilities::PathVariables variables) {
  Module module{"path", "The app's and the user's folders."};
  std::vector<std::string> names;
  for (const auto& [name, value] : variables) names.push_back(name);
  module.add("cmd_list_folders",
             "Lists the names that a path may begin with, such as $APPDATA, and no paths.",
             [names = std::move(names)](
                 const Caller&, ListFolders) -> Result<std::vector<std::string>> { return names; });
  module.add("cmd_resolve_path",
             "Tells the absolute path of one that begins with a name such as $APPDATA.",
             [variables = std::move(variables)](const Caller&, ResolvePath arguments) {
               return plainPath("path", arguments.path, variables);
             });
  return module;
}

}  // namespace sallyport::commands::path
