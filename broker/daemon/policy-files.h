// The files that say what windows may do: the app's capabilities and the admin's policy, read from
// disk and resolved. For the broker, and for the CLI that checks them without one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "broker/daemon/app-file.h"
#include "capabilities/capability.h"
#include "capabilities/diagnostic.h"
#include "capabilities/policy.h"

namespace sallyport::daemon {

// Where an admin narrows what apps may do.
constexpr const char* ADMIN_POLICY_DIRECTORY = "/etc/sallyport/policy.d";

enum class IfMissing { FINE, WRONG };

struct PolicyPlaces {
  std::filesystem::path app;    // its capabilities/*.json; at least the folder must be there
  std::filesystem::path admin;  // its *.json; empty: there is no admin
  IfMissing adminMissing = IfMissing::FINE;
};

// All of a policy, or all that is wrong with it. A file is a regular file, no link, of at most
// 1 MiB. The admin's folder and files belong to root or this user, and nobody else may write them.
// A folder that changes while it is read is read again.
capabilities::Checked<capabilities::Policy> readPolicy(const PolicyPlaces& places,
                                                       const AppFile& app,
                                                       const capabilities::Catalogue& catalogue);

}  // namespace sallyport::daemon
