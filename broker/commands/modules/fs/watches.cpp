// cmd_watch_folder. Runs in the broker.
#include "broker/commands/modules/fs/watches.h"

namespace sallyport::commands::fs {

void addWatches(Module& module, Watcher& watcher) {
  module.add("cmd_watch_folder",
             "Tells what changes in a folder, as far as the grant's scope reaches.",
             watcher,
             &Watcher::watch,
             {.scope = capabilities::ScopeKind::PATH});
}

}  // namespace sallyport::commands::fs
