// What the generated TypeScript says about commands and events beside their functions: the tables
// of their types (for mocks), and the shapes of what comes to the page, which development builds
// check. Runs in the broker; pure.
#pragma once

#include <string>
#include <vector>

#include "broker/commands/module.h"

namespace sallyport::commands {

// "export interface Commands {…}": by name of the command, its arguments and its answer; for a
// command that streams, what a mock may answer with.
std::string commandTable(const std::vector<RegisteredCommand>& commands);

// "export interface Events {…}": by name of the event, what it carries.
std::string eventTable(const std::vector<RegisteredEvent>& events);

// "if (isDevelopment) { expectShapes(…) }", of each answer, of each item where a command streams,
// and of what each event carries; nothing of it is left in a production build. A shape is "null",
// "boolean", "integer", "number", "string", "bigint", the name of a type, {list: shape}, {map:
// shape}, {option: shape} or {oneOf: shapes}; a type is a list of texts or an object of fields,
// "label?" for an optional one.
std::string shapesOf(const std::vector<RegisteredCommand>& commands,
                     const std::vector<RegisteredEvent>& events);

}  // namespace sallyport::commands
