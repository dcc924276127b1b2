// Small files of the broker's own, in a folder that nobody else can write: read up to a bound,
// replaced whole. Runs in the broker.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::daemon {

// Null when there is none, it is no plain file (a link is none), or it holds more than limit bytes.
std::optional<std::string> readOwnFile(const std::filesystem::path& file, std::size_t limit);

// The old file or the new one (0600), never half of one. False: it is the old one.
bool replaceOwnFile(const std::filesystem::path& file, std::string_view text);

}  // namespace sallyport::daemon
