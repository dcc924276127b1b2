// Rules for text that people type or read: strict UTF-8, and names that cannot deceive. Runs in the
// vault; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sallyport::vault {

// Null when it is not UTF-8 (overlong forms, surrogates and U+0000 are not).
std::optional<std::size_t> countCharacters(std::span<const std::uint8_t> bytes);

// 1..maxWalletNameBytes of UTF-8; no control, bidirectional or invisible characters, no space at
// either end.
bool isWalletName(std::string_view name);

}  // namespace sallyport::vault
