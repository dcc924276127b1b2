// From a path that a page wrote to an opened folder and a name in it, by the scope of its grant:
// the text is matched first, then everything is opened beneath the folder that the matching pattern
// names, without following a link (openat2). Runs in the broker, on a worker; the text is hostile.
#pragma once

#include <kj/io.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/commands/error.h"
#include "broker/files/places.h"
#include "capabilities/scope.h"

namespace sallyport::files {

// What one call may reach. Both must outlive it.
struct Reach {
  const capabilities::Scope& scope;
  const Places& places;

  // Whether what is found beneath a Location, at this path of its own, is in reach too.
  bool permits(const struct Location& location, std::string_view beneath) const;
};

struct Location {
  kj::AutoCloseFd folder;  // O_PATH
  std::string name;        // one name in it; "." for the folder that a pattern itself names
  std::string path;        // plain, as it was matched
  std::string realPath;    // where it really is, however the folders above the pattern's are linked

  bool isAnchor() const { return name == "."; }
};

// DENIED when no pattern of the scope permits it, it is in a closed folder or in /proc or /sys, or
// a link is on the way; NOT_FOUND when a folder on the way is missing. The name itself may not
// exist. field: of the arguments, for the message.
commands::Result<Location> locate(const Reach& reach,
                                  std::string_view field,
                                  std::string_view text);

// The folder that is written in a pattern, beneath which nothing is trusted: up to the first
// wildcard, and without a file's name at the end. Nothing when its variable has no value.
std::optional<std::string> anchorOf(const capabilities::PathPattern& pattern,
                                    const capabilities::PathVariables& variables);

// openat2 with RESOLVE_BENEATH, NO_SYMLINKS and NO_MAGICLINKS; close-on-exec. -1 with errno.
int openBeneath(int folder, const std::string& name, std::uint64_t flags, mode_t mode = 0);

}  // namespace sallyport::files
