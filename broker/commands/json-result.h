// Writing what a command answers: a described type to JSON. Absent optionals are left out. Runs in
// the broker.
#pragma once

#include <boost/json/value.hpp>

#include "broker/commands/large-bytes.h"
#include "broker/commands/type.h"

namespace sallyport::commands {

// An integer that a page cannot hold exactly, an infinite number, or an enumerator without a name
// is a bug of the command: it throws kj::Exception, and so do LargeBytes without a source or where
// nothing can be attached. The session bounds the size.
boost::json::value writeResult(const Type& type,
                               const void* value,
                               Attachments* downloads = nullptr);

}  // namespace sallyport::commands
