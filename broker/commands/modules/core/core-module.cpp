// cmd_save_state. Runs in the broker.
#include "broker/commands/modules/core/core-module.h"

#include <utility>

namespace sallyport::commands::core {

Module makeModule(PageStateStore& store) {
  Module module{"core", "What every page of an app may need."};
  module.add("cmd_save_state",
             "Keeps the page's state, so that a replaced page can go on where this one was.",
             [&store](const Caller& caller, SaveState arguments) -> Result<Null> {
               if (arguments.state.size() > MAX_PAGE_STATE_BYTES) {
                 return Error{Code::TOO_LARGE, "state: more than 65536 bytes"};
               }
               return store.save(caller, std::move(arguments.state));
             },
             {.onAbandon = OnAbandon::RUN_TO_END});
  return module;
}

}  // namespace sallyport::commands::core
