// Capabilities resolved into one flat table for each window and origin class. A policy never
// changes: a reload and a revocation make another one, so that no call sees half of it. Pure.
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
#include "capabilities/remote-origin.h"

namespace sallyport::capabilities {

class Policy {
 public:
  // The empty table, which allows nothing, for a window or origin that no capability names. The
  // reference lives as long as the policy; a session keeps it, so that a call costs one decide().
  const Grants& grants(std::string_view window, std::string_view origin) const noexcept;

  // Every window of the app, in its order, with or without a grant.
  const std::vector<std::string>& windows() const { return m_windows; }
  // The origins for which this window has a table, in order.
  std::vector<std::string> origins(std::string_view window) const;

  // The remote classes of this window, by name. The reference lives as long as the policy.
  const std::vector<RemoteOrigin>& remotes(std::string_view window) const noexcept;
  // The one to which this address belongs; no two of a window overlap. Null: the window does not go
  // there.
  const RemoteOrigin* remoteOf(std::string_view window, const Url& url) const noexcept;

 private:
  friend Checked<Policy> resolve(const Catalogue&,
                                 const std::vector<std::string>&,
                                 const std::vector<Capability>&,
                                 const std::vector<Capability>&);
  friend Checked<Policy> revoke(const Policy&,
                                const Catalogue&,
                                std::string_view,
                                std::string_view);

  using ByOrigin = std::map<std::string, Grants, std::less<>>;
  std::map<std::string, ByOrigin, std::less<>> m_tables;
  std::map<std::string, std::vector<RemoteOrigin>, std::less<>> m_remotes;
  std::vector<std::string> m_windows;
};

// windowLabels: every window that the app can have. Where two grants put bounds on one command, the
// narrower bound holds. Refused: unknown permissions, identifiers given twice, limits on a deny,
// and patterns that no window of the app matches. admin: from parseAdminPolicy, for this app; it
// takes away and bounds, in every origin, and never grants.
Checked<Policy> resolve(const Catalogue& catalogue,
                        const std::vector<std::string>& windowLabels,
                        const std::vector<Capability>& capabilities,
                        const std::vector<Capability>& admin = {});

// The same policy without the commands that this permission allows, in this window and all its
// origins. Refused: what is unknown, and a permission that allows nothing.
Checked<Policy> revoke(const Policy& policy,
                       const Catalogue& catalogue,
                       std::string_view window,
                       std::string_view permission);

}  // namespace sallyport::capabilities
