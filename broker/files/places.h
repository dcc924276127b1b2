// What the file operations know of this user's folders. Value type; runs in the broker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capabilities/path-pattern.h"

namespace sallyport::files {

constexpr std::uint64_t KEEP_FREE_BYTES = 268'435'456;

struct Places {
  capabilities::PathVariables variables;  // $APPDATA and the like
  // Real paths, without links. No scope reaches into a closed folder (the broker's state, sockets
  // and policy), but for the app's own folders, which may be in there.
  std::vector<std::string> closed;
  std::vector<std::string> own;
  std::uint64_t keepFree = KEEP_FREE_BYTES;  // what a write leaves of the disk
};

}  // namespace sallyport::files
