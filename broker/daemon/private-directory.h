// The folders for state and sockets: made 0700, refused when anyone else could have touched them.
// Runs in the broker.
#pragma once

#include <kj/io.h>

#include <filesystem>
#include <optional>
#include <string>

namespace sallyport::daemon {

// Makes the folder (and its parents) with mode 0700 where it is missing and checks it: a real
// directory, not a link, owned by this user, no access for others. Gives the sentence for the user
// when it must be refused.
std::optional<std::string> preparePrivateDirectory(const std::filesystem::path& path);

// The lock that makes one broker for an app and a user: held while the descriptor is open, gone
// with the process. Nothing when another broker holds it.
std::optional<kj::AutoCloseFd> lockDirectory(const std::filesystem::path& path);

}  // namespace sallyport::daemon
