// The files of an app as one window may read them. Implemented by the daemon over a list made at
// start; paths come from the renderer and are looked up in that list, never in a file system.
// Broker only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::session {

struct AssetPiece {
  std::string mime;
  std::span<const std::byte> body;  // from the offset, at most as many bytes as asked for
  std::uint64_t totalBytes = 0;
  std::vector<std::pair<std::string, std::string>> headers;
};

class AssetSource {
 public:
  virtual ~AssetSource() = default;
  // Nothing when the exact path is not in the list. An offset at or past the end gives an empty
  // body. The body holds until the next call. Synchronous: the files are in memory.
  virtual std::optional<AssetPiece> read(std::string_view path,
                                         std::uint64_t offset,
                                         std::size_t maxBytes) = 0;
};

}  // namespace sallyport::session
