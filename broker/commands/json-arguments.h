// Reading what a page sends: JSON text to an object, the object into a described type. Strict:
// unknown, missing and duplicate fields, wrong types and inexact integers are refused, with the
// path of the field. Runs in the broker on hostile input; it sees nothing else, so its messages
// cannot tell more.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

#include "broker/commands/error.h"
#include "broker/commands/large-bytes.h"
#include "broker/commands/type.h"

namespace sallyport::commands {

// Of every message made here; proto and page rely on it.
constexpr std::size_t MAX_ARGUMENT_MESSAGE_BYTES = 256;

// INVALID_ARGUMENT unless the text is one JSON object of at most 16 levels, in UTF-8, without
// duplicate fields, NUL characters or anything behind it. The session bounds the size of the text.
Result<boost::json::object> parseArguments(std::string_view text);

// Fills the value that `record` points to (a default-constructed value of the described type), or
// says what is wrong. `type` is a RECORD. uploads: what came with the call; each is named by one
// field of LargeBytes.
std::optional<Error> readArguments(const Type& type,
                                   const boost::json::object& json,
                                   void* record,
                                   Attachments uploads = {});

}  // namespace sallyport::commands
