// Why a command is allowed or not, as text for people: read from the very tables that decide. The
// running broker and the CLI without one answer with the same words. Pure.
#pragma once

#include <string>
#include <string_view>

#include "capabilities/catalogue.h"
#include "capabilities/diagnostic.h"
#include "capabilities/policy.h"

namespace sallyport::capabilities {

struct Explanation {
  bool allowed = false;  // to the app's own pages in this window
  std::string text;
};

// Every rule that speaks of the command in this window, origin by origin, or what would grant it.
// Refused: a window or command that does not exist, with the nearest that does.
Checked<Explanation> explain(const Catalogue& catalogue,
                             const Policy& policy,
                             std::string_view window,
                             std::string_view command);

// The whole table, a line for each command. window: empty for all.
Checked<std::string> list(const Catalogue& catalogue,
                          const Policy& policy,
                          std::string_view window);

// How a call would end differently: lines that begin with +, - or ~; empty when it never would.
// What only stands elsewhere in the files is no difference.
struct PolicySide {
  const Catalogue& catalogue;
  const Policy& policy;
};
std::string difference(const PolicySide& before, const PolicySide& after);

}  // namespace sallyport::capabilities
