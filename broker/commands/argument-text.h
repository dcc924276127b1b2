// What the argument reader says to a page: what was expected, what came, and nothing of the value
// itself. Runs in the broker on hostile input.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "broker/commands/type.h"

namespace sallyport::commands {

// Cut to MAX_ARGUMENT_MESSAGE_BYTES.
std::string boundedMessage(std::string message);

// A field name of the caller's own, short and with nothing that a terminal or a page could act on.
std::string shownName(std::string_view name);

// "a string"
std::string_view kindOf(const boost::json::value& value);

// "a list", "\"mainnet\" or \"signet\""
std::string expectedText(const Type& type);

// Of an INTEGER.
std::string rangeText(const Type& type);

}  // namespace sallyport::commands
