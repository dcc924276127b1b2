// What `sallyport` can do: each asks the broker over the admin socket and prints the answer.
// Returns the exit code.
#pragma once

#include <kj/async-io.h>

#include <string>

#include "broker/daemon/admin-link.h"

namespace sallyport::cli {

int status(kj::AsyncIoContext& io, daemon::AdminLink& link, bool json);

// 0 when every check is ok, 1 when one is degraded, 2 when one failed.
int doctor(kj::AsyncIoContext& io, daemon::AdminLink& link);

int listWallets(kj::AsyncIoContext& io, daemon::AdminLink& link);

// Both need a terminal: 2 without one.
int showSeed(kj::AsyncIoContext& io, daemon::AdminLink& link, const std::string& walletId);
int restoreSeed(kj::AsyncIoContext& io,
                daemon::AdminLink& link,
                const std::string& name,
                const std::string& network);

int shutdown(kj::AsyncIoContext& io, daemon::AdminLink& link);

}  // namespace sallyport::cli
