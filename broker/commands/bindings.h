// The TypeScript client of all registered commands and events, written from the same descriptions
// that validate calls. `sallyportd --emit-bindings` prints it; the committed copy is compared with
// it by a test. Runs in the broker.
#pragma once

#include <string>

#include "broker/commands/registry.h"

namespace sallyport::commands {

// One ES module: types, functions, the table of commands, and the shapes of answers that
// development builds check. Laid out as Prettier does with a print width of 100. The same registry
// gives the same text: types sorted by name, functions in the order of registration, then
// the listeners of events.
std::string writeBindings(const Registry& registry);

}  // namespace sallyport::commands
