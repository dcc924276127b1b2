// What the system says of a file, as a page may hear it: a code and a fixed sentence, no path, no
// number. Runs in the broker.
#pragma once

#include "broker/commands/error.h"

namespace sallyport::files {

// number: an errno.
commands::Error fileError(int number);

commands::Error outOfReach();

}  // namespace sallyport::files
