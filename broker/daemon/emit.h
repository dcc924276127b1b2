// What the build asks an app's broker for: its commands as TypeScript, and its catalogue. Runs in
// the program of the broker, but starts no process and opens no window.
#pragma once

#include <string>

#include "broker/daemon/app.h"
#include "broker/daemon/options.h"

namespace sallyport::daemon {

// To stdout. What is wrong, or nothing.
std::string emit(const Options& options, const AppDefinition& definition);

}  // namespace sallyport::daemon
