// Capabilities resolved into one flat table for each window and origin class. Built once at start,
// read by every session. Pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/capability.h"
#include "capabilities/catalogue.h"
#include "capabilities/diagnostic.h"
#include "capabilities/grants.h"

namespace sallyport::capabilities {

class Policy {
 public:
  // The empty table, which allows nothing, for a window or origin that no capability names. The
  // reference lives as long as the policy; a session keeps it, so that a call costs one decide().
  const Grants& grants(std::string_view window, std::string_view origin) const noexcept;

 private:
  friend Checked<Policy> resolve(const Catalogue&,
                                 const std::vector<std::string>&,
                                 const std::vector<Capability>&);

  using ByOrigin = std::map<std::string, Grants, std::less<>>;
  std::map<std::string, ByOrigin, std::less<>> m_tables;
};

// windowLabels: every window that the app can have. Where two grants put bounds on one command, the
// narrower bound holds. Refused: unknown permissions, identifiers given twice, limits on a deny,
// and patterns that no window of the app matches.
Checked<Policy> resolve(const Catalogue& catalogue,
                        const std::vector<std::string>& windowLabels,
                        const std::vector<Capability>& capabilities);

}  // namespace sallyport::capabilities
