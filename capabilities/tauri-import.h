// Reads a capability file of Tauri 2 and writes it as ours, with a line for everything that has no
// equivalent or means something else here. What cannot be kept is left out on the narrow side: the
// result never allows what the original did not. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capabilities/catalogue.h"
#include "capabilities/diagnostic.h"

namespace sallyport::capabilities {

struct TauriChoice {
  std::string identifier;            // which capability, of a file with several
  std::vector<std::string> windows;  // instead of the file's own; empty: the file's
};

struct TauriImport {
  std::string capability;  // JSON text
  Diagnostics leftOut;     // had no equivalent
  Diagnostics notes;       // was kept, and means something else
};

// Nothing when no capability can be made of it: the diagnostics say why, with what was left out.
Checked<TauriImport> importTauri(std::string_view file,
                                 std::string_view text,
                                 const Catalogue& catalogue,
                                 const TauriChoice& choice);

}  // namespace sallyport::capabilities
